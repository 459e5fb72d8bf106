"""Something called `ssh` that starts on this machine what it is to start on another."""

import os
import sys
from pathlib import Path

import pytest

BOX = "ssh://somebody@box.example"
SCRIPT = """#!/bin/sh
echo "$*" >> "{folder}/lines"
if [ -e "{folder}/down" ]; then
  echo "ssh: connect to host box.example port 22: No route to host" >&2
  exit 255
fi
while [ -e "{folder}/held" ]; do sleep 0.02; done
echo "Welcome to the box!"
TAXIWAY_DATA="{folder}/data" PYTHONPATH="{path}" exec "{python}" -m taxiway worker
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put it first on PATH; its folder holds `lines`, what it was called with, and `data`."""
    folder.mkdir()
    tests = Path(__file__).parent
    path = os.pathsep.join([str(tests), str(tests.parent / "src")])
    ssh = folder / "ssh"
    ssh.write_text(SCRIPT.format(python=sys.executable, folder=folder, path=path))
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder
