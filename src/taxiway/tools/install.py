"""Install what an extra brings, such as PyTorch for training, into the Python that runs this."""

import queue
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import IO

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Category, Text
from taxiway.core.errors import MissingDependency, TaxiwayError
from taxiway.core.extras import INSTALLED, is_here
from taxiway.core.installation import installation
from taxiway.core.tool import Job, Takes

PROCESSORS = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of builds without CUDA, which on Linux are a tenth as large."""
USUAL = 7500
"""Megabytes that the usual index's build for Linux takes while it is installed; 5000 stay."""
TICK_SECONDS, END_SECONDS = 0.2, 20.0
PIP = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
"""pip, deaf to no SIGINT, though jobs and whatever a shell starts in its background are."""
RAW = re.compile(r"Progress (\d+) of (\d+)")
AWAY = re.compile(r"Retrying .*(?:broken by|Connect|timed? ?out)|name resolution", re.IGNORECASE)
"""What pip says of a place that does not answer; its last word is that there is no such package."""
FILE = re.compile(r"\s*Downloading (?:\S+/)?([A-Za-z0-9_.]+?)-")


class Install:
    """Runs pip. A stop ends it; what it had not yet installed it brings again at the next call."""

    takes = Takes(model=False)
    unit = "bytes"
    command = Command(
        name="install",
        description="Install what an extra brings, into the Python that runs Taxiway.",
        inputs={
            "extra": Category(
                one_of=tuple(INSTALLED), description="train is all that training needs, 200 MB."
            )
        },
        outputs={"installed": Text()},
    )

    def run(self, model: None, inputs: Values, job: Job) -> Values:
        extra = inputs["extra"]
        check_pip(extra)
        check_disk(sum(INSTALLED[extra][1:]))
        job.progress(0, 1, f"Brings what {INSTALLED[extra][0]} needs: {INSTALLED[extra][1]} MB.")
        torch = wanted(extra, "torch")
        if torch and not is_here("torch") and wants_processor_build():
            install_processor_build(torch, job)
        pip([f"taxiway[{extra}]"], job)
        job.progress(1, 1, "Installed.")
        return {"installed": extra}


def check_pip(extra: str) -> None:
    """Raises MissingDependency where pip is not there, or must not change this Python."""
    found = installation()
    if found.keeps_its_own_packages:
        raise MissingDependency(
            f"Taxiway was installed by {found.way}, which keeps its packages: {found.adding(extra)}"
        )
    if not is_here("pip"):
        how = found.adding(extra) if found.way == "uv" else f"{sys.executable} -m ensurepip"
        raise MissingDependency(f"pip is missing: {how}")
    managed = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    if sys.prefix == sys.base_prefix and managed.is_file():
        raise MissingDependency(
            f"Your system manages the packages of {sys.executable}: install Taxiway into an "
            "environment of its own (python3 -m venv)."
        )
    try:
        version("taxiway")
    except PackageNotFoundError:
        raise MissingDependency(
            f"pip does not know Taxiway in {sys.executable}: pip install taxiway."
        ) from None


def check_disk(needed: int) -> None:
    """Raises TaxiwayError where there is no room for so many megabytes."""
    free = shutil.disk_usage(sysconfig.get_path("purelib")).free / 1e6
    if free < needed:
        raise TaxiwayError(f"This takes {needed} MB of disk, {free:.0f} are free.")


def wants_processor_build() -> bool:
    """Whether builds without CUDA are meant: on Linux where NVIDIA's driver shows no GPU."""
    return sys.platform == "linux" and not any(Path("/dev").glob("nvidia[0-9]*"))


def install_processor_build(torch: str, job: Job) -> None:
    """Bring PyTorch without CUDA; where that is not to be had, see whether the usual has room.

    Raises TaxiwayError where it has none, or Stopped.
    """
    try:
        pip([torch, "--index-url", PROCESSORS, "--retries", "1", "--timeout", "15"], job)
    except TaxiwayError:
        check_disk(USUAL)
        words = f"PyTorch without CUDA was not to be had from {PROCESSORS}"
        job.progress(0, 1, f"{words}: brings the usual one, up to 5 GB.")


def wanted(extra: str, package: str) -> str:
    """What an extra asks of a package, such as `torch==2.13.0`; "" if nothing."""
    for line in requires("taxiway") or []:
        asked, _, marker = line.partition(";")
        if re.match(rf"{package}\b", asked) and f"'{extra}'" in marker.replace('"', "'"):
            return asked.strip()
    return ""


def pip(arguments: list[str], job: Job) -> None:
    """Run `pip install`, reporting how far each download is.

    Raises TaxiwayError with what pip said last, or Stopped.
    """
    quiet = ["--no-input", "--no-compile", *progress_bar()]
    command = [sys.executable, "-c", PIP, "install", *quiet, *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    said, name, is_away = "", "", False
    try:
        for line in lines_of(process):
            if found := RAW.search(line):
                job.progress(int(found[1]), int(found[2]), f"Downloads {name or 'a file'}.")
                continue
            is_away = is_away or bool(AWAY.search(line))
            if line:
                said = line.strip() or said
                name = found[1] if (found := FILE.match(line)) else name
            job.progress(0, 1, said or "Starts pip.")
    finally:
        end(process)
    if process.returncode:
        last = said.removeprefix("ERROR: ").rstrip(".") or "it said nothing"
        if is_away:
            last = (
                f"what it asks for it over the network does not answer. At the end it said: {last}"
            )
        raise TaxiwayError(f"pip could not install it: {last}.")


def progress_bar() -> list[str]:
    """How pip reports bytes to programs, which it does since 24.1."""
    major, minor, *_ = (*map(int, re.findall(r"\d+", version("pip"))), 0)
    return ["--progress-bar", "raw" if (major, minor) >= (24, 1) else "off"]


def lines_of(process: "subprocess.Popen[str]") -> Iterator[str]:
    """What a process writes, line by line; "" in between, so that a stop is soon seen."""
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=read, args=[process.stdout, lines]).start()
    while True:
        try:
            line = lines.get(timeout=TICK_SECONDS)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def read(stream: IO[str], lines: "queue.Queue[str | None]") -> None:
    """Put each line into a queue, and None at the end."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def end(process: "subprocess.Popen[str]") -> None:
    """Have pip end, as Ctrl-C does: it takes back what it had begun to install."""
    if process.poll() is None and sys.platform != "win32":
        process.send_signal(signal.SIGINT)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


SLOT = Install
