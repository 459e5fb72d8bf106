"""Presets and history of a live session: what was seen, and can be gone back to."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from msgspec.structs import replace

from taxiway.core.datatypes import names
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.events import PresetsChanged
from taxiway.core.frame import Frame
from taxiway.core.parsing import Malformed
from taxiway.live.movement import file as movement_file
from taxiway.live.movement import timeline_file
from taxiway.live.movement.file import MovementFile
from taxiway.live.movement.timeline_file import TimelineFile
from taxiway.live.movement.tracks import Track
from taxiway.live.presets import state_folder
from taxiway.live.presets.state import State, captured, named, news
from taxiway.live.presets.state_folder import (
    MOST_HISTORY,
    MOVEMENT_FILE,
    PRESETS,
    PRESETS_FILE,
    TIMELINE_FILE,
    StateFolder,
)

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

log = logging.getLogger("taxiway.live")
T = TypeVar("T")

MOST_DRAWN = 16
"""Pictures that may wait for the model."""
MOST_WAITING = 100
"""Writes that may wait for the disk before it is said that it is too slow."""
MOVED_SECONDS = 1.0
SETTLED_SECONDS = 0.6
"""For so long nothing moves before what is seen is worth keeping."""


class KeptStates:
    """Eight presets by number, and the last hundred pictures at rest, each with its whole state.

    They are on disk, where there is a `folder`, from the moment that `run` comes to it.
    """

    def __init__(
        self,
        session: "LiveSession",
        folder: StateFolder | None = None,
        settled_seconds: float = SETTLED_SECONDS,
    ) -> None:
        self.presets: dict[int, State] = {}
        self.history: list[State] = []
        self.said = ""
        """What could not be read."""
        self._session, self._folder = session, folder
        self._settled_seconds = settled_seconds
        self._pictures: dict[str, bytes] = {}
        self._coming: dict[str, asyncio.Task[None]] = {}
        self._work: asyncio.Queue[Callable[[StateFolder], None] | None] = asyncio.Queue()
        self._settling: asyncio.Task[None] | None = None
        self._saving: asyncio.TimerHandle | None = None

    @property
    def is_in_use(self) -> bool:
        """Whether there is anything to go back to, or that says how."""
        session = self._session
        kept = self.presets or self.history or self.said
        return bool(kept or session.fade.seconds or not session.timeline.is_empty)

    async def run(self) -> None:
        """Read what was kept, then write what is to be kept, for ever; cancel it to end, when all
        that still waits is written."""
        if self._folder is None:
            return
        presets, history, movement, timeline, said = await asyncio.to_thread(_loaded, self._folder)
        self.presets = presets | self.presets
        self.history = [*history, *self.history][-MOST_HISTORY:]
        self.said = " ".join(said)
        if movement is not None and not self._session.movement.modulators:
            movement_file.restore(self._session.movement, movement)
        tracks = {name: Track(points) for name, points in timeline.tracks.items()}
        self._session.timeline.restore(timeline.keys, tracks, timeline.loops)
        self._announce()
        writing = asyncio.create_task(self._write_for_ever(self._folder))
        try:
            await asyncio.shield(writing)
        finally:
            if self._saving is not None:
                self._saving.cancel()
                self._keep_movement()
            self._work.put_nowait(None)
            await writing

    async def _write_for_ever(self, folder: StateFolder) -> None:
        """Write what is to be kept, until None stands in line."""
        is_behind = False
        while (work := await self._work.get()) is not None:
            try:
                await asyncio.to_thread(work, folder)
                if is_behind:
                    await asyncio.to_thread(self._all_there_is(), folder)
                is_behind = False
            except OSError as error:
                is_behind = True
                log.debug("A state could not be kept", exc_info=True)
                self._session.report(f"Presets and history cannot be kept: {error.strerror}.")

    def close(self) -> None:
        """Keep nothing more."""
        self._rest()
        if self._saving is not None:
            self._saving.cancel()
        for task in self._coming.values():
            task.cancel()

    def _rest(self) -> None:
        if self._settling is not None:
            self._settling.cancel()

    def settle(self, frame: Frame) -> None:
        """A picture is at rest; if it stays so a moment, it goes into the history."""
        if self._session.is_live:
            self._rest()
            self._settling = asyncio.create_task(self._settled(frame))

    async def _settled(self, frame: Frame) -> None:
        await asyncio.sleep(self._settled_seconds)
        newest, command = self._session.broadcast.newest, self._session.command
        if newest is None or newest.frame.pixels is not frame.pixels or command is None:
            return
        state = captured(command, self._session.controls)
        if self.history and alike(self.history[-1], state):
            return
        gone = self.history[: -MOST_HISTORY + 1] if len(self.history) >= MOST_HISTORY else []
        self.history = [*self.history[len(gone) :], self._with_picture(state, frame)]
        kept = list(self.history)
        self._write(lambda folder: folder.write_history(kept))
        for old in gone:
            self.forget(old)
        self._announce()

    def keep_movement(self) -> None:
        """Write what moves, once for all that changes within a second."""
        if self._folder is None or (self._saving is not None and not self._saving.cancelled()):
            return
        self._saving = asyncio.get_running_loop().call_later(MOVED_SECONDS, self._keep_movement)

    def _keep_movement(self) -> None:
        self._saving = None
        text = movement_file.to_text(self._session.movement)
        self._write(lambda folder: folder.write_movement(text))

    def keep_timeline(self) -> None:
        """Write the timeline as it is now."""
        timeline = self._session.timeline
        keys, tracks, loops = timeline.keys, timeline.tracks, timeline.loops
        to_text = timeline_file.to_text
        self._write(lambda folder: folder.write_timeline(to_text(keys, tracks, loops)))

    def store(self, number: int, name: str = "") -> State:
        """Make the present state a preset, which keeps its name unless it is given another.

        Raises InvalidArgument or Unavailable.
        """
        self._check(number)
        if self._session.command is None:
            raise Unavailable(f"'{self._session.spec.name}' has not been started yet.")
        if self._work.qsize() > MOST_WAITING:
            raise Unavailable("Presets are stored faster than this disk can write them.")
        state = self.pictured(captured(self._session.command, self._session.controls))
        before = self.presets.get(number)
        self._put(number, replace(state, name=named(name) or (before.name if before else "")))
        return state

    def rename(self, number: int, name: str) -> None:
        """Call a preset something else, or nothing. Raises InvalidArgument or NotFound."""
        self.presets[number] = replace(self.preset(number), name=named(name))
        self._write_presets()

    def number_of(self, name: str) -> int:
        """The number of the preset of that name, or in digits. Raises NotFound."""
        wanted = named(name)
        if wanted.isdecimal():
            return int(wanted[:9])
        for number, state in sorted(self.presets.items()):
            if state.name and state.name.casefold() == wanted.casefold():
                return number
        called = [state.name for _, state in sorted(self.presets.items()) if state.name]
        there_are = f"There are: {names(called)}." if called else "None has a name yet."
        raise NotFound(f"No preset is called '{wanted}'. {there_are}")

    def put_all(self, presets: dict[int, State], pictures: dict[str, bytes]) -> None:
        """Take the presets of a scene in place of those that are here.

        `pictures` are by the names that the states have; each gets a new one of ours. Raises
        InvalidArgument, which names the preset, for a scene of a model of another shape.
        """
        self.check_fit({f"Preset {number}": state for number, state in presets.items()})
        old, self.presets = self.presets, {}
        for state in old.values():
            self.forget(state)
        self.presets = {number: self.adopted(state, pictures) for number, state in presets.items()}
        self._write_presets()

    def check_fit(self, states: Mapping[str, State]) -> None:
        """Raise InvalidArgument, by its name, for a state of a model of another shape."""
        for name, state in states.items():
            try:
                news(state, self._session.known, ())
            except InvalidArgument as error:
                raise InvalidArgument(f"{name} of this scene: {error}") from None

    def adopted(self, state: State, pictures: Mapping[str, bytes]) -> State:
        """A state of a scene with its picture under a name of ours."""
        data = pictures.get(state.picture)
        return replace(state, picture=self._keep_picture(data) if data else "")

    def clear(self, number: int) -> None:
        """Empty a preset. Raises InvalidArgument."""
        self._check(number)
        old = self.presets.pop(number, None)
        if old is not None:
            self.forget(old)
            self._write_presets()

    def preset(self, number: int) -> State:
        """A preset. Raises InvalidArgument, or NotFound where it is empty."""
        self._check(number)
        if number not in self.presets:
            raise NotFound(f"Preset {number} is empty; store one there first.")
        return self.presets[number]

    def past(self, picture: str) -> State:
        """What was seen, by its picture's name. Raises NotFound."""
        for state in reversed(self.history):
            if picture and state.picture == picture:
                return state
        raise NotFound("The history has no such picture any more.")

    async def picture(self, name: str) -> bytes:
        """A small JPEG, once it is drawn. Raises NotFound."""
        if name in self._coming:
            await asyncio.wait([self._coming[name]])
        data = self._pictures.get(name)
        if data is None and self._folder is not None:
            data = await asyncio.to_thread(self._folder.picture, name)
        if data is None:
            raise NotFound("There is no such picture.")
        return data

    def _check(self, number: int) -> None:
        if not 1 <= number <= PRESETS:
            raise InvalidArgument(f"'number' takes 1 to {PRESETS}, got {number}.", "number")

    def _put(self, number: int, state: State) -> None:
        old = self.presets.get(number)
        self.presets[number] = state
        if old is not None:
            self.forget(old)
        self._write_presets()

    def _write_presets(self) -> None:
        presets, model = dict(self.presets), self._session.spec.name
        self._write(lambda folder: folder.write_presets(presets, model))
        self._announce()

    def pictured(self, state: State) -> State:
        """The present state with its small picture, which is kept.

        It is drawn anew where what is seen is not that yet, or modulated. Raises Unavailable where
        too many wait to be drawn.
        """
        if len(self._coming) >= MOST_DRAWN:
            raise Unavailable("Pictures are kept faster than this model can draw them.")
        newest = self._session.broadcast.newest
        if newest is not None and is_of(state, newest.frame):
            return self._with_picture(state, newest.frame)
        name = state_folder.new_picture()
        self._coming[name] = asyncio.create_task(self._draw(name, state))
        return replace(state, picture=name)

    async def _draw(self, name: str, state: State) -> None:
        session = self._session
        given = {**session.controls.values(), **state.values}
        with contextlib.suppress(TaxiwayError):
            pixels = await session.drawn(given)
            if pixels is not None:
                self._keep_picture(state_folder.small(pixels), name)
        self._coming.pop(name, None)

    def _with_picture(self, state: State, frame: Frame) -> State:
        return replace(state, picture=self._keep_picture(state_folder.small(frame.pixels)))

    def _keep_picture(self, data: bytes, name: str = "") -> str:
        name = name or state_folder.new_picture()
        self._pictures[name] = data
        self._write(lambda folder: folder.write_picture(name, data))
        return name

    def forget(self, state: State) -> None:
        """Remove a picture that nothing has any more."""
        if state.picture and all(each.picture != state.picture for each in self._everything()):
            self._pictures.pop(state.picture, None)
            self._write(lambda folder: folder.remove_picture(state.picture))

    def _write(self, work: Callable[[StateFolder], None]) -> None:
        """Have something written after what waits; without a folder nothing is."""
        if self._folder is not None:
            self._work.put_nowait(work)

    def _all_there_is(self) -> Callable[[StateFolder], None]:
        """Work that writes all, after something could not be written."""
        session, presets, history = self._session, dict(self.presets), list(self.history)
        pictures, timeline = dict(self._pictures), session.timeline
        movement_text = movement_file.to_text(session.movement)
        timeline_text = timeline_file.to_text(timeline.keys, timeline.tracks, timeline.loops)

        def work(folder: StateFolder) -> None:
            for name, data in pictures.items():
                if not folder.has_picture(name):
                    folder.write_picture(name, data)
            folder.write_presets(presets, session.spec.name)
            folder.write_history(history, anew=True)
            folder.write_movement(movement_text)
            folder.write_timeline(timeline_text)

        return work

    def _everything(self) -> Iterator[State]:
        yield from self.presets.values()
        yield from self.history
        yield from (key.state for key in self._session.timeline.keys)

    def _announce(self) -> None:
        self._session.events.emit(PresetsChanged(self._session.spec.name))


def is_of(state: State, frame: Frame) -> bool:
    """Whether a frame shows a state."""
    return all(
        value is now or np.array_equal(np.asarray(value), np.asarray(now))
        for value, now in ((each, frame.values.get(name)) for name, each in state.values.items())
    )


def alike(one: State, other: State) -> bool:
    """Whether two states are of the same values."""
    return one.values.keys() == other.values.keys() and all(
        np.array_equal(np.asarray(value), np.asarray(other.values[name]))
        for name, value in one.values.items()
    )


class Loaded(NamedTuple):
    """What was kept; `said` is a sentence for each file that cannot be read, and now lies aside."""

    presets: dict[int, State]
    history: list[State]
    movement: MovementFile | None
    timeline: TimelineFile
    said: list[str]


def _loaded(folder: StateFolder) -> Loaded:
    said: list[str] = []
    presets = _read(folder, PRESETS_FILE, folder.presets, said) or {}
    movement = _read(
        folder, MOVEMENT_FILE, lambda: movement_file.from_text(folder.movement()), said
    )
    timeline = _read(
        folder, TIMELINE_FILE, lambda: timeline_file.from_text(folder.timeline()), said
    )
    timeline, history = timeline or TimelineFile(), folder.history()
    if not said and not folder.has_unread:  # else pictures are of what could not be read
        kept = [*presets.values(), *history, *(key.state for key in timeline.keys)]
        with contextlib.suppress(OSError):  # of a disk that may only be read
            folder.sweep(state.picture for state in kept)
    presets = {number: _as_pictured(folder, state) for number, state in presets.items()}
    history = [state for state in history if folder.has_picture(state.picture)]
    timeline.keys = [replace(key, state=_as_pictured(folder, key.state)) for key in timeline.keys]
    return Loaded(presets, history, movement, timeline, said)


def _read(folder: StateFolder, name: str, read: Callable[[], T], said: list[str]) -> T | None:
    """What is in a file; one that cannot be read, or makes no sense, is set aside, and said."""
    try:
        return read()
    except FileNotFoundError:
        return None
    except (Malformed, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        where = name
        with contextlib.suppress(OSError):  # of a disk that may only be read
            where = f"{folder.set_aside(name)} now"
        said.append(f"What was kept cannot be read: {why}. It lies in {where}.")
        return None


def _as_pictured(folder: StateFolder, state: State) -> State:
    """The state without its picture's name where we ended before that was drawn."""
    return state if folder.has_picture(state.picture) else replace(state, picture="")
