"""A training on another machine, with its folder here (`elsewhere`)."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from taxiway.catalog.folder import data_path
from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Boolean, File, Text
from taxiway.core.errors import ModelFailed, NotFound
from taxiway.core.model import ModelSpec
from taxiway.engine.cluster.address import is_cluster
from taxiway.engine.executor import Died
from taxiway.engine.remote_worker import plain
from taxiway.jobs.elsewhere import Errand, Parts, done
from taxiway.training.metrics_log import read
from taxiway.training.progress import last_record, seconds_left
from taxiway.training.run_folder import LOCK, ORDER, PROCESS, STATS, TrainingFolder

DATASET, START, OUT = "{dataset}", "{start}", "{out}"
"""What stands in the words of the command for what lies elsewhere over there."""
STATE = "state.pt"
"""What a training goes on from; hundreds of megabytes, which come when it has ended, or from a
cluster, whose machines come and go, whenever it is saved."""
NAME = "elsewhere.txt"
HOLD_SECONDS = 600.0
"""How long it goes on over there while nobody hears of it."""
LOOK_SECONDS = 0.5
SAVE_SECONDS = 120.0
"""How long one that still works there is waited for."""
FOLDER = File(optional=True, is_directory=True)


class Training(Errand):
    """The other side: a process that trains, and its folder."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "dataset": File(optional=True),
        "dataset_folder": FOLDER,
        "start": File(optional=True),
        "start_folder": FOLDER,
        "begun_folder": FOLDER,
        "words": Text(),  # what follows `taxiway train`, as JSON
        "name": Text(),  # the training's own over there
        "again": Boolean(default=False),  # it was begun, and died
        "gives_state": Boolean(default=False),  # as it goes
    }
    local = ("words", "name", "again", "gives_state")
    private = (LOCK, PROCESS)

    def setup(self, device: str, options: Values) -> None:
        folder = data_path() / "trainings-for-others" / plain(options["name"])
        finished(folder)
        begun = options["begun_folder"]
        if begun and seen(Path(begun)) > seen(folder):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(begun, folder)
        words = msgspec.json.decode(options["words"], type=list[str])
        if options["again"]:
            words = going_on(words, folder)
        dataset = options["dataset"] or options["dataset_folder"]
        start = options["start"] or options["start_folder"]
        places = {DATASET: dataset, START: start, OUT: str(folder)}
        words = [places.get(word, word) for word in words]
        self._command = [sys.executable, "-u", "-m", "taxiway", "train", *words]
        self.later = () if options["gives_state"] else (STATE,)
        self.begin(folder)

    def work(self) -> Parts:
        process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        try:
            has_ended = False
            while not has_ended:
                has_ended = process.poll() is not None
                yield from self.news(but=self.later)
                yield [{}]  # is it still wanted?
                time.sleep(0 if has_ended else LOOK_SECONDS)
            yield [{"end": process.returncode}]
        finally:
            if process.poll() is None:
                process.terminate()  # it saves first
                process.wait()

    def order(self, path: Path) -> tuple[object, ...]:
        # What it is comes first, since its figures are told by it.
        return (path.name != ORDER, path)


def finished(folder: Path) -> None:
    """Have a training save and end that still works there, since the way to it was lost.

    Raises ModelFailed where it does not end.
    """
    training, until = TrainingFolder(folder), time.monotonic() + SAVE_SECONDS
    is_told = False
    while training.is_worked_in:
        if time.monotonic() > until:
            raise ModelFailed(f"Another training works in '{folder}' and does not end.")
        try:
            if not is_told:
                os.kill(training.process, signal.SIGTERM)
                is_told = True
        except (ProcessLookupError, NotFound):
            pass  # it begins or ends just now
        time.sleep(LOOK_SECONDS)


def going_on(words: list[str], folder: Path) -> list[str]:
    """The words for one that died; without a save it is begun anew."""
    if not (folder / STATE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        return [word for word in words if word != "--resume"]
    at = words.index(START) if START in words else len(words)
    kept = words[: max(0, at - 1)] + words[at + 1 :] if START in words else words
    return kept if "--resume" in kept else [*kept, "--resume"]


def seen(folder: Path) -> float:
    """How many thousands a training's folder says were shown; -1 where there is none."""
    records = last_record(folder / STATS) if (folder / STATS).exists() else []
    return float(records[0]["kimg"]) if records else -1.0


class Wanted(Struct, kw_only=True):
    """A training to begin over there, or to go on with; `words` follow `taxiway train`."""

    on: str
    words: list[str]
    dataset: Path
    folder: Path
    start: Path | None = None
    resume: bool = False


def train(wanted: Wanted, stop: Event, say: Callable[[str], None]) -> int:
    """Train over there until that is done or `stop` is set; its exit code.

    Raises ModelFailed with the reason where it cannot begin, or is lost from sight.
    """
    code = done(Home(wanted, stop, say), HOLD_SECONDS)
    if stop.is_set() or code == 0:
        say(f"{max(0.0, seen(wanted.folder)):.1f} kimg seen.")  # what a training ends with
        return 0
    return int(code)


class Home:
    """This side: an `elsewhere.Here`."""

    def __init__(self, wanted: Wanted, stop: Event, say: Callable[[str], None]) -> None:
        self.on, self.folder = wanted.on, wanted.folder
        self._wanted, self._stop = wanted, stop
        self.say, self.is_stopped = say, stop.is_set

    def spec(self, is_again: bool) -> ModelSpec:
        """What goes there."""
        wanted, name = self._wanted, self._name()
        options: dict[str, Any] = {
            "words": msgspec.json.encode(wanted.words).decode(),
            "name": name,
            "again": is_again,
            "gives_state": is_cluster(wanted.on),
        }
        begun = wanted.folder if wanted.resume or is_again else None
        for option, path in (
            ("dataset", wanted.dataset),
            ("start", wanted.start),
            ("begun", begun),
        ):
            if path is not None:
                options[f"{option}_folder" if path.is_dir() else option] = str(path)
        return ModelSpec(name=name, family=f"{__name__}:Training", options=options, on=wanted.on)

    def take(self, part: Values) -> None:
        """Nothing but files comes."""

    def ended(self, end: Any) -> None:
        """Raise Died if what trained was killed."""
        if isinstance(end, int) and end < 0 and not self._stop.is_set():
            raise Died(f"what trained was ended by {signal.Signals(-end).name}")

    def came(self, path: Path) -> None:
        """Say how far it is."""
        if path.name == STATS:
            self.say(told(self.folder))

    def far(self) -> float:
        """In thousands shown."""
        return seen(self.folder)

    def _name(self) -> str:
        """The training's name over there, which stays the same when it goes on."""
        file = self.folder / NAME
        if not file.exists():
            file.write_text(f"{self.folder.resolve().name}-{os.urandom(6).hex()}")
        return file.read_text().strip()


def told(folder: Path) -> str:
    """How far a training is, in a line."""
    training = TrainingFolder(folder)
    summary, plan = training.summary(True, False), training.plan
    left = seconds_left(read(folder / STATS), plan.stages) if plan else None
    more = f", about {left / 60:.0f} min left" if left else ""
    return f"{summary.kimg:.1f} of {summary.total:g} kimg: {summary.message}{more}"
