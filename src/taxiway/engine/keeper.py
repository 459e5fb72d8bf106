"""The other side of a way to another machine: it holds the model while the way is mended.

What ssh starts (`threshold`) only carries bytes between its standard input and output and a keeper.
The keeper, a process that outlives it, has the model in a process of its own, and keeps what the
other end may not have had; see `lasting`.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec

from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.extras import is_here
from taxiway.core.model import ModelSpec
from taxiway.engine import worker
from taxiway.engine.lasting import BYE, MOST_SECONDS, PING, Hello, Ledger, Welcome
from taxiway.engine.messages import Codec, Ended, Failed, Said
from taxiway.engine.pipe import ServerGone, ServersEnd, WorkersEnd
from taxiway.engine.remote_worker import Bag, Wanted, missing_of, unpacked

PARTS_AHEAD = 8
"""Parts of an answer that are under way at once."""


def begin(path: str, folder: Path) -> None:
    """Have a keeper meet those that come to the socket `path`.

    Files that come are kept in `folder`, each below its SHA-256.
    """
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    with listener:
        if os.fork() == 0:
            _keep(listener, Path(path), folder)


def _keep(listener: socket.socket, path: Path, folder: Path) -> NoReturn:
    """Be the keeper, in a process that was forked for it."""
    try:
        os.setsid()
        empty = os.open(os.devnull, os.O_RDWR)
        for each in (0, 1, 2):
            os.dup2(empty, each)  # or the way that began it could not end
        os.closerange(3, listener.fileno())
        os.closerange(listener.fileno() + 1, 256)
        first, _ = listener.accept()
        pipe = WorkersEnd(first)
        hello = Hello.of(pipe.receive())
        pipe.send(Welcome(has_video=is_here("av")).packed())
        if (child := _packed_out(pipe, folder)) is not None:
            asyncio.run(Keeper(child, listener, hello.hold).run(first, pipe.let_go()))
    except (ServerGone, KeyboardInterrupt):
        pass
    finally:
        path.unlink(missing_ok=True)
        os._exit(0)


class Child(NamedTuple):
    """The process of the model: its number, its messages, and what it prints."""

    pid: int
    messages: socket.socket
    prints: int


def _packed_out(pipe: WorkersEnd, folder: Path) -> Child | None:
    """Take the model and its files, and start it; None where that is refused."""
    bag = msgspec.msgpack.decode(pipe.receive(), type=Bag)
    try:
        missing = missing_of(bag, folder)
    except (TaxiwayError, OSError) as error:
        pipe.send(msgspec.msgpack.encode(Wanted(refused=str(error))))
        return None
    pipe.send(msgspec.msgpack.encode(Wanted(list(missing))))
    try:
        spec = unpacked(pipe, bag, missing, folder)
    except (TaxiwayError, OSError) as error:
        while pipe.receive():
            pass
        pipe.send(Ledger().out(Codec().pack(Failed(str(error), expected=True))))
        return None
    pipe.receive()
    return _started(spec)


def _started(spec: ModelSpec) -> Child:
    """The model in a process of its own; nothing runs here yet but this thread."""
    ours, theirs = socket.socketpair()
    prints, printed = os.pipe()
    pid = os.fork()
    if pid:
        theirs.close()
        os.close(printed)
        return Child(pid, ours, prints)
    try:
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.closerange(3, theirs.fileno())
        os.closerange(theirs.fileno() + 1, 256)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        # Threads of a network that wait by spinning starve each other on a busy machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        worker.main(theirs, msgspec.msgpack.encode(spec), ["", ""], PARTS_AHEAD)
        sys.stdout.flush()
    finally:
        os._exit(0)


class Keeper:
    """Carries messages between a model's process and whichever stream came last."""

    def __init__(self, child: Child, listener: socket.socket, hold: float) -> None:
        self._child, self._listener = child, listener
        self._hold = min(hold, MOST_SECONDS)
        self._ledger = Ledger()
        self._codec = Codec()
        self._model = ServersEnd(self._send, self._died)
        self._stream: ServersEnd | None = None
        self._over = asyncio.Event()
        self._printed = asyncio.Event()
        self._gives_up: asyncio.TimerHandle | None = None

    async def run(self, first: socket.socket, ahead: bytes) -> None:
        """Until the other end says that it is over, or is away for too long.

        `ahead` was read from the first stream already, such as a ping.
        """
        loop = asyncio.get_running_loop()
        prints = asyncio.StreamReader()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(prints), os.fdopen(self._child.prints, "rb")
        )
        listening = asyncio.create_task(self._listen(prints))
        self._stream = self._stranger()
        await self._stream.connect(first, ahead)
        server = await loop.create_unix_server(self._stranger, sock=self._listener)
        await self._model.connect(self._child.messages)
        await self._until_over()
        # What the model has started ends, too, and a training saves first.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
        os.kill(self._child.pid, signal.SIGKILL)
        server.close()
        listening.cancel()
        if self._stream is not None:
            self._stream.close()
        await asyncio.sleep(0)

    async def _until_over(self) -> None:
        """Also where a way is silent for too long, of whose end nobody tells."""
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._hold / 2):
                    await self._over.wait()
            stream = self._stream
            if stream is not None and time.monotonic() - stream.came_at > self._hold:
                self._over.set()

    def _stranger(self) -> ServersEnd:
        stream: ServersEnd
        stream = ServersEnd(lambda data: self._hear(stream, data), lambda: self._broke(stream))
        return stream

    def _hear(self, stream: ServersEnd, data: bytes) -> None:
        if stream is not self._stream:
            self._resume(stream, data)
        elif (message := self._ledger.taken(data)) == BYE:
            self._over.set()
        elif message == PING:
            self._send(PING)
        else:
            self._model.send(message)

    def _resume(self, stream: ServersEnd, data: bytes) -> None:
        """A stream in place of one that broke, or seems to hold without doing so."""
        try:
            hello = Hello.of(data)
        except ModelFailed:
            stream.close()
            return
        before, self._stream = self._stream, stream
        if before is not None:
            before.close()
        if self._gives_up is not None:
            self._gives_up.cancel()
        stream.send(Welcome(self._ledger.heard, is_here("av")).packed())
        for record in self._ledger.again(hello.heard):
            stream.send(record)

    def _broke(self, stream: ServersEnd) -> None:
        if stream is self._stream:
            self._stream = None
            loop = asyncio.get_running_loop()
            self._gives_up = loop.call_later(self._hold, self._over.set)

    def _send(self, message: bytes) -> None:
        record = self._ledger.out(message)
        if self._stream is not None:
            self._stream.send(record)

    def _died(self) -> None:
        asyncio.get_running_loop().create_task(self._say_how())

    async def _say_how(self) -> None:
        """What it printed last goes before."""
        await self._printed.wait()
        _, status = await asyncio.to_thread(os.waitpid, self._child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._send(self._codec.pack(Ended(f"exit code {code}")))

    async def _listen(self, prints: asyncio.StreamReader) -> None:
        try:
            while line := await prints.readline():
                text = line.decode("utf-8", "replace").rstrip()
                self._send(self._codec.pack(Said(text)))
        except ValueError:
            pass  # a line longer than anybody reads
        finally:
            self._printed.set()
