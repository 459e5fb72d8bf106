"""A server in a process of its own, for tests that watch its memory and what it keeps open."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from paths import TESTS

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Toy:
    """The running server."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.pid = process.pid
        self.port = int(process.stdout.readline())

    @contextlib.contextmanager
    def grows_at_most(self, megabytes: int) -> Iterator[None]:
        """The peak of the server's memory within the block, over what it had before."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        before = self._peak()
        yield
        assert (self._peak() - before) / 2**20 < megabytes

    def holds(self) -> dict[str, int]:
        """How many files, threads and processes it has."""
        process = psutil.Process(self.pid)
        return {
            "files": process.num_fds(),
            "threads": process.num_threads(),
            "processes": len(process.children(recursive=True)),
        }

    def memory(self) -> int:
        """Its memory in use, in bytes."""
        used: int = psutil.Process(self.pid).memory_info().rss
        return used

    def _peak(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextlib.contextmanager
def serving(model: str) -> Iterator[Toy]:
    """A server of one of the toys, or of `module:Class`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "servers.serve_toy", model],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
    )
    try:
        yield Toy(process)
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()
