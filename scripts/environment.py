"""Make the project's own virtual environment; standard library only, so that it runs anywhere."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
TORCH = "torch==2.13.0"
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


def ensure(*extras: str) -> Path:
    """Return the environment's Python, made first where it is missing or out of date."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells it
        stop(f"Taxiway needs Python 3.11 or newer, this is {platform.python_version()}.")
    python = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and is_installed(extras):
        return python
    began = time.monotonic()
    say("Setting up Taxiway in .venv (once).")
    if not python.exists():
        say("A virtual environment")
        make_environment()
    if "dev" in extras:
        run_quietly(python, "-m", "pip", "install", "--no-compile", "uv")
    if "dev" in extras or has_nvidia_gpu():
        say("PyTorch")
        install_torch(python)
    say("Taxiway" + (f" with {', '.join(extras)}" if extras else ""))
    pip(python, "-e", f".[{','.join(extras)}]" if extras else ".")
    (FOLDER / f"taxiway-{'-'.join(['run', *extras])}.stamp").write_text(fingerprint())
    say(f"Ready after {time.monotonic() - began:.0f} s.")
    return python


def is_installed(extras: tuple[str, ...]) -> bool:
    """Whether what is wanted, or more, was installed from today's pyproject.toml."""
    stamps = FOLDER.glob("taxiway-run*.stamp")
    return any(
        set(extras) <= set(stamp.stem.split("-")) and stamp.read_text() == fingerprint()
        for stamp in stamps
    )


def fingerprint() -> str:
    """Changes when what has to be installed does."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def make_environment() -> None:
    """Create .venv; Debian and Ubuntu keep a part of that in a package of its own."""
    command = [sys.executable, "-m", "venv", "--clear", str(FOLDER)]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0:
        return
    if not install_packages("python3-venv") or subprocess.run(command).returncode:
        stop("Python's venv is missing; on Debian and Ubuntu: sudo apt install python3-venv")


def install_torch(python: Path) -> None:
    """Install the pinned PyTorch, for tests and GPUs: with CUDA only where a GPU is."""
    if run_quietly(python, "-c", f"import torch; assert {TORCH[7:]!r} in torch.__version__"):
        return
    if has_nvidia_gpu() or platform.system() != "Linux":
        # Off Linux the index holds no CUDA builds.
        pip(python, TORCH)
    elif has_wheel(python):
        # A wheel at hand (pip's own find-links); only its dependencies are fetched.
        pip(python, TORCH)
    else:
        pip(python, TORCH, "--index-url", CPU_WHEELS)


def has_wheel(python: Path) -> bool:
    """Whether PyTorch was installed from a wheel at hand, as pip's own find-links name it."""
    asked = [python, "-m", "pip", "config", "get", "global.find-links"]
    links = subprocess.run(asked, capture_output=True, text=True).stdout.split()
    uv = [python.with_name("uv"), "pip", "install", "--python", python, "--no-index", "--no-deps"]
    if links and uv[0].exists():
        found = [word for link in links for word in ("--find-links", link)]
        if run_quietly(*uv, *found, TORCH):
            return True
    return run_quietly(python, "-m", "pip", "install", "--no-index", "--no-deps", TORCH)


def has_nvidia_gpu() -> bool:
    """Whether the driver's own tool finds a GPU."""
    tool = shutil.which("nvidia-smi")
    return tool is not None and b"GPU " in subprocess.run([tool, "-L"], capture_output=True).stdout


def install_packages(*packages: str) -> bool:
    """Install Debian packages where that is allowed: as root, or with sudo."""
    if shutil.which("apt-get") is None:
        return False
    allowed = [] if os.geteuid() == 0 else ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    if allowed and shutil.which("sudo") is None:
        return False
    say(f"Installing {', '.join(packages)} with apt-get.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends"]):
        command = [*allowed, "apt-get", *words, *(packages if words[0] == "install" else ())]
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def pip(python: Path, *arguments: str) -> None:
    """Install by uv where it is there, which is several times as fast, else with pip; or stop with
    what pip said."""
    uv = python.with_name("uv.exe" if os.name == "nt" else "uv")
    if uv.exists() and run_quietly(uv, "pip", "install", "--python", python, *arguments):
        return
    # Python compiles what it imports, which is a small part of what is installed.
    quiet = ("-qq", "--disable-pip-version-check", "--no-compile")
    if subprocess.run([python, "-m", "pip", "install", *quiet, *arguments], cwd=ROOT).returncode:
        stop(f"pip could not install {arguments[-1] if len(arguments) == 1 else arguments[0]}.")


def run_quietly(*command: str | Path) -> bool:
    """Whether the command succeeds."""
    return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True).returncode == 0


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


def stop(text: str) -> None:
    """End with one sentence."""
    sys.exit(text)
