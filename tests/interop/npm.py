"""The clients that npm has, brought on first use; package.json says which."""

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
BRING = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]


@functools.cache
def packages(folder: Path = HERE) -> Path:
    """The node_modules of a folder. Skips without npm, but fails where CI is set."""
    brought = folder / "node_modules"
    if shutil.which("npm") is None:
        absent("The old clients need Node.js with npm: install it.")
    mark = brought / ".package-lock.json"
    with FileLock(folder / "node_modules.lock"):  # of several workers one brings them
        if not mark.exists() or mark.stat().st_mtime < (folder / LOCK.name).stat().st_mtime:
            done = subprocess.run(BRING, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.fail(f"npm could not bring the old clients: {done.stderr}")
    return brought


def version(name: str, folder: Path = HERE) -> str:
    """The version of a package, by the name it has in package.json."""
    locked = json.loads((folder / LOCK.name).read_text())["packages"]
    return str(locked[f"node_modules/{name}"]["version"])


def absent(reason: str) -> None:
    """Something the test needs is not on this machine."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


if __name__ == "__main__":
    packages()
    packages(HERE / "hosted")
    packages(HERE / "onnx_web")
