"""Set everything up, check the code, run the tests: `python3 scripts/test.py`.

With --all the slow tests too; with --quick unchecked, and what a minute holds. With pytest's own
arguments, such as a room or a test, only that.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from environment import ROOT, ensure, install_packages, run_quietly, say, stop

WHOLE = {"--quick", "--all"}
"""With these alone, every room is run."""
WORKERS = (os.cpu_count() or 1) + 2
"""Two more than there are cores, since tests wait for other processes too."""
PARALLEL = ("-n", str(WORKERS), "--dist", "worksteal")
PROXIES = ("nginx", "caddy")
SHELL = "chromium-headless-shell"
"""The same without what a window needs: a page costs two thirds."""
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def from_the_system() -> str:
    """Bring what the tests take from the system, as far as that needs no leave; the path with it.

    Stops where there is no npm, which brings p5 as a student's page would.
    """
    if shutil.which("npm") is None and not install_packages("nodejs", "npm"):
        stop("The tests of the p5 examples need npm: install Node.js.")
    if not installed() and os.name != "nt" and os.geteuid() == 0:
        install_packages(SHELL)
    return proxies()


def chromium(python: Path) -> str | None:
    """A Chromium for the browser tests, brought where there is none: its path, or None for
    Playwright's own."""
    if found := installed():
        return found
    say("Looking for a Chromium that Playwright can bring.")
    if run_quietly(python, "-m", "playwright", "install", "chromium") and starts(python):
        return None
    if install_packages(SHELL) and (found := installed()):
        return found
    stop("The browser tests need Chromium: install it, or let Playwright download its own.")
    return None


def installed() -> str | None:
    """The first browser of the Chromium family on the path."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def starts(python: Path) -> bool:
    """Whether Playwright's own Chromium runs here; it may lack system libraries."""
    script = (
        "from playwright.sync_api import sync_playwright as p\n"
        "with p() as play: play.chromium.launch().close()"
    )
    return run_quietly(python, "-c", script)


def proxies() -> str:
    """nginx and Caddy for the tests behind a proxy, unpacked where there are none: their folders.

    To install them would start them. Without them those tests are skipped, by name.
    """
    places = [ROOT / ".venv" / "proxies" / "usr" / name for name in ("sbin", "bin")]
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", ""), "/usr/sbin"])
    for name in PROXIES:
        if shutil.which(name, path=path) or not shutil.which("apt-get"):
            continue
        say(f"Bringing {name} for the tests behind a proxy.")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["apt-get", "download", "-qq", name], cwd=folder, capture_output=True)
            for package in Path(folder).glob("*.deb"):
                run_quietly("dpkg-deb", "-x", package, places[0].parents[1])
    return path


def checks(python: Path) -> "subprocess.Popen[str]":
    """Start checking the code; the tests do not wait for it, and what it says comes after them."""
    command = [python, ROOT / "scripts" / "check.py"]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, text=True, **told)


def main(arguments: list[str]) -> int:
    """Run what the arguments say; the exit code."""
    # With it every process would compile all that it imports, each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with ThreadPoolExecutor(1) as beside:
        path = beside.submit(from_the_system)
        python = ensure("dev")
        os.environ["PATH"] = path.result()
    whole = set(arguments) <= WHOLE
    checking = checks(python) if whole and "--quick" not in arguments else None
    clients = [python, "-m", "interop.npm"]
    bringing = whole and subprocess.Popen(clients, cwd=ROOT / "tests")
    if browser := chromium(python):
        os.environ["TAXIWAY_CHROMIUM"] = browser
    if whole and not (ROOT / "tests" / "__pycache__").exists():
        # Where nothing is compiled yet, every worker would compile everything for itself.
        run_quietly(python, "-m", "pytest", "--collect-only", "-q", *arguments)
    options = [*arguments, *(PARALLEL if whole else ())]
    if "--quick" in arguments:
        options += ["-p", "no:schemathesis"]  # none of its tests; loading it takes a second
    code = subprocess.call([python, "-m", "pytest", *options], cwd=ROOT)
    if bringing:
        bringing.wait()  # long done: the tests that need them wait for their lock
    if checking:
        told, _ = checking.communicate()
        say(told)
    return code or (checking.returncode if checking else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
