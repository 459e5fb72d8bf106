"""A tool's job on another machine, with its folder here (`elsewhere`): such as `batch --on`."""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, ClassVar

import msgspec
import numpy as np
from msgspec import Struct

from taxiway.catalog.folder import data_path
from taxiway.core import declaration
from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, File, Text
from taxiway.core.errors import ModelFailed
from taxiway.core.images import Pixels, encode_jpeg, rgb_pixels, to_file_uri
from taxiway.core.locks import held
from taxiway.core.model import ModelSpec
from taxiway.core.tool import ON, Job, Stopped, outcome
from taxiway.engine.remote_worker import plain
from taxiway.jobs.elsewhere import Errand, Parts, done
from taxiway.jobs.worker import LOCK, load, opened

HOLD_SECONDS = 60.0
"""How long it goes on over there while nobody hears of it."""
LOOK_SECONDS = 0.2
NAME = ".elsewhere"
"""The file, in a job's folder here, of its folder's name over there."""
GIVEN = "{given}/"
"""What stands before the path of a file that goes along."""


class Order(Struct):
    """What is to be done; paths in `inputs` and in the model's options begin with GIVEN."""

    tool: str
    model: ModelSpec
    inputs: dict[str, Any]


class ToolErrand(Errand):
    """The other side: the tool in a thread of this process, and its folder."""

    options: ClassVar[dict[str, AnyDataType]] = {
        "order": Text(),
        "name": Text(),
        "given_folder": File(optional=True, is_directory=True),
    }
    local = ("order", "name")
    private = (LOCK,)

    def setup(self, device: str, options: Values) -> None:
        order = msgspec.json.decode(options["order"], type=Order)
        given = str(options["given_folder"] or "")
        self._spec = msgspec.structs.replace(
            order.model, options=placed(order.model.options, given)
        )
        self._inputs = placed(order.inputs, given, Path)
        self._tool = order.tool
        folder = data_path() / "jobs-for-others" / plain(options["name"])
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.begin(folder)

    def work(self) -> Parts:
        job = QueueJob(self._folder)
        with ThreadPoolExecutor(1, "tool") as pool:
            outputs = pool.submit(self._outputs, job)
            try:
                while not outputs.done():
                    yield from job.told()
                    yield from self.news(but=())
                    wait(outputs)
                yield from job.told()
                yield from self.news(but=())
                yield [{"end": outputs.result()}]
            finally:
                job.stopping.set()

    def _outputs(self, job: "QueueJob") -> Values:
        with held(self._folder / LOCK) as ours:
            if not ours:
                # The way to it was lost; it hears of that within HOLD_SECONDS.
                raise ModelFailed("It is still worked on over there; try again in a minute.")
            loaded = load(self._tool)
            tool: Any = loaded() if isinstance(loaded, type) else loaded
            inputs = tool.command.decode(self._inputs)
            with contextlib.suppress(Stopped):
                given = outcome(tool, opened(tool, self._spec), inputs, job)
                return {"outputs": tool.command.encode(given, {})}
            return {}


class QueueJob:
    """A `core.tool.Job` whose progress is told by a generator in another thread."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.force = folder, True
        self.stopping = Event()
        self._parts: SimpleQueue[Values] = SimpleQueue()
        self._told = 0.0

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        if self.stopping.is_set():
            raise Stopped("Stopped; it can go on from here.")
        if time.monotonic() - self._told < LOOK_SECONDS and done < total:
            return
        self._told = time.monotonic()
        part: Values = {"done": float(done), "total": float(total), "message": message[:1000]}
        if preview is not None:
            part["preview"] = np.frombuffer(encode_jpeg(preview, 85), np.uint8)
        self._parts.put(part)

    def told(self) -> Parts:
        """What was told since; something at any rate, to hear whether it is still wanted."""
        yield [{}]
        with contextlib.suppress(Empty):
            while True:
                yield [self._parts.get_nowait()]


def wait(outputs: "Future[Values]") -> None:
    """For a moment, or until they are there."""
    with contextlib.suppress(Exception):
        outputs.result(LOOK_SECONDS)


def placed(value: Any, given: str, kind: type = str) -> Any:
    """A value with its marked paths below a folder; none of them leads out of it."""
    if isinstance(value, str) and value.startswith(GIVEN):
        return kind(os.path.join(given, *map(plain, value.removeprefix(GIVEN).split("/"))))
    if isinstance(value, Mapping):
        return {key: placed(each, given, kind) for key, each in value.items()}
    if isinstance(value, list):
        return [placed(each, given, kind) for each in value]
    return value


class Luggage:
    """A folder of links to what goes along, each under a name of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def packed(self, value: Any) -> Any:
        """A value with marks in place of its paths. Raises ModelFailed for what is not there."""
        if isinstance(value, Path):
            return self.mark(value)
        if isinstance(value, bytes):
            return to_file_uri(value)
        if isinstance(value, Mapping):
            return {key: self.packed(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.packed(each) for each in value]
        return value

    def model(self, spec: ModelSpec) -> ModelSpec:
        """The model with marks in place of its files."""
        fields = declaration.family(spec.family).options
        options = {
            name: self.mark(Path(value)) if isinstance(fields.get(name), File) and value else value
            for name, value in spec.options.items()
        }
        return msgspec.structs.replace(spec, options=options)

    def mark(self, path: Path) -> str:
        """What stands for a path over there."""
        path, name = path.absolute(), f"{self._count}/{path.absolute().name}"
        self._count += 1
        if not path.exists():
            raise ModelFailed(f"There is no folder or file '{path}'.")
        inside = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
        for each in inside:
            link = self.folder / name / each.relative_to(path)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(each)
        return GIVEN + name


def run(tool: str, model: ModelSpec, inputs: Values, job: Job, on: str) -> Values:
    """What a tool gives that works on another machine; its files come into the job's folder.

    Values of `inputs` are as its command decodes them, with files as Paths. It is begun again where
    it dies over there. Raises Stopped, or ModelFailed or another TaxiwayError with the reason.
    """
    with tempfile.TemporaryDirectory(prefix="taxiway-") as folder:
        luggage = Luggage(Path(folder))
        order = Order(tool, luggage.model(model), luggage.packed({**inputs, ON: ""}))
        here = Home(order, job, on, Path(folder) if any(Path(folder).iterdir()) else None)
        end = done(here, HOLD_SECONDS)
    if here.stopped is not None:
        raise here.stopped
    outputs: Values = end["outputs"]
    return outputs


class Home:
    """This side: an `elsewhere.Here`."""

    def __init__(self, order: Order, job: Job, on: str, given: Path | None) -> None:
        self.on, self.folder = on, job.folder
        self.stopped: BaseException | None = None
        self._order, self._job, self._given = order, job, given
        self._done, self._total, self._words = 0.0, 0.0, ""
        self._came = 0

    def spec(self, is_again: bool) -> ModelSpec:
        """What goes there."""
        options: dict[str, Any] = {
            "order": msgspec.json.encode(self._order).decode(),
            "name": self._name(),
        }
        if self._given is not None:
            options["given_folder"] = str(self._given)
        return ModelSpec(
            name=options["name"], family=f"{__name__}:ToolErrand", options=options, on=self.on
        )

    def is_stopped(self) -> bool:
        """Whether the job is stopped; it is asked by telling how far it is."""
        self._tell()
        return self.stopped is not None

    def say(self, words: str) -> None:
        """In place of what the tool says."""
        self._words = words
        self._tell()

    def take(self, part: Values) -> None:
        """How far the tool is."""
        self._done, self._total = float(part["done"]), float(part["total"])
        self._words = str(part["message"])
        shown = part.get("preview")
        self._tell(rgb_pixels(shown.tobytes(), "preview") if shown is not None else None)

    def came(self, path: Path) -> None:
        """Count it."""
        self._came += 1

    def ended(self, end: Any) -> None:
        """A tool's end is its outputs, or nothing where it was stopped."""

    def far(self) -> float:
        """In files."""
        return self._came

    def _tell(self, preview: Pixels | None = None) -> None:
        try:
            self._job.progress(self._done, self._total, self._words, preview)
        except (Stopped, KeyboardInterrupt) as stopped:
            self.stopped = self.stopped or stopped

    def _name(self) -> str:
        """The job's name over there, which stays the same when it goes on."""
        file = self.folder / NAME
        if not file.exists():
            digest = hashlib.sha256(os.urandom(16)).hexdigest()[:12]
            file.write_text(f"{self._order.tool.partition(':')[0]}-{digest}")
        return file.read_text().strip()
