"""A job's process seen from the server: started in one way, read, told to stop, ended."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from taxiway.core.errors import Unavailable
from taxiway.jobs.worker import Assignment, Failed, Halted, News, Offer, Progress

TOOL = ("-m", "taxiway.jobs.worker")
ERRORS = ".errors.txt"
"""What a tool's process writes to its standard error."""
END_SECONDS = 5.0
"""How long a tool that was told to stop is waited for when the server ends."""


def start_process(
    arguments: Sequence[str],
    errors: IO[bytes] | int,
    output: IO[bytes] | int = subprocess.PIPE,
    stdin: int = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """Start Python with `arguments`: what every job runs in, behind whoever plays live.

    Ctrl-C in the server's terminal is not for it. It finds the modules that we find.
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-u", "-P", *arguments],
        stdin=stdin,
        stdout=output,
        stderr=errors,
        env={**os.environ, "PYTHONPATH": paths, "OMP_WAIT_POLICY": "passive"},
        start_new_session=True,
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )


class ToolProcess:
    """The process of one tool's job. Its standard input is open for as long as it may go on."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._stops = 0
        self._starting: asyncio.Future[subprocess.Popen[bytes]] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def news(self) -> AsyncIterator[News]:
        """Start it; every piece of news, the last of which is no Progress."""
        loop, lines = asyncio.get_running_loop(), asyncio.Queue[bytes]()
        self._starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        process = self._process = await asyncio.shield(self._starting)
        if self._stops:
            _close(process.stdin)
        threading.Thread(target=_read, args=(process.stdout, loop, lines), daemon=True).start()
        while line := await lines.get():
            with contextlib.suppress(msgspec.DecodeError):
                news: News = msgspec.json.decode(line, type=News)
                yield news
                if not isinstance(news, Progress):
                    return
        words = "Stopped at once; it can go on from its last save."
        yield Halted(words) if self._stops else Failed("Its process died; it can be resumed.")

    def stop(self) -> None:
        """Ask it to stop; the second time it is ended."""
        self._stops += 1
        if self._process is None:
            return
        _close(self._process.stdin)
        if self._stops > 1:
            self._process.kill()

    async def close(self, patience: float = 0.0) -> None:
        """End the process, `patience` seconds after it was asked to stop."""
        if self._starting is None:
            return
        try:
            self._process = await self._starting
        except OSError:
            return
        if self._process.poll() is None and patience:
            self._stops = 0
            self.stop()
            await _waited(self._process, patience)
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        _close(self._process.stdin)
        _close(self._process.stdout)

    def _start(self) -> "subprocess.Popen[bytes]":
        with (Path(self._assignment.folder) / ERRORS).open("wb") as errors:
            process = start_process(TOOL, errors)
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.write(msgspec.json.encode(self._assignment) + b"\n")
            process.stdin.flush()
        return process


def read_offer(names: Sequence[str] | None) -> Offer:
    """What tools there are, as a process says that can import them: the server has no PyTorch."""
    arguments = [*TOOL, "tools", json.dumps(names if names is None else list(names))]
    process = start_process(arguments, subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    found, _ = process.communicate()
    try:
        return msgspec.json.decode(found, type=Offer)
    except msgspec.DecodeError:
        raise Unavailable("The process that knows the tools has died; try again.") from None


def _read(pipe: IO[bytes], loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[bytes]") -> None:
    line = b"-"
    while line:
        try:
            line = pipe.readline()
        except (OSError, ValueError):
            line = b""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(lines.put_nowait, line)


def _close(pipe: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError):
        if pipe is not None:
            pipe.close()


async def _waited(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, seconds)
