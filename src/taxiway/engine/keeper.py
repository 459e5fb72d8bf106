"""The other side of a way to another machine: it holds the model while the way is mended.

What ssh starts (`serve`) only carries bytes between its standard input and output and a keeper. The
keeper, a process that outlives it, has the model in a process of its own, and keeps what the other
end may not have had; see `lasting`.
"""

import asyncio
import os
import signal
import socket
import stat
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.model import ModelSpec
from taxiway.engine import worker
from taxiway.engine.lasting import BYE, MOST_SECONDS, Hello, Ledger, Welcome
from taxiway.engine.messages import Codec, Ended, Failed, Said
from taxiway.engine.pipe import ServerGone, ServersEnd, WorkersEnd, framed
from taxiway.engine.remote_worker import PIECE, Bag, Wanted, missing_of, unpacked

GREETING = b"\n\0taxiway worker 2\n"
"""What comes first of ours; logins may print other things before."""
PARTS_AHEAD = 8
"""Parts of an answer that are under way at once."""


def serve(folder: Path) -> None:
    """Carry a way by standard input and output to its keeper; a new one's is started here.

    Files that come are kept in `folder`, each below its SHA-256.
    """
    out = os.dup(1)
    os.dup2(2, 1)  # what is printed is no message
    write = _writer(out)
    write(GREETING)
    try:
        write(framed(_message()))
        hello = _message()
        way = _way_of(msgspec.msgpack.decode(hello, type=Hello), folder)
    except ServerGone:
        return
    except (OSError, TaxiwayError, msgspec.DecodeError) as error:
        write(framed(msgspec.msgpack.encode(Welcome(refused=str(error)))))
        return
    way.sendall(framed(hello))
    threading.Thread(
        target=_pump, args=[lambda: os.read(0, PIECE), way.sendall], daemon=True
    ).start()
    _pump(lambda: way.recv(PIECE), write)


def _message() -> bytes:
    """A message from standard input; nothing is read ahead."""

    def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            if not (more := os.read(0, size - len(data))):
                raise ServerGone
            data += more
        return data

    return read(min(int.from_bytes(read(8), "little"), PIECE))


def _way_of(hello: Hello, folder: Path) -> socket.socket:
    """A connection to the keeper of a session. Raises ModelFailed where there is none."""
    path = meeting_place() / plain_token(hello.token)
    if hello.is_new:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        with listener:
            if os.fork() == 0:
                _keep(listener, path, folder)
    way = socket.socket(socket.AF_UNIX)
    try:
        way.connect(str(path))
    except OSError:
        raise ModelFailed("The model is not held any more.") from None
    return way


def meeting_place() -> Path:
    """The folder of the sockets of keepers, for this user alone. Raises ModelFailed."""
    folder = Path(tempfile.gettempdir()) / f"taxiway-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ModelFailed(f"'{folder}' is not for this user alone; remove it.")
    return folder


def plain_token(token: str) -> str:
    """A token as a file's name. Raises ModelFailed."""
    if len(token) != 32 or not set(token) <= set("0123456789abcdef"):
        raise ModelFailed("A session's token is 32 hexadecimal digits.")
    return token


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
        hello = msgspec.msgpack.decode(pipe.receive(), type=Hello)
        pipe.send(msgspec.msgpack.encode(Welcome()))
        if (child := _packed_out(pipe, folder)) is not None:
            asyncio.run(Keeper(child, listener, hello.hold).run(first))
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

    async def run(self, first: socket.socket) -> None:
        """Until the other end says that it is over, or is away for too long."""
        loop = asyncio.get_running_loop()
        prints = asyncio.StreamReader()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(prints), os.fdopen(self._child.prints, "rb")
        )
        listening = asyncio.create_task(self._listen(prints))
        self._stream = self._stranger()
        await self._stream.connect(first)
        server = await loop.create_unix_server(self._stranger, sock=self._listener)
        await self._model.connect(self._child.messages)
        await self._over.wait()
        # What the model has started ends, too, and a training saves first.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
        os.kill(self._child.pid, signal.SIGKILL)
        server.close()
        listening.cancel()
        if self._stream is not None:
            self._stream.close()
        await asyncio.sleep(0)

    def _stranger(self) -> ServersEnd:
        stream: ServersEnd
        stream = ServersEnd(lambda data: self._hear(stream, data), lambda: self._broke(stream))
        return stream

    def _hear(self, stream: ServersEnd, data: bytes) -> None:
        if stream is not self._stream:
            self._resume(stream, data)
        elif (message := self._ledger.taken(data)) == BYE:
            self._over.set()
        else:
            self._model.send(message)

    def _resume(self, stream: ServersEnd, data: bytes) -> None:
        """A stream in place of one that broke, or seems to hold without doing so."""
        try:
            hello = msgspec.msgpack.decode(data, type=Hello)
        except msgspec.DecodeError:
            stream.close()
            return
        before, self._stream = self._stream, stream
        if before is not None:
            before.close()
        if self._gives_up is not None:
            self._gives_up.cancel()
        stream.send(msgspec.msgpack.encode(Welcome(self._ledger.heard)))
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


def _pump(read: Callable[[], bytes], write: Callable[[bytes], Any]) -> NoReturn:
    """Carry bytes until one side ends; then this process is for nobody."""
    try:
        while data := read():
            write(data)
    finally:
        os._exit(0)


def _writer(out: int) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(out, view) :]

    return write
