"""The command line, in this process as a rule: a new one imports PyTorch anew, for seconds."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from taxiway.cli import main


class Done(NamedTuple):
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def taxiway(*arguments: object, cwd: Path | None = None, **environment: str) -> Done:
    """What `taxiway ARGUMENTS` does and prints, with nobody at the terminal."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        patch.setattr("sys.stdin", io.StringIO())
        patch.chdir(cwd or Path.cwd())
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            code: object = main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code or 0
    assert isinstance(code, int)
    return Done(code, stdout.getvalue(), stderr.getvalue())


def in_a_process(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as a person starts it."""
    return subprocess.run(
        [sys.executable, "-m", "taxiway", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        timeout=100,
    )
