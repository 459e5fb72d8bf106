"""The other side of a job: a process that runs one tool and says how far it is."""

import contextlib
import logging
import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from taxiway.core import slots
from taxiway.core.command import Command
from taxiway.core.datatypes import Wire
from taxiway.core.errors import TaxiwayError
from taxiway.core.images import Pixels, encode_jpeg
from taxiway.core.tool import OTHER, Stopped

log = logging.getLogger("taxiway.jobs")

TELL_SECONDS = 0.2
NICENESS = 10
"""So far behind whoever plays live."""


class Progress(Struct, tag="progress"):
    """`done` of `total`; `preview` is a JPEG."""

    done: float
    total: float
    message: str = ""
    preview: bytes | None = None


class Done(Struct, tag="done"):
    """The outputs, as wire values."""

    outputs: dict[str, Wire]


class Halted(Struct, tag="halted"):
    """Stopped as told; what was finished is kept."""

    message: str


class Broken(Struct, tag="broken"):
    """It cannot go on."""

    message: str


News = Progress | Done | Halted | Broken


class Assignment(Struct):
    """What a job is about: a tool, the file of a generator, wire inputs and a folder.

    `other` is the file of a second generator, for the input of that name.
    """

    tool: str
    checkpoint: str
    inputs: dict[str, Wire]
    folder: str
    other: str = ""


class PipedJob:
    """A `core.tool.Job` that tells the server, and hears from it when to stop."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.folder = folder
        self._connection = connection
        self._told = 0.0

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        self._listen()
        now = time.monotonic()
        if now - self._told < TELL_SECONDS and done < total:
            return
        self._told = now
        picture = None if preview is None else encode_jpeg(preview, 85)
        self._connection.send_bytes(msgspec.msgpack.encode(Progress(done, total, message, picture)))

    def _listen(self) -> None:
        # Whoever started the job may also be gone: then nobody waits for the rest of it.
        if self._connection.poll():
            with contextlib.suppress(EOFError, OSError):
                self._connection.recv_bytes()
            raise Stopped("Stopped; it can go on from here.")


def main(connection: Connection, assignment: bytes) -> None:
    """Run a tool to its end; the last message is Done, Halted or Broken."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    news = work(connection, msgspec.msgpack.decode(assignment, type=Assignment))
    with contextlib.suppress(OSError):
        connection.send_bytes(msgspec.msgpack.encode(news))


def work(connection: Connection, assignment: Assignment) -> News:
    """Perform what was assigned; every end is news, none an exception."""
    job = PipedJob(connection, Path(assignment.folder))
    try:
        tool: Any = slots.load("tools", assignment.tool)()
        inputs = tool.command.decode(assignment.inputs)
        read: Any = slots.load("tools", "taxiway.families.stylegan.tools:generator")
        if assignment.other:
            inputs[OTHER] = read(assignment.other)
        outputs = tool.run(read(assignment.checkpoint), inputs, job)
        return Done(tool.command.encode(outputs, {}))
    except Stopped as stop:
        return Halted(str(stop))
    except TaxiwayError as error:
        return Broken(str(error))
    except Exception as error:
        log.exception("The tool '%s' failed", assignment.tool)
        return Broken(f"{type(error).__name__}: {error}")


def declare(connection: Connection, names: Sequence[str] | None) -> None:
    """Send the commands of tools by name: a server that asks has none of what tools import."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    names = slots.members("tools") if names is None else names
    commands: dict[str, Command] = {name: slots.load("tools", name).command for name in names}
    connection.send_bytes(msgspec.msgpack.encode(commands))
