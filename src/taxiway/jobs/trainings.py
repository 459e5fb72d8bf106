"""Trainings as jobs: each is a folder that `taxiway train` works in, begun here or by hand."""

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, structs

from taxiway.catalog.remotes import check_named
from taxiway.core import slots
from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, Number, Text, Wire
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.extras import need
from taxiway.core.tool import Declared, Takes
from taxiway.jobs.record import (
    RECORD,
    Broken,
    JobRecord,
    broken_record,
    is_file_name,
    listed_files,
    own_folder,
    plain_file,
    read_record,
    write_record,
)
from taxiway.training import trainer
from taxiway.training.run_folder import (
    LOCK,
    LOG,
    ORDER,
    PROCESS,
    STATS,
    TROUBLE,
    Detail,
    Summary,
    TrainingFolder,
)

TOOL, USUAL = "train", "stylegan"
"""The tool, and the trainer that it means where none is named."""
PREFIX = "training:"
"""What the ids of trainings begin with, which no folder of a tool's job is called."""
COMMAND = [sys.executable, "-u", "-m", "taxiway", "train"]
"""What trains, and says at once what it says."""

END_SECONDS = 20.0
"""How long a server that ends waits for a training to save; after that it saves by itself."""
LOOK_SECONDS = 1.0
"""Between two looks at how far a training is."""
LONGEST = 1e6
"""kimg"""
UNIT = "thousand pictures"
SOURCES = {
    "dataset": Text(
        default=None,
        description="One that was prepared under Jobs, a file on the server, or one to send.",
    ),
    "model": Text(
        default=None,
        description="The model that teaches: one that is there, a file on the server, or one to "
        "send.",
    ),
}
"""What a training learns from."""
ON_WHICH = "Another machine, as taxiway remote add named it, or ray for this one's cluster."
PRIVATE = (LOCK, PROCESS, "state.pt")
"""Files of a training that nobody is given."""

Told = TypeVar("Told", bound=Summary)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


class Wanted(Struct, kw_only=True):
    """A training to begin; `start` is the file or the training's folder that it starts from.

    `kimg` is how many thousand examples are shown, or None for what suits the start; `trainer` is
    one of the slot, none for the usual one, and `options` are those of its recipe that were given.
    `on` is the name of another machine.
    """

    name: str
    dataset: str
    start: str = ""
    kimg: float | None = None
    title: str = ""
    licence: str = ""
    data: str = ""
    trainer: str = ""
    on: str = ""
    options: dict[str, Any] = {}


SHARED = tuple(name for name in Wanted.__struct_fields__ if name != "options")
"""The inputs of every training; the others are its trainer's options."""


def offered() -> tuple[dict[str, Declared], dict[str, str]]:
    """What every trainer of the slot can be asked, by name, and why others cannot be used."""
    found, broken = dict[str, Declared](), dict[str, str]()
    for name in slots.members("trainers"):
        try:
            recipe = trainer.find(name)
            found[name] = declared(name, recipe)
            for module in getattr(recipe, "needs", ()):
                need(module, "Training", recipe.extra)
        except TaxiwayError as error:
            broken[tool_of(name)] = str(error)[:1000]
        except Exception as error:
            broken[tool_of(name)] = f"{type(error).__name__}: {error}."[:1000]
    return found, broken


def tool_of(name: str) -> str:
    """The tool by which a trainer is offered."""
    return TOOL if name == USUAL else f"{TOOL}-{name}"


def declared(name: str, recipe: trainer.Recipe) -> Declared:
    """A training as a tool: what all are asked, and the options of its recipe."""
    unit, about = recipe.unit, (type(recipe).__doc__ or "").strip().partition("\n")[0]
    inputs: dict[str, AnyDataType] = {
        "name": Text(default=None, description="Small letters and digits: its folder."),
        "dataset": SOURCES[recipe.source],
        "start": Text(description="A model, or another training, to start from; else nothing."),
        "kimg": Number(
            default=None,
            optional=True,
            description=f"Thousand {unit} to show, each as often as it is shown; else what suits.",
        ),
    }
    inputs |= {key: field for key, field in recipe.options.items() if key not in SHARED}
    inputs |= {
        "title": Text(description="For the model's card."),
        "licence": Text(description="Of the model."),
        "data": Text(description=f"What the {unit} show, and whose they are."),
        "on": Text(description=ON_WHICH),
    }
    command = Command(name=tool_of(name), description=about, inputs=inputs, outputs={})
    return Declared(
        command=command,
        takes=Takes(model=False),
        unit=f"thousand {unit}",
        source=recipe.source,
    )


class Trainings:
    """Every training in `folder`, also those that were begun by hand.

    Those begun here are told to save and stop when the server ends. `waiting` are those whose turn
    has not come, by name, with the arguments for their process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting: dict[str, list[str]] = {}
        self._begun: set[str] = set()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._told: set[str] = set()
        self._is_closed = False
        # A look at a training's lock holds it for a moment, which another look must not see.
        self._lock = Lock()

    def all(self) -> list[Summary]:
        """Every training, by name."""
        with self._lock:
            return [self._summary(training) for training in self._trainings()]

    def one(self, name: str) -> Detail:
        """All of one. Raises NotFound."""
        with self._lock:
            training = self.find(name)
            detail = training.detail(self._is_alive(training), name in self._told)
            return as_waiting(detail) if name in self.waiting else detail

    def find(self, name: str) -> TrainingFolder:
        """The training of that name. Raises NotFound."""
        training = TrainingFolder(self.folder / name)
        if not _NAME.fullmatch(name) or not is_there(training):
            raise NotFound(f"There is no training '{name}'.")
        return training

    def records(self) -> list[JobRecord]:
        """Every training as a job."""
        with self._lock:
            return [self._record(training) for training in self._trainings()]

    def record(self, name: str) -> JobRecord:
        """A training as a job. Raises NotFound."""
        with self._lock:
            return self._record(self.find(name))

    def order(self, wanted: Wanted, record: JobRecord) -> None:
        """Let a training wait for its turn, its record kept.

        Raises InvalidArgument naming the field, MissingDependency or Unavailable.
        """
        check(wanted)
        if not wanted.on:
            check_torch()
        with self._lock:
            training = TrainingFolder(self.folder / wanted.name)
            is_taken = wanted.name in self.waiting or self._is_alive(training)
            if is_taken or (training.folder / ORDER).exists():
                raise InvalidArgument(f"There is a training '{wanted.name}' already.", "name")
            write_record(training.folder, record)
            self.waiting[wanted.name] = arguments(wanted)

    def place_for(self, name: str) -> Path:
        """An empty folder within that of a training to be, for what was sent for it to learn from.

        Raises InvalidArgument for a name that is none.
        """
        check_name(name)
        return self.folder / name / f"sent-{secrets.token_hex(4)}"

    def order_more(self, name: str, kimg: float | None = None) -> None:
        """Let one wait to go on, up to `kimg` if that is said. Raises NotFound or InvalidArgument.

        One that never began is begun anew, if its record says how.
        """
        check_kimg(kimg)
        with self._lock:
            training = self.find(name)
            if not kept_record(training).inputs.get("on"):
                check_torch()
            if name in self.waiting or self._is_alive(training):
                raise InvalidArgument(f"'{name}' trains or waits already.")
            self.waiting[name] = self._more(training, kimg)

    def working(self) -> str | None:
        """The name of a training that works now, whoever began it."""
        with self._lock:
            alive = (one.name for one in self._trainings() if self._is_alive(one))
            return next(alive, None)

    def stop(self, name: str) -> None:
        """Tell it to finish its step, save and export. Raises NotFound or InvalidArgument."""
        with self._lock:
            training = self.find(name)
            if self.waiting.pop(name, None) is not None:
                return
            if not self._is_alive(training):
                raise InvalidArgument(f"'{name}' does not train now; there is nothing to stop.")
            self._tell(training)

    def delete(self, name: str) -> None:
        """Remove its folder with its models. Raises NotFound or InvalidArgument."""
        with self._lock:
            training = self.find(name)
            if name in self.waiting or self._is_alive(training):
                raise InvalidArgument(f"'{name}' trains or waits; stop it first.")
            if training.folder.is_symlink():
                training.folder.unlink()
            else:
                shutil.rmtree(training.folder)

    def file(self, name: str, file: str) -> Path:
        """A file that it made, by a name of its record's list. Raises NotFound."""
        if not is_file_name(file) or file in (*PRIVATE, RECORD):
            raise NotFound(f"'{name}' has made no file '{file[:80]}'.")
        return plain_file(self.find(name).folder, file)

    def preview(self, name: str) -> Path | None:
        """Its newest sheet."""
        pictures = self.find(name).pictures()
        return pictures[-1] if pictures else None

    async def run(self, name: str) -> AsyncIterator[None]:
        """Begin one whose turn has come; now and then until its process has ended."""
        with self._lock:  # or a look in between would take it for stopped
            words = self.waiting.pop(name, None)
            if words is None:
                return
            self._begun.add(name)
        try:
            process = await asyncio.to_thread(
                self._begin, TrainingFolder(self.folder / name), words
            )
            while process.poll() is None:
                yield
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._begun.discard(name)

    def close(self) -> None:
        """Tell those that were begun here to save and stop, and wait a while for them."""
        with self._lock:
            self._is_closed = True
            self.waiting.clear()
            working = {name for name, process in self._processes.items() if process.poll() is None}
            for name in working:
                print(f"The training '{name}' finishes its step and saves.", flush=True)
                self._tell(self.find(name))
            for name in working:
                try:
                    self._processes[name].wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    print(f"The training '{name}' saves by itself.", flush=True)

    def _trainings(self) -> list[TrainingFolder]:
        folders = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        found = [TrainingFolder(path) for path in folders if _NAME.fullmatch(path.name)]
        return [training for training in found if is_there(training)]

    def _summary(self, training: TrainingFolder) -> Summary:
        summary = training.summary(self._is_alive(training), training.name in self._told)
        return as_waiting(summary) if training.name in self.waiting else summary

    def _record(self, training: TrainingFolder) -> JobRecord:
        kept, summary = kept_record(training), self._summary(training)
        if kept.is_broken and not (training.folder / ORDER).exists():
            return structs.replace(kept, id=PREFIX + training.name, kind="training")
        is_alive = summary.state in ("starting", "running", "stopping")
        started, heard = (modified(training.folder / name) for name in (PROCESS, STATS))
        left = None
        if summary.state == "running":
            left = training.detail(True, False).seconds_left
        files = [name for name in listed_files(training.folder) if name not in PRIVATE]
        return JobRecord(
            id=PREFIX + training.name,
            kind="training",
            tool=TOOL,
            title=summary.title[:200],
            inputs=kept.inputs or said(training),
            state="running" if summary.state == "starting" else summary.state,
            done=max(0.0, summary.kimg),
            total=max(0.0, summary.total),
            unit=f"thousand {plan.unit}" if (plan := training.plan) else UNIT,
            message=summary.message[:4000],
            seconds_left=left,
            created=kept.created or modified(training.folder / ORDER) or 0.0,
            started=started if is_alive else kept.started,
            ended=None if is_alive else heard,
            files=files,
        )

    def _is_alive(self, training: TrainingFolder) -> bool:
        process = self._processes.get(training.name)
        is_ours = process is not None and process.poll() is None
        return is_ours or training.name in self._begun or training.is_worked_in

    def _more(self, training: TrainingFolder, kimg: float | None) -> list[str]:
        inputs = kept_record(training).inputs
        if training.plan is not None:
            more = [] if kimg is None else [flag("kimg", kimg)]
            dataset, on = training.plan.dataset, inputs.get("on")
            if on:  # where it lies here
                dataset, more = str(_place(str(inputs["dataset"]))), [*more, flag("on", on)]
            return [dataset, "--resume", *more]
        if not inputs:
            raise InvalidArgument(f"'{training.name}' never began; start it anew under this name.")
        wanted = wanted_of(inputs)
        check(wanted)
        return arguments(structs.replace(wanted, name=training.name))

    def _begin(self, training: TrainingFolder, words: Sequence[str]) -> "subprocess.Popen[bytes]":
        """Start `taxiway train`: Ctrl-C is not for it, and it outlives a server that is killed."""
        with self._lock:
            if self._is_closed:
                raise Unavailable("The server ends.")
            own_folder(training.folder)
            self._told.discard(training.name)
            with (
                (training.folder / LOG).open("wb") as log,
                (training.folder / TROUBLE).open("wb") as errors,
            ):
                self._processes[training.name] = subprocess.Popen(
                    [*COMMAND, *words, f"--out={training.folder}"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=errors,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
                )
            return self._processes[training.name]

    def _tell(self, training: TrainingFolder) -> None:
        """Once: the second time would end it without saving."""
        if training.name in self._told:
            return
        self._told.add(training.name)
        process = self._processes.get(training.name)
        if process is not None and process.poll() is None:
            process.terminate()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(training.process, signal.SIGTERM)


def as_waiting(summary: Told) -> Told:
    """The same of a training whose turn has not come."""
    return structs.replace(summary, state="waiting", message="Waits for its turn.")


def is_there(training: TrainingFolder) -> bool:
    """Whether there was ever a training, one was tried, or one waits."""
    return training.is_there or (training.folder / RECORD).is_file()


def kept_record(training: TrainingFolder) -> JobRecord:
    """What was asked for here; an empty record for one that was begun by hand."""
    try:
        data = (training.folder / RECORD).exists() and read_record(training.folder)
    except Broken as reason:
        return broken_record(training.name, reason)
    return data or JobRecord(id=training.name, tool=TOOL)


def said(training: TrainingFolder) -> dict[str, Wire]:
    """What one that was begun by hand says of itself."""
    plan = training.plan
    return {"name": training.name, "dataset": plan.dataset, "start": plan.start} if plan else {}


def wanted_of(inputs: Mapping[str, Any]) -> Wanted:
    """The training that inputs mean. Raises InvalidArgument."""
    given = {name: value for name, value in inputs.items() if value is not None}
    options = {name: given.pop(name) for name in list(given) if name not in SHARED}
    try:
        return msgspec.convert({**given, "options": options}, Wanted)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"The training is not as expected: {error}.") from None


def check(wanted: Wanted) -> None:
    """Raises InvalidArgument naming the field that is wrong."""
    check_name(wanted.name)
    for name in ("dataset", "start", "title", "licence", "data"):
        if len(getattr(wanted, name)) > 2000 or "\0" in getattr(wanted, name):
            raise InvalidArgument(f"'{name}' takes up to 2000 characters of text.", name)
    if not wanted.dataset or not os.path.exists(_place(wanted.dataset)):
        raise InvalidArgument(f"There is no dataset '{wanted.dataset}' on the server.", "dataset")
    check_kimg(wanted.kimg)
    if wanted.on:
        check_named(wanted.on)


def check_name(name: str) -> None:
    """Raises InvalidArgument."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            "'name' takes up to 64 small letters, digits and . _ -, beginning with a letter or "
            f"digit, got {name[:80]!r}.",
            "name",
        )


def check_kimg(kimg: float | None) -> None:
    """Raises InvalidArgument."""
    if kimg is not None and not 0 < kimg <= LONGEST:
        raise InvalidArgument(f"'kimg' takes a number above 0, got {kimg:g}.", "kimg")


def check_torch() -> None:
    """Raises MissingDependency."""
    need("torch", "Training", "train")


def arguments(wanted: Wanted) -> list[str]:
    """What `taxiway train` is given; no word of a person's becomes an option by itself."""
    said: dict[str, Any] = {"from": wanted.start or None, "kimg": wanted.kimg, **wanted.options}
    said |= {"on": wanted.on or None}
    options = [flag(name, value) for name, value in said.items() if value is not None]
    told = {name: getattr(wanted, name) for name in ("title", "licence", "data")}
    named = [wanted.trainer] if wanted.trainer else []
    return [*named, str(_place(wanted.dataset)), *options, *(flag(k, v) for k, v in told.items())]


def flag(name: str, value: Any) -> str:
    """An option as it is typed."""
    typed = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{typed}" if value else f"--no-{typed}"
    return f"--{typed}={value:.12g}" if isinstance(value, int | float) else f"--{typed}={value}"


def modified(path: Path) -> float | None:
    """When a file was last written, if it is there."""
    return path.stat().st_mtime if path.exists() else None


def _place(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))
