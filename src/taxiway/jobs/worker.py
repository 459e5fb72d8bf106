"""The other side of a job: a process that runs one tool and reports how far it is.

`python -m taxiway.jobs.worker` reads an assignment, a line of JSON, and writes news, a line each.
It stops when its standard input ends: the server closes it, or has gone. With `tools` it writes
the declarations of those named, or of all, instead.
"""

import contextlib
import json
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Wire
from taxiway.core.errors import TaxiwayError
from taxiway.core.images import Pixels, encode_jpeg
from taxiway.core.locks import held
from taxiway.core.model import Model, ModelSpec
from taxiway.core.tool import OTHER, Declared, Stopped, Takes, declared
from taxiway.engine.messages import CallOutputs
from taxiway.engine.worker import answer, start
from taxiway.jobs.inputs import with_files

log = logging.getLogger("taxiway.jobs")

LOCK = ".lock"
REPORT_SECONDS = 0.2
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
    """Stopped as asked; what was finished is kept."""

    message: str


class Failed(Struct, tag="failed"):
    """It cannot go on."""

    message: str


News = Progress | Done | Halted | Failed


class Assignment(Struct):
    """What a job is about: a tool, a model, wire inputs and a folder.

    `attached` are inputs that are files in the folder's INPUTS, by input; `other` is a second
    model, for the input of that name.
    """

    tool: str
    folder: str
    inputs: dict[str, Wire]
    model: ModelSpec | None = None
    attached: dict[str, list[str]] = {}
    other: ModelSpec | None = None


class Offer(Struct):
    """The tools there are, and why others cannot be used, by name."""

    tools: dict[str, Declared]
    broken: dict[str, str] = {}


class ReportingJob:
    """A `core.tool.Job` that reports to the server, and stops once `stop` is set."""

    def __init__(self, folder: Path, output: IO[bytes], stop: threading.Event) -> None:
        self.folder = folder
        self._output = output
        self._stop = stop
        self._reported = 0.0

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        if self._stop.is_set():
            raise Stopped("Stopped; it can go on from here.")
        now = time.monotonic()
        if now - self._reported < REPORT_SECONDS and done < total:
            return
        self._reported = now
        picture = None if preview is None else encode_jpeg(preview, 85)
        done, total = (float(n) if math.isfinite(n) and n > 0 else 0.0 for n in (done, total))
        write(self._output, Progress(done, total, message[:1000], picture))


class HeldModel:
    """A `core.tool.OpenModel` in this process: any family's model."""

    def __init__(self, spec: ModelSpec) -> None:
        self.name = spec.name
        options = {name: spec.options[name] for name in sorted(spec.options) if name != "device"}
        self.identity = json.dumps([spec.family, options], default=str)
        self._model: Model = start(spec)[0]

    @property
    def commands(self) -> Mapping[str, Command]:
        """What can be asked."""
        return self._model.commands

    def ask(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        """The outputs of each call, or what went wrong with it."""
        answers = answer(self._model, command, batch)
        return [one.outputs if isinstance(one, CallOutputs) else one.error() for one in answers]


def main() -> None:
    """Run what standard input says; what tools print goes to standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.argv[1:2] == ["tools"]:
        write(output, offer(json.loads(sys.argv[2])))
        return
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    assignment = msgspec.json.decode(_line(), type=Assignment)
    stop = threading.Event()
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    job = ReportingJob(Path(assignment.folder), output, stop)
    with contextlib.suppress(OSError):  # nobody reads it any more
        write(output, work(assignment, job))


def work(assignment: Assignment, job: ReportingJob) -> News:
    """Do what was assigned; every end is news, none an exception."""
    try:
        with held(job.folder / LOCK) as ours:
            if not ours:
                return Failed("Another process still works in its folder; resume it in a moment.")
            return _outputs(assignment, job)
    except Stopped as stop:
        return Halted(str(stop))
    except (TaxiwayError, OSError) as error:
        return Failed(_sentence(error))
    except Exception as error:
        log.exception("The tool '%s' failed", assignment.tool)
        return Failed(f"{type(error).__name__}: {error}"[:1000])


def offer(names: Sequence[str] | None) -> Offer:
    """The declarations of tools by name; one that cannot be imported hides no other."""
    found = Offer({})
    for name in slots.members("tools") if names is None else names:
        try:
            found.tools[name] = declared(slots.load("tools", name))
        except TaxiwayError as error:
            found.broken[name] = str(error)[:1000]
        except Exception as error:
            found.broken[name] = f"{type(error).__name__}: {error}."[:1000]
    return found


def opened(tool: Any, spec: ModelSpec | None) -> Any:
    """What a tool's `run` takes as `model`: what it opens itself, or an OpenModel."""
    takes: Takes = declared(tool).takes
    if spec is None or not takes.model:
        return None
    takes.check(tool.command.name, spec)
    if hasattr(tool, "open"):
        return tool.open(spec)
    model = HeldModel(spec)
    takes.check(tool.command.name, spec, model.commands.values())
    return model


def write(output: IO[bytes], message: News | Offer) -> None:
    """One line; raises OSError where nobody reads it."""
    output.write(msgspec.json.encode(message) + b"\n")
    output.flush()


def _outputs(assignment: Assignment, job: ReportingJob) -> Done:
    tool: Any = slots.load("tools", assignment.tool)()
    given = with_files(tool.command, assignment.inputs, assignment.attached, job.folder)
    inputs = tool.command.decode(given)
    if assignment.other:
        inputs[OTHER] = opened(tool, assignment.other)
    outputs = tool.run(opened(tool, assignment.model), inputs, job)
    return Done(tool.command.encode(outputs, {}))


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or 'its folder'}; it can be resumed."
    return str(error)


def _line() -> bytes:
    """The first line of standard input, and no byte more: the rest is for `_listen`."""
    line = bytearray()
    while (part := os.read(0, 2**16)) and not part.endswith(b"\n"):
        line += part
    return bytes(line + part)


def _listen(stop: threading.Event) -> None:
    # Not sys.stdin: a thread that waits in its buffer would keep Python from ending.
    while os.read(0, 2**16):
        pass
    stop.set()


if __name__ == "__main__":
    main()
