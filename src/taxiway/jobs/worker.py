"""The other side of a job: a process that runs one tool and reports how far it is."""

import contextlib
import json
import logging
import math
import time
from collections.abc import Collection, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from taxiway.core import declaration, slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Wire, names
from taxiway.core.errors import MissingDependency, NotFound, TaxiwayError
from taxiway.core.extras import need
from taxiway.core.faults import blamed
from taxiway.core.images import Pixels, encode_jpeg
from taxiway.core.locks import held
from taxiway.core.model import Model, ModelSpec
from taxiway.core.tool import ON, OTHER, Declared, Stopped, Takes, declared, outcome
from taxiway.engine.messages import CallOutputs
from taxiway.engine.worker import answer, start
from taxiway.jobs import trainings
from taxiway.jobs.inputs import with_files
from taxiway.training import dataset

log = logging.getLogger("taxiway.jobs")

LOCK = ".lock"
OF_KIND = "dataset-"
"""What the names of tools that prepare a kind of datasets begin with."""
REPORT_SECONDS = 0.2


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
    """The tools there are, trainers by their names, and why some cannot be used, by the tool's.

    Of those that only lack a package the declaration is there as well.
    """

    tools: dict[str, Declared]
    broken: dict[str, str] = {}
    trainers: dict[str, Declared] = {}

    def all(self) -> dict[str, Declared]:
        """The tools, and the trainers as tools, by name."""
        trained = {trainings.tool_of(name): one for name, one in self.trainers.items()}
        return {**self.tools, **trained}

    def find(self, name: str) -> Declared:
        """What can be used under that name. Raises NotFound or MissingDependency."""
        known, why = self.all(), self.broken.get(name)
        if name in known and why:
            raise MissingDependency(why)
        if why:
            raise NotFound(f"The tool '{name}' cannot be used: {why}")
        if name not in known:
            raise NotFound(f"No tool named '{name[:80]}'. There are: {names(list(known))}.")
        return known[name]


class ReportingJob:
    """A `core.tool.Job` that reports to the server, and hears from it when to stop."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.folder, self.force = folder, False
        self._connection = connection
        self._reported = 0.0

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        # True as well where the server has gone: nobody waits for the rest of it.
        if self._connection.poll():
            raise Stopped("Stopped; it can go on from here.")
        now = time.monotonic()
        if now - self._reported < REPORT_SECONDS and done < total:
            return
        self._reported = now
        picture = None if preview is None else encode_jpeg(preview, 85)
        done, total = (float(n) if math.isfinite(n) and n > 0 else 0.0 for n in (done, total))
        news = Progress(done, total, message[:1000], picture)
        self._connection.send_bytes(msgspec.msgpack.encode(news))


class HeldModel:
    """A `core.tool.OpenModel` in this process: any family's model."""

    def __init__(self, spec: ModelSpec) -> None:
        self.name = spec.name
        options = {name: spec.options[name] for name in sorted(spec.options) if name != "device"}
        self.identity = json.dumps([spec.family, options], default=str)
        self._model: Model
        self._model, self.facts = start(spec)

    @property
    def commands(self) -> Mapping[str, Command]:
        """What can be asked."""
        return self._model.commands

    def ask(self, command: str, batch: list[Values]) -> list[Values | TaxiwayError]:
        """The outputs of each call, or what went wrong with it."""
        answers = answer(self._model, command, batch)
        return [one.outputs if isinstance(one, CallOutputs) else one.error() for one in answers]


def main(connection: Connection, assignment: bytes) -> None:
    """Run a tool to its end; the last message is Done, Halted or Failed."""
    assigned = msgspec.msgpack.decode(assignment, type=Assignment)
    news = work(assigned, ReportingJob(connection, Path(assigned.folder)))
    with contextlib.suppress(OSError):
        connection.send_bytes(msgspec.msgpack.encode(news))


def send_offer(connection: Connection, names: Sequence[str] | None) -> None:
    """Send the declarations of tools: a server that asks has none of what tools import."""
    connection.send_bytes(msgspec.msgpack.encode(offer(names)))


def of_kinds() -> list[str]:
    """Tools that prepare datasets, a kind each, beside the one for pictures."""
    return [OF_KIND + kind for kind in dataset.kinds() if kind != "pictures"]


def load(name: str) -> Any:
    """The tool of that name. Raises as `slots.load`."""
    kind = name.removeprefix(OF_KIND)
    if kind == name:
        return slots.load("tools", name)
    from taxiway.tools.dataset import KindDataset

    return KindDataset(dataset.find(kind))


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
    """The declarations of tools by name; one that cannot be used hides no other."""
    trainers, broken = trainings.offered()
    broken |= {OF_KIND + kind: said[:1000] for kind, said in dataset.broken().items()}
    found = Offer({}, broken, trainers)
    for name in [*slots.members("tools"), *of_kinds()] if names is None else names:
        try:
            tool = load(name)
            found.tools[name] = declared(tool)
            for module in getattr(tool, "needs", ()):
                need(module, f"'{name}'")
        except TaxiwayError as error:
            found.broken[name] = str(error)[:1000]
        except Exception as error:
            found.broken[name] = f"{type(error).__name__}: {error}."[:1000]
    return found


def opened(tool: Any, spec: ModelSpec | None) -> Any:
    """What a tool's `run` takes as `model`: what it opens itself, or an OpenModel."""
    takes: Takes = declared(tool).takes
    if spec is None:
        return None
    if not takes.model:  # one that it was told of besides
        return HeldModel(spec)
    family = declaration.family(spec.family)
    takes.check(tool.command.name, spec, *known_before(family))
    if hasattr(tool, "open"):
        with blamed(tool, f"'{tool.command.name}'"):
            return tool.open(spec)
    model = HeldModel(spec)
    takes.check(tool.command.name, spec, model.commands.values())
    return model


def known_before(family: type[Model]) -> tuple[Collection[Command], Collection[str]]:
    """What a family says, before a model is set up, of its commands and of the types of inputs."""
    commands = getattr(family, "commands", None)
    known = list(commands.values()) if isinstance(commands, Mapping) else []
    return known, getattr(family, "input_types", ())


def _outputs(assignment: Assignment, job: ReportingJob) -> Done:
    found = load(assignment.tool)
    with blamed(found, f"'{assignment.tool}'"):
        tool: Any = found() if isinstance(found, type) else found
    given = with_files(tool.command, assignment.inputs, assignment.attached, job.folder)
    inputs = tool.command.decode(given)
    if assignment.model and (on := inputs.get(ON)):
        return Done(_elsewhere(assignment, inputs, on, job))
    if assignment.other:
        inputs[OTHER] = opened(tool, assignment.other)
    outputs = outcome(tool, opened(tool, assignment.model), inputs, job)
    with blamed(tool, f"What '{tool.command.name}' gives"):
        return Done(tool.command.encode(outputs, {}))


def _elsewhere(
    assignment: Assignment, inputs: Values, on: str, job: ReportingJob
) -> dict[str, Wire]:
    from taxiway.catalog.remotes import address_of, check_named
    from taxiway.jobs import tool_elsewhere

    check_named(on)
    assert assignment.model is not None
    return tool_elsewhere.run(assignment.tool, assignment.model, inputs, job, address_of(on))


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or 'its folder'}; it can be resumed."
    return str(error)
