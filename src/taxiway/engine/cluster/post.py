"""An actor on a machine of a cluster: it starts workers there and passes bytes to and from them.

It lives as long as somebody comes by a way, or a keeper there holds what was begun (`keeper`), and
longer than whoever asked for it.
"""

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from itertools import count
from typing import NoReturn

from taxiway.engine.threshold import meeting_place

PIECE = 2**20
LOOK_SECONDS = 1.0
"""How long a question for bytes is held that have not come."""
SILENT_SECONDS = 8.0
"""How long a way may be without such a question; longer, whoever asked is gone."""
COMMAND = (sys.executable, "-m", "taxiway", "worker")


class Post:
    """The workers of one session; Ray calls its methods, several at a time."""

    def __init__(self, session: str, silent: float = SILENT_SECONDS) -> None:
        self._session, self._silent = session, silent
        self._numbers = count(1)
        self._ways: dict[int, tuple[Process, asyncio.TimerHandle]] = {}
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> int:
        """Start a worker; the number of the way to it."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=PIPE, stdout=PIPE, limit=PIECE
        )
        number = next(self._numbers)
        self._ways[number] = process, self._end_later(number)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        return number

    async def give(self, number: int, data: bytes) -> None:
        """Pass bytes on; none mean that no more come."""
        if (way := self._ways.get(number)) is None:
            return
        stream = way[0].stdin
        assert stream is not None
        with contextlib.suppress(OSError):
            if not data:
                stream.close()
                return
            stream.write(data)
            await stream.drain()

    async def take(self, number: int) -> bytes | None:
        """The next bytes, none at the end; None where none came within a moment."""
        if (way := self._ways.get(number)) is None:
            return b""
        process, timer = way
        timer.cancel()
        self._ways[number] = process, self._end_later(number)
        assert process.stdout is not None
        try:
            data = await asyncio.wait_for(process.stdout.read(PIECE), LOOK_SECONDS)
        except TimeoutError:
            return None
        if not data:
            await self._close(number)
        return data

    async def machine(self) -> str:
        """The address of the machine that this is on."""
        import ray

        return str(ray.util.get_node_ip_address())

    def _end_later(self, number: int) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._silent, self._end, number)

    def _end(self, number: int) -> None:
        """Nobody asks any more: the keeper is to know that its way is broken."""
        process, _ = self._ways.pop(number)
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    async def _close(self, number: int) -> None:
        if way := self._ways.pop(number, None):
            way[1].cancel()
            await way[0].wait()

    async def _watch(self) -> NoReturn:
        while self._ways or is_held(self._session):
            await asyncio.sleep(LOOK_SECONDS)
        os._exit(0)


def is_held(session: str) -> bool:
    """Whether a keeper on this machine has something of a session."""
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(str(meeting_place() / session))
        return True
    return False
