"""A port's own process, which ends when ours does, however ours ends."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

LEASH = "TAXIWAY_LEASH"
"""Tells our `runway` that its standard input ends when this process does."""
LAST_LINES = 20
LONGEST_LINE = 4096
PR_SET_PDEATHSIG = 1


class PortProcess:
    """One running port. What it prints goes to our standard error under its folder's name.

    The last of it is kept.

    Made and left by the thread that lives as long as it should: on Linux it ends with that thread.
    """

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name = folder.name
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, LEASH: "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            preexec_fn=end_with_parent(),
        )
        self._reader = threading.Thread(target=self._read, name="port-output", daemon=True)
        self._reader.start()

    def ended(self, seconds: float | None) -> int | None:
        """The exit code if it ends within that time (or ever, for None), else None."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self) -> str:
        """The last line that it printed, once it has ended."""
        # A grandchild may hold the pipe open; the port's own words are read by then.
        self._reader.join(1)
        spoken = [line.strip() for line in self.lines if line.strip()]
        return spoken[-1] if spoken else ""

    def _read(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(LONGEST_LINE):
            self.lines.append(line)
            sys.stderr.write(f"{self.name}: {line}")
            sys.stderr.flush()


def end_with_parent() -> Callable[[], None] | None:
    """What a child calls before it becomes the port: on Linux the kernel then ends it with us.

    Elsewhere our `runway` watches its standard input, from its import on.
    """
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def leash() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return leash
