"""A tool's process seen from the server: started, read, told to stop, ended."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from taxiway.core import child
from taxiway.core.errors import Unavailable
from taxiway.jobs import worker
from taxiway.jobs.worker import Assignment, Failed, Halted, News, Offer, Progress

NICENESS = 10
"""So far behind whoever plays live."""
END_SECONDS = 5.0
"""How long a tool that was told to stop is waited for when the server ends, however it does."""


class ToolProcess:
    """The process of one tool's job."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._stops = 0
        self._starting: asyncio.Future[None] | None = None
        self._process: Any = None
        self._ours: Connection
        self._reader: threading.Thread | None = None

    async def news(self) -> AsyncIterator[News]:
        """Start it; every piece of news, the last of which is no Progress."""
        loop, messages = asyncio.get_running_loop(), asyncio.Queue[bytes]()
        self._starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        await asyncio.shield(self._starting)
        if self._stops:
            self._ask_to_stop()
        self._reader = threading.Thread(
            target=_read, args=(self._ours, loop, messages), daemon=True
        )
        self._reader.start()
        while data := await messages.get():
            news: News = msgspec.msgpack.decode(data, type=News)
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
        self._ask_to_stop()
        if self._stops > 1:
            self._process.kill()

    async def close(self, patience: float = 0.0) -> None:
        """End the process, `patience` seconds after it was asked to stop."""
        if self._starting is None:
            return
        with contextlib.suppress(OSError):
            await self._starting
        if self._process is None:
            return
        if patience and self._process.is_alive():
            self._ask_to_stop()
            await asyncio.to_thread(self._process.join, patience)
        self._process.kill()
        await asyncio.to_thread(self._process.join)
        if self._reader is not None:
            await asyncio.to_thread(self._reader.join, END_SECONDS)
        self._ours.close()

    def _start(self) -> None:
        self._ours, theirs = child.CONTEXT.Pipe()
        arguments = (theirs, msgspec.msgpack.encode(self._assignment))
        name = f"taxiway-{self._assignment.tool}"
        # It outlives a server that is killed for long enough to save.
        self._process = child.start(
            worker.main, arguments, name=name, nice=NICENESS, grace=END_SECONDS
        )
        theirs.close()

    def _ask_to_stop(self) -> None:
        with contextlib.suppress(OSError):
            self._ours.send_bytes(b"stop")


def read_offer(names: Sequence[str] | None) -> Offer:
    """What tools there are, as a process says that can import them: the server has no PyTorch."""
    ours, theirs = child.CONTEXT.Pipe()
    process = child.start(worker.send_offer, (theirs, names), name="taxiway-tools")
    theirs.close()
    try:
        return msgspec.msgpack.decode(ours.recv_bytes(), type=Offer)
    except EOFError:
        raise Unavailable("The process that knows the tools has died; try again.") from None
    finally:
        process.join()
        ours.close()


def _read(
    connection: Connection, loop: asyncio.AbstractEventLoop, messages: "asyncio.Queue[bytes]"
) -> None:
    data = b"-"
    while data:
        try:
            data = connection.recv_bytes()
        except (EOFError, OSError):
            data = b""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(messages.put_nowait, data)
