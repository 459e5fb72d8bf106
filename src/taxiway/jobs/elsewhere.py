"""Work on another machine, with its folder here: what it writes there comes here as it goes.

It goes the way of a model on another machine: a family of its own (`Errand`), whose files are what
the work needs, and whose answer in parts is what changed in the folder there.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Protocol

import numpy as np

from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyType, Text
from taxiway.core.errors import ModelFailed, TaxiwayError
from taxiway.core.files import put_whole
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine.cluster.address import is_cluster
from taxiway.engine.executor import Away, Died, Executor, OnPart, Result, Unreachable
from taxiway.engine.messages import Predict
from taxiway.engine.places import place_of
from taxiway.engine.remote_worker import plain

PIECE = 2**20
TRIES = 4
"""How often it is begun again without being any further."""
AGAIN_SECONDS = 1.0
STOP_SECONDS = 0.2
Parts = Iterator[list[Values] | Progress]


class Errand:
    """The other side: something that works in a folder. `work` is what subclasses do."""

    commands: ClassVar[dict[str, Command]] = {
        "work": Command(name="work", inputs={}, outputs={"end": AnyType()}),
        "fetch": Command(name="fetch", inputs={}, outputs={"name": Text()}),
    }
    later: tuple[str, ...] = ()
    """Files that come when all is over, and how such files are called that never come."""
    private: tuple[str, ...] = ()

    def begin(self, folder: Path) -> None:
        """Work in a folder from now on."""
        self._folder = folder
        self._sent: dict[str, tuple[int, int]] = {}

    def work(self) -> Parts:
        """Do it, and yield in between; the last is `[{"end": ...}]`."""
        raise NotImplementedError

    def predict(self, command: str, batch: list[Values]) -> Parts:
        return self.work() if command == "work" else self._fetch()

    def _fetch(self) -> Parts:
        yield from self.news(but=())
        yield [{}]

    def news(self, but: Sequence[str]) -> Parts:
        """What is new in the folder, in pieces."""
        for path in sorted(self._folder.rglob("*"), key=self.order):
            name = path.relative_to(self._folder).as_posix()
            is_half = path.name.startswith(".")  # what is being written
            if is_half or name in (*self.private, *but) or not path.is_file():
                continue
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                now = os.fstat(file.fileno())
                if self._sent.get(name) == (now.st_mtime_ns, now.st_size):
                    continue
                self._sent[name] = (now.st_mtime_ns, now.st_size)
                for at in range(0, max(now.st_size, 1), PIECE):
                    data = np.frombuffer(file.read(min(PIECE, now.st_size - at)), np.uint8)
                    yield [{"name": name, "at": at, "size": now.st_size, "data": data}]

    def order(self, path: Path) -> tuple[object, ...]:
        """By what files are sorted, to come in that order."""
        return (path,)


class Here(Protocol):
    """What this side knows of the work."""

    on: str
    folder: Path

    def spec(self, is_again: bool) -> ModelSpec:
        """The errand, at first and when it goes on."""

    def is_stopped(self) -> bool:
        """Whether it is to stop after its step."""

    def say(self, words: str) -> None:
        """Tell people something."""

    def take(self, part: Values) -> None:
        """What the work tells in between."""

    def came(self, path: Path) -> None:
        """A file has come whole."""

    def ended(self, end: Any) -> None:
        """Look at how it ended; raises Died where it is to be begun again."""

    def far(self) -> float:
        """How far it is; more is further."""


class Stopping(Exception):
    """It was stopped before it began."""


def done(here: Here, hold: float) -> Any:
    """Have it done over there; what its end says, None if it was stopped before it began.

    What dies over there goes on from what it kept, on a cluster also where its machine died.
    `hold` are the seconds it goes on while nobody hears of it. Raises ModelFailed where it cannot
    begin, or is lost.
    """
    try:
        return asyncio.run(_Home(here, hold).done())
    except Stopping:
        return None


class _Home:
    """This side: the folder, and when it is begun again."""

    def __init__(self, here: Here, hold: float) -> None:
        self._here, self._hold = here, hold
        self._end: Any = None
        self._error: Exception | None = None

    async def done(self) -> Any:
        far, tries, is_again = self._here.far(), 0, False
        while True:
            try:
                return await self._once(is_again)
            except (Died, Unreachable) as death:
                if isinstance(death, Unreachable) and not is_again:
                    raise
                reason = str(death).removesuffix(".")
            now = self._here.far()
            tries = tries + 1 if now <= far else 1
            far = max(now, far)
            if tries > TRIES:
                raise ModelFailed(
                    f"It was begun {tries} times and came no further ({reason}); what came is in "
                    f"'{self._here.folder}'."
                )
            is_again = True
            self._here.say(f"Lost over there ({reason}); it goes on from its last save.")
            await asyncio.sleep(AGAIN_SECONDS * tries)

    async def _once(self, is_again: bool) -> Any:
        here = self._here
        executor: Executor = slots.load("engine.executors", "remote")(
            here.spec(is_again), lambda: None
        )
        executor.hold_seconds = self._hold
        executor.on_words = self._say
        try:
            await self._unless_stopped(executor.start())
            here.say(f"It is done on {place_of(here.on).host}.")
            await self._asked(executor, "work", self._take)
            here.ended(self._end)
            here.say("The rest of its files comes here.")
            await self._asked(executor, "fetch", self._take_last)
        except Away as death:
            if is_cluster(here.on):
                raise
            raise ModelFailed(
                f"It is lost from sight: {death}. What came is in '{here.folder}'; over there it "
                "saves within minutes, and the same call goes on from that"
            ) from None
        finally:
            await executor.stop()
        here.say(f"All of it is in '{here.folder}' here.")
        return self._end

    def _say(self, words: str) -> None:
        """Of a way that is being mended, which is not to end where nobody reads that any more."""
        with contextlib.suppress(OSError):
            self._here.say(f"It {words}." if words else "")

    async def _asked(self, executor: Executor, command: str, take: OnPart) -> None:
        (answer,) = await executor.predict(Predict(command, [{}]), take)
        if self._error is not None:
            raise self._error
        if isinstance(answer, TaxiwayError):
            raise answer

    async def _unless_stopped(self, starting: Any) -> None:
        task = asyncio.ensure_future(starting)
        try:
            while not (await asyncio.wait([task], timeout=STOP_SECONDS))[0]:
                if self._here.is_stopped():
                    raise Stopping
            task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _take(self, results: Sequence[Result | None], progress: Progress | None) -> bool:
        return self._take_last(results, progress) and not self._here.is_stopped()

    def _take_last(self, results: Sequence[Result | None], progress: Progress | None) -> bool:
        part = results[0]
        try:
            if isinstance(part, dict):
                self._taken(part)
        except (TaxiwayError, OSError) as error:
            self._error = self._error or error
        return self._error is None

    def _taken(self, part: Values) -> None:
        if "end" in part:
            self._end = part["end"]
        elif "data" in part:
            self._write(part)
        elif part:
            self._here.take(part)

    def _write(self, part: Values) -> None:
        """A piece of a file; the last of it puts the whole in its place."""
        path = self._here.folder.joinpath(*map(plain, PurePosixPath(part["name"]).parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        coming = path.with_name(f".{path.name}.coming")
        with coming.open("ab" if part["at"] else "wb") as file:
            file.write(part["data"].tobytes())
            is_whole = file.tell() == part["size"]
        if is_whole:
            put_whole(coming, path)
            self._here.came(path)
