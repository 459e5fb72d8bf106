"""A training on another machine, with its folder here: what it writes there comes here as it goes.

It goes the way of a model on another machine: a family of its own (`Training`), whose files are the
dataset and what it goes on from, and whose answer in parts is what changed in the folder there.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from threading import Event
from typing import Any, ClassVar

import msgspec
import numpy as np
from msgspec import Struct

from taxiway.catalog.folder import data_path
from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, File, Number, Text
from taxiway.core.errors import ModelFailed
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.executor import Died, Executor, Result
from taxiway.engine.messages import Predict
from taxiway.engine.remote_worker import plain
from taxiway.training.progress import last_record
from taxiway.training.run_folder import LOCK, ORDER, PROCESS, STATS, TrainingFolder

DATASET, START, OUT = "{dataset}", "{start}", "{out}"
"""What stands in the words of the command for what lies elsewhere over there."""
STATE = "state.pt"
"""What a training goes on from; hundreds of megabytes, which come when it has ended."""
HOLD_SECONDS = 600.0
"""How long it goes on over there while nobody hears of it."""
PIECE = 2**20
LOOK_SECONDS = 0.5


FOLDER = File(optional=True, is_directory=True)


class Training:
    """The other side: a process that trains, and its folder."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "dataset": File(optional=True),
        "dataset_folder": FOLDER,
        "start": File(optional=True),
        "start_folder": FOLDER,
        "begun_folder": FOLDER,
        "words": Text(),  # what follows `taxiway train`, as JSON
        "name": Text(),  # the training's own over there
    }
    commands: ClassVar[dict[str, Command]] = {
        "train": Command(name="train", inputs={}, outputs={"code": Number()}),
        "fetch": Command(name="fetch", inputs={}, outputs={"name": Text()}),
    }
    local = ("words", "name")

    def setup(self, device: str, options: Values) -> None:
        folder = data_path() / "trainings-for-others" / plain(options["name"])
        begun = options["begun_folder"]
        if begun and seen(Path(begun)) > seen(folder):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(begun, folder)
        dataset = options["dataset"] or options["dataset_folder"]
        start = options["start"] or options["start_folder"]
        places = {DATASET: dataset, START: start, OUT: str(folder)}
        given = msgspec.json.decode(options["words"], type=list[str])
        words = [places.get(word, word) for word in given]
        self._command = [sys.executable, "-u", "-m", "taxiway", "train", *words]
        self._folder = folder
        self._sent: dict[str, tuple[int, int]] = {}

    def predict(self, command: str, batch: list[Values]) -> Iterator[list[Values] | Progress]:
        return self._train() if command == "train" else self._fetch()

    def _train(self) -> Iterator[list[Values] | Progress]:
        process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        try:
            has_ended = False
            while not has_ended:
                has_ended = process.poll() is not None
                yield from self._news(but=(STATE,))
                yield Progress(0)  # is it still wanted?
                time.sleep(0 if has_ended else LOOK_SECONDS)
            yield [{"code": process.returncode}]
        finally:
            if process.poll() is None:
                process.terminate()  # it saves first
                process.wait()

    def _fetch(self) -> Iterator[list[Values] | Progress]:
        yield from self._news(but=())
        yield [{}]

    def _news(self, but: tuple[str, ...]) -> Iterator[list[Values] | Progress]:
        """What is new in the folder, in pieces."""
        # What it is comes first, since its figures are told by it.
        for path in sorted(self._folder.rglob("*"), key=lambda path: (path.name != ORDER, path)):
            name = path.relative_to(self._folder).as_posix()
            is_half = path.name.startswith(".")  # what is being written
            if is_half or name in (LOCK, PROCESS, *but) or not path.is_file():
                continue
            with path.open("rb") as file:
                now = os.fstat(file.fileno())
                if self._sent.get(name) == (now.st_mtime_ns, now.st_size):
                    continue
                self._sent[name] = (now.st_mtime_ns, now.st_size)
                for at in range(0, max(now.st_size, 1), PIECE):
                    data = file.read(min(PIECE, now.st_size - at))
                    yield [
                        {
                            "name": name,
                            "at": at,
                            "size": now.st_size,
                            "data": np.frombuffer(data, np.uint8),
                        }
                    ]


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

    Raises ModelFailed with the reason where it cannot begin, or the way breaks for too long.
    """
    return asyncio.run(_Home(wanted, stop, say).trained())


class _Home:
    """This side: the folder, and what is said."""

    def __init__(self, wanted: Wanted, stop: Event, say: Callable[[str], None]) -> None:
        self._wanted, self._stop, self._say = wanted, stop, say
        self._folder = wanted.folder
        self._code = 1

    async def trained(self) -> int:
        kind = slots.load("engine.executors", "remote")
        executor: Executor = kind(self._spec(), lambda: None)
        executor.hold_seconds = HOLD_SECONDS
        executor.on_words = lambda words: self._say(f"The training {words}." if words else "")
        try:
            await executor.start()
            self._say(f"It trains on {self._wanted.on.partition('://')[2].partition('#')[0]}.")
            await executor.predict(Predict("train", [{}]), self._take)
            if self._stop.is_set():
                self._code = 0
            self._say("What it goes on from comes here.")
            await executor.predict(Predict("fetch", [{}]), self._take_last)
            self._say(f"All of it is in '{self._folder}' here.")
        except Died as death:
            raise ModelFailed(
                f"The training is lost from sight: {death}. What came is in '{self._folder}'; "
                f"over there it saves within minutes and --resume goes on from that"
            ) from None
        finally:
            await executor.stop()
        return self._code

    def _spec(self) -> ModelSpec:
        wanted = self._wanted
        words = msgspec.json.encode(wanted.words).decode()
        options: dict[str, Any] = {"words": words, "name": self._name()}
        begun = wanted.folder if wanted.resume else None
        for name, path in (("dataset", wanted.dataset), ("start", wanted.start), ("begun", begun)):
            if path is not None:
                options[f"{name}_folder" if path.is_dir() else name] = str(path)
        return ModelSpec(
            name="training", family=f"{__name__}:Training", options=options, on=wanted.on
        )

    def _name(self) -> str:
        """The training's name over there, which stays the same when it goes on."""
        file = self._folder / "elsewhere.txt"
        if not file.exists():
            file.write_text(f"{self._folder.resolve().name}-{os.urandom(6).hex()}")
        return file.read_text().strip()

    def _take(self, results: Sequence[Result | None], progress: Progress | None) -> bool:
        self._take_last(results, progress)
        return not self._stop.is_set()

    def _take_last(self, results: Sequence[Result | None], progress: Progress | None) -> bool:
        part = results[0]
        if isinstance(part, dict) and "code" in part:
            self._code = int(part["code"])
        elif isinstance(part, dict) and "name" in part:
            self._write(part)
        return True

    def _write(self, part: Values) -> None:
        """A piece of a file; the last of it puts the whole in its place."""
        path = self._folder.joinpath(*map(plain, PurePosixPath(part["name"]).parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        coming = path.with_name(f"{path.name}.coming")
        with coming.open("ab" if part["at"] else "wb") as file:
            file.write(part["data"].tobytes())
            is_whole = file.tell() == part["size"]
        if is_whole:
            os.replace(coming, path)
            if path.name == STATS:
                self._say(told(self._folder))


def told(folder: Path) -> str:
    """How far a training is, in a line."""
    summary = TrainingFolder(folder).summary(True, False)
    return f"{summary.kimg:.1f} of {summary.total:g} kimg: {summary.message}"
