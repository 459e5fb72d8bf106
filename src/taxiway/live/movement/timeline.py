"""A timeline: whole states in a row, each with the time that it takes to come there.

It is played like a fade after a fade, scrubbed by hand, and written as a session, of which
`taxiway replay` makes a film frame by frame.
"""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from taxiway.core.command import Command
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import PresetsChanged
from taxiway.core.session_file import change_line, head_line
from taxiway.live.controls import begun
from taxiway.live.movement.fade import CURVES, LONGEST_SECONDS, Path, paths_between
from taxiway.live.movement.tempo import Pace
from taxiway.live.presets.state import State, captured, news
from taxiway.live.readers import UNWANTED_SECONDS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

TICK_SECONDS = 1 / 60
MOST_KEYS = 64
MOST_FRAMES = 100_000
SOURCE = "timeline"
Legs = list[tuple["Key", dict[str, Path]]]
"""Each key that is come to, with the way there from the one before."""


class Key(Struct, frozen=True, kw_only=True):
    """A state, and how one comes there from the one before: of the first only in a loop."""

    state: State
    seconds: float = 4.0
    curve: str = "smooth"


class Timeline:
    """That of one session. A hand that moves something while it plays ends it there."""

    def __init__(self, session: "LiveSession") -> None:
        self.keys: list[Key] = []
        self.loops = False
        self._session = session
        self._task: asyncio.Task[None] | None = None
        self._known: tuple[object, bool, object, Legs] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it plays."""
        return self._task is not None and not self._task.done()

    @property
    def seconds(self) -> float:
        """How long it takes, once."""
        return sum(key.seconds for key in self._legs_to())

    def add(self, seconds: float, curve: str) -> None:
        """Put what is played at the end, as a whole state. Raises InvalidArgument, Unavailable."""
        if len(self.keys) >= MOST_KEYS:
            raise InvalidArgument(f"A timeline has up to {MOST_KEYS} keys.")
        state = captured(self._session.known, self._session.controls)
        key = checked(Key(state=state, seconds=seconds, curve=curve))
        pictured = msgspec.structs.replace(key, state=self._session.kept.pictured(state))
        self._put([*self.keys, pictured])

    def change(self, index: int, seconds: float | None, curve: str | None) -> None:
        """Give a key, from 1, another time or curve. Raises InvalidArgument."""
        key = self._at(index)
        news = {"seconds": seconds, "curve": curve}
        given = {name: value for name, value in news.items() if value is not None}
        changed = checked(msgspec.structs.replace(key, **given))
        self._put([*self.keys[: index - 1], changed, *self.keys[index:]])

    def remove(self, index: int) -> None:
        """Take a key away, from 1; 0 is all of them. Raises InvalidArgument."""
        gone = self.keys if index == 0 else [self._at(index)]
        self._put([] if index == 0 else [*self.keys[: index - 1], *self.keys[index:]])
        for key in gone:
            self._session.kept.forget(key.state)

    def loop(self, on: bool) -> None:
        """Let it go from the last key to the first, and on."""
        self.loops = on
        self._put(self.keys)

    def play(self, at: float = 0.0) -> None:
        """Play from that many seconds on. Raises InvalidArgument for fewer than two keys."""
        total = self.check()
        self.end()
        self._session.live_walk.end()
        self._session.fade.end()
        clock = self._session.clock
        pace = Pace(clock, total, "loop" if self.loops else "once", max(at, 0.0) / total)
        self._task = asyncio.create_task(self._go(pace, total))
        self._task.add_done_callback(lambda task: self._announce())
        self._announce()

    def scrub(self, at: float) -> None:
        """Show how it is at that many seconds. Raises InvalidArgument for fewer than two keys."""
        total = self.check()
        self.end()
        self._session.live_walk.end()
        self._session.set(self.values(min(max(at, 0.0), total)), begun(SOURCE))

    def end(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def values(self, at: float) -> Mapping[str, Any]:
        """What is set at that many seconds of it, by name; None is an input's default."""
        return values_at(self._legs(), at)

    def session_lines(self, fps: float) -> Iterator[bytes]:
        """A session that plays it once, a change a frame, to be filmed.

        Raises InvalidArgument for fewer than two keys, or more than 100,000 frames.
        """
        total = self.check()
        frames = max(round(total * fps), 1)
        if frames > MOST_FRAMES:
            raise InvalidArgument(f"A session has up to {MOST_FRAMES} frames, this one {frames}.")
        count = frames if self.loops else frames + 1
        return _lines(self._session.known.name, self._legs(), count, fps, total)

    async def _go(self, pace: Pace, total: float) -> None:
        session, source = self._session, begun(SOURCE)
        while True:
            u, _ = pace.step(session.movement.held)
            session.set(self.values(u * total), source)
            ours = session.controls.version
            if pace.is_over:
                return
            await asyncio.sleep(TICK_SECONDS)
            while not session.wanted:
                await session.until_wanted(UNWANTED_SECONDS)
            entries = session.controls.entries.values()
            if any(each.version > ours and each.source != source for each in entries):
                return

    def _legs_to(self) -> list[Key]:
        return self.keys if self.loops else self.keys[1:]

    def _legs(self) -> Legs:
        """The legs of the keys that there are, made once for them."""
        command, known = self._session.known, self._known
        is_same = known is not None and known[0] is self.keys and known[2] is command
        if known is None or not is_same or known[1] != self.loops:
            known = self._known = (self.keys, self.loops, command, self._made(command))
        return known[3]

    def _made(self, command: Command) -> Legs:
        keys = [*self.keys, self.keys[0]] if self.loops else self.keys
        names = {name for key in keys for name in key.state.values if name in command.inputs}
        ends = [news(key.state, command, names) for key in keys]
        found = []
        for after, (begin, end) in zip(keys[1:], pairwise(ends), strict=True):
            still = {name: _still(value) for name, value in end.items()}
            found.append((after, {**still, **paths_between(command, begin, end)}))
        return found

    def check(self) -> float:
        """How long it takes. Raises InvalidArgument for fewer than two keys."""
        if len(self.keys) < 2:
            raise InvalidArgument(f"A timeline takes two keys or more, got {len(self.keys)}.")
        return self.seconds

    def _at(self, index: int) -> Key:
        if not 1 <= index <= len(self.keys):
            has = f"1 to {len(self.keys)}" if self.keys else "none yet"
            raise InvalidArgument(f"'key' takes {has}, got {index}.", "key")
        return self.keys[index - 1]

    def _put(self, keys: list[Key]) -> None:
        self.keys = keys
        self._announce()

    def _announce(self) -> None:
        self._session.events.emit(PresetsChanged(self._session.spec.name))


def values_at(legs: Legs, at: float) -> Mapping[str, Any]:
    """What is set at that many seconds along some legs."""
    for key, paths in legs:
        if at < key.seconds:
            way = CURVES[key.curve](at / key.seconds)
            return {name: path(way) for name, path in paths.items()}
        at -= key.seconds
    _, paths = legs[-1]
    return {name: path(1.0) for name, path in paths.items()}


def _lines(command: str, legs: Legs, count: int, fps: float, total: float) -> Iterator[bytes]:
    yield head_line(command)
    for frame in range(count):
        yield change_line(frame / fps, values_at(legs, min(frame / fps, total)))
    yield change_line(max(total, (count - 1) / fps), {})


def checked(key: Key) -> Key:
    """A key whose time and curve are some. Raises InvalidArgument."""
    if not 0.05 <= key.seconds <= LONGEST_SECONDS:
        raise InvalidArgument(
            f"'seconds' takes 0.05 to {LONGEST_SECONDS}, got {key.seconds:g}.", "seconds"
        )
    return key


def _still(value: Any) -> Path:
    return lambda way: value
