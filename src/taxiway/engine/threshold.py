"""What starts over there when somebody comes: it carries bytes to the keeper of their model.

It imports little, since a way that broke is back as soon as this has started.
"""

import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import Any, NoReturn

from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.engine.lasting import Hello, Welcome

GREETING = b"\n\0taxiway worker "
VERSION = b"3\n"
"""What comes first of ours; logins may print other things before."""
PIECE = 2**20
PATIENCE = 60.0
"""Seconds without a word from the other side, before it is said for which model this is, after
which there is none any more: a spare way is asked more often than that."""


def serve(folder: Callable[[], Path]) -> None:
    """Carry a way by standard input and output to its keeper; a new one's is started here.

    Files that come are kept in the `folder` that is told, each below its SHA-256.
    """
    out = os.dup(1)
    os.dup2(2, 1)  # what is printed is no message
    write = _writer(out)
    write(GREETING + VERSION)
    try:
        while not (hello := _message()):
            write(_framed(hello))  # it is measured how far this is
        way = _way_of(Hello.of(hello), folder)
    except EOFError:
        return
    except (OSError, TaxiwayError) as error:
        write(_framed(Welcome(refused=str(error)).packed()))
        return
    way.sendall(_framed(hello))
    threading.Thread(
        target=_pump, args=[lambda: os.read(0, PIECE), way.sendall], daemon=True
    ).start()
    _pump(lambda: way.recv(PIECE), write)


def _framed(message: bytes) -> bytes:
    """As `pipe` does it, which imports more than is needed here."""
    return len(message).to_bytes(8, "little") + message


def _message() -> bytes:
    """A message from standard input; nothing is read ahead. Raises EOFError, also for none."""

    def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            comes, _, _ = select([0], [], [], PATIENCE)
            if not (more := os.read(0, size - len(data)) if comes else b""):
                raise EOFError
            data += more
        return data

    return read(min(int.from_bytes(read(8), "little"), PIECE))


def _way_of(hello: Hello, folder: Callable[[], Path]) -> socket.socket:
    """A connection to the keeper of a session. Raises ModelFailed where there is none."""
    path = str(meeting_place() / hello.token)
    if hello.is_new:
        from taxiway.engine.keeper import begin

        begin(path, folder())
    way = socket.socket(socket.AF_UNIX)
    try:
        way.connect(path)
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
