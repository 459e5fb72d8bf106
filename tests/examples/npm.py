"""p5 as npm has it, brought on first use."""

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE / "node_modules" / "p5"
VERSION = json.loads((HERE / "package.json").read_text())["dependencies"]["p5"]


@functools.cache
def p5() -> Path:
    """The file that the examples load. Skips without npm, but fails where CI is set."""
    if not _is_there():
        if shutil.which("npm") is None:
            absent("The p5 examples need npm: install Node.js.")
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"npm could not bring p5: {done.stderr}"
    return PACKAGE / "lib" / "p5.min.js"


def absent(reason: str) -> None:
    """Something the test needs is not on this machine."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _is_there() -> bool:
    manifest = PACKAGE / "package.json"
    return manifest.exists() and json.loads(manifest.read_text())["version"] == VERSION
