"""A timeline: whole states in a row, each with the time that it takes to come there.

It is played like a fade after a fade, scrubbed by hand, and written as a session, of which
`taxiway replay` makes a film frame by frame. What hands do while it plays armed lies over the
states as tracks.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping
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
from taxiway.live.movement.recording import Recording
from taxiway.live.movement.tempo import Pace
from taxiway.live.movement.tracks import Track, player, seconds_of
from taxiway.live.presets.state import State, captured, news
from taxiway.live.readers import UNWANTED_SECONDS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

TICK_SECONDS = 1 / 60
MOST_KEYS = 64
MOST_FRAMES = 100_000
RECORDED_SECONDS = 600.0
"""What is recorded at most where no states say how long it is."""
SOURCE = "timeline"
Legs = list[tuple["Key", dict[str, Path]]]
"""Each key that is come to, with the way there from the one before."""


class Key(Struct, frozen=True, kw_only=True):
    """A state, and how one comes there from the one before: of the first only in a loop."""

    state: State
    seconds: float = 4.0
    curve: str = "smooth"


class Score(Struct, frozen=True):
    """What is played: `still` is all that one key alone says; tracks have where they begin."""

    legs: Legs
    still: Mapping[str, Any]
    tracks: Mapping[str, tuple[float, Callable[[float], Any]]]
    one_of: tuple[str, ...]

    def values(self, at: float) -> dict[str, Any]:
        """What is set at that many seconds, by name; None is an input's default."""
        found = {**self.still, **(values_at(self.legs, at) if self.legs else {})}
        for name, (begin, value) in self.tracks.items():
            if at >= begin:
                excluded = self.one_of if name in self.one_of else ()
                found = {each: found[each] for each in found if each not in excluded}
                found[name] = value(at)
        return found


class Timeline:
    """That of one session. A hand that moves something while it plays ends it there, or, where it
    is armed, is recorded."""

    def __init__(self, session: "LiveSession") -> None:
        self.keys: list[Key] = []
        self.tracks: dict[str, Track] = {}
        self.loops = False
        self.armed = False
        self.at = 0.0
        """The seconds of it that were shown last."""
        self._session = session
        self._task: asyncio.Task[None] | None = None
        self._known: tuple[tuple[object, ...], Score] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it plays."""
        return self._task is not None and not self._task.done()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.keys or self.tracks)

    @property
    def seconds(self) -> float:
        """How long it takes, once."""
        return max(sum(key.seconds for key in self._legs_to()), seconds_of(self.tracks))

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

    def move(self, index: int, to: int) -> None:
        """Put a key, from 1, in the place of another. Raises InvalidArgument."""
        key = self._at(index)
        self._at(to, "to")
        others = [*self.keys[: index - 1], *self.keys[index:]]
        self._put([*others[: to - 1], key, *others[to - 1 :]])

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

    def arm(self, on: bool) -> None:
        """Record what hands move while it plays, from now on, or no more."""
        self.armed = on
        self.announce()

    def erase(self, control: str) -> None:
        """Take away what was recorded of a control, or, for "", all. Raises InvalidArgument."""
        if control and control not in self.tracks:
            raise InvalidArgument(f"Nothing is recorded of '{control[:40]}'.", "control")
        kept = {name: track for name, track in self.tracks.items() if name != control}
        self.tracks = kept if control else {}
        self._changed()

    def restore(self, keys: list[Key], tracks: dict[str, Track], loops: bool) -> None:
        """Have what was kept, where there is nothing yet."""
        if self.is_empty:
            self.keys, self.tracks, self.loops = keys, tracks, loops

    def put(self, keys: list[Key], tracks: dict[str, Track], loops: bool) -> None:
        """Have another timeline, at rest, in place of this one."""
        self.end()
        old, self.tracks, self.loops = self.keys, tracks, loops
        self._put(keys)
        for key in old:
            self._session.kept.forget(key.state)

    def play(self, at: float = 0.0) -> None:
        """Play from that many seconds on. Raises InvalidArgument where there is nothing to play."""
        total, is_open = self._length()
        self.end()
        self._session.live_walk.end()
        self._session.fade.end()
        clock, mode = self._session.clock, "loop" if self.loops and not is_open else "once"
        pace = Pace(clock, total, mode, max(at, 0.0) / total)
        self._task = asyncio.create_task(self._go(pace, total))
        self._task.add_done_callback(lambda task: self.announce())
        self.at = max(at, 0.0)
        self.announce()

    def _length(self) -> tuple[float, bool]:
        """How long it is played, and whether that is until somebody stops it."""
        is_open = self.armed and len(self.keys) < 2
        return (RECORDED_SECONDS, True) if is_open else (self.check(), False)

    def scrub(self, at: float) -> None:
        """Show how it is at that many seconds. Raises InvalidArgument as `play` does."""
        total = self.check()
        self.end()
        self._session.live_walk.end()
        self.at = min(max(at, 0.0), total)
        self._session.set(self.values(self.at), begun(SOURCE))

    def end(self) -> None:
        """Stop where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def values(self, at: float) -> Mapping[str, Any]:
        """What is set at that many seconds of it, by name; None is an input's default."""
        return self._score().values(at)

    def session_lines(self, fps: float) -> Iterator[bytes]:
        """A session that plays it once, a change a frame, to be filmed.

        Raises InvalidArgument where there is nothing to play, or for more than 100,000 frames.
        """
        total = self.check()
        frames = max(round(total * fps), 1)
        if frames > MOST_FRAMES:
            minutes = MOST_FRAMES / fps / 60
            raise InvalidArgument(
                f"At {fps:g} frames a second a timeline of up to {minutes:.0f} minutes can be "
                f"filmed, and this one takes {total / 60:.0f}."
            )
        count = frames if self.loops else frames + 1
        return _lines(self._session.known.name, self._score(), count, fps, total)

    async def _go(self, pace: Pace, total: float) -> None:
        session, source = self._session, begun(SOURCE)
        recording, round_now = Recording(session.controls, session.known), 0
        try:
            while True:
                u, rounds = pace.step(session.movement.held)
                if rounds != round_now:
                    round_now = rounds
                    self._record(recording)
                at = u * total
                ours = self._show(at, recording, source)
                if pace.is_over:
                    return
                await asyncio.sleep(TICK_SECONDS)
                while not session.wanted:
                    await session.until_wanted(UNWANTED_SECONDS)
                entries = session.controls.entries.items()
                others = [
                    name for name, each in entries if each.version > ours and each.source != source
                ]
                if others and not self.armed:
                    return
                recording.touch(others)
        finally:
            self._record(recording)

    def _show(self, at: float, recording: Recording, source: Hashable) -> int:
        """Set what hands do not have, keep what they have; the controls' version after that."""
        held = set(recording.held)
        values = {name: value for name, value in self.values(at).items() if name not in held}
        if excluded := held.intersection(self._session.controls.one_of):
            others = set(self._session.controls.one_of) - excluded
            values = {name: value for name, value in values.items() if name not in others}
        if values:
            self._session.set(values, source)
        recording.sample(at)
        self.at = at
        return self._session.controls.version

    def _record(self, recording: Recording) -> None:
        if recording.held:
            self.tracks = recording.end(self.tracks)
            self._changed()

    def _legs_to(self) -> list[Key]:
        return self.keys if self.loops else self.keys[1:]

    def _score(self) -> Score:
        """What is played of the keys and tracks that there are, made once for them.

        Raises InvalidArgument for those of a model of another shape.
        """
        command = self._session.known
        now = (self.keys, self.tracks, self.loops, command)
        if self._known is None or any(a is not b for a, b in zip(self._known[0], now, strict=True)):
            self._known = now, self._made(command)
        return self._known[1]

    def _made(self, command: Command) -> Score:
        keys = [*self.keys, self.keys[0]] if self.loops and self.keys else self.keys
        names = {name for key in keys for name in key.state.values if name in command.inputs}
        ends = [news(key.state, command, names) for key in keys]
        legs = []
        for after, (begin, end) in zip(keys[1:], pairwise(ends), strict=True):
            still = {name: _still(value) for name, value in end.items()}
            legs.append((after, {**still, **paths_between(command, begin, end)}))
        tracks = {
            name: (track.points[0][0], player(track, name, command))
            for name, track in self.tracks.items()
            if name in command.inputs
        }
        return Score(legs, ends[0] if ends else {}, tracks, self._session.controls.one_of)

    def check(self) -> float:
        """How long it takes. Raises InvalidArgument where there is nothing to play."""
        if len(self.keys) < 2 and not self.tracks:
            raise InvalidArgument(f"A timeline takes two keys or more, got {len(self.keys)}.")
        self._score()
        return max(self.seconds, TICK_SECONDS)

    def _at(self, index: int, name: str = "key") -> Key:
        if not 1 <= index <= len(self.keys):
            has = f"1 to {len(self.keys)}" if self.keys else "none yet"
            raise InvalidArgument(f"'{name}' takes {has}, got {index}.", name)
        return self.keys[index - 1]

    def _put(self, keys: list[Key]) -> None:
        self.keys = keys
        self._changed()

    def _changed(self) -> None:
        self._session.kept.keep_timeline()
        self.announce()

    def announce(self) -> None:
        """Tell everyone how it stands."""
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


def _lines(command: str, score: Score, count: int, fps: float, total: float) -> Iterator[bytes]:
    yield head_line(command)
    for frame in range(count):
        yield change_line(frame / fps, score.values(min(frame / fps, total)))
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
