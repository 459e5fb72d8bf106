"""Named values that many hands change: newest wins, and nothing of the past is kept."""

import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Set
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from msgspec import Struct

from taxiway.core.command import Values
from taxiway.core.frame import Mark

Origin = dict[str, Any]
"""Where a vector comes from: a seed, or a point of the latent map."""

QUERY = "query"
"""Whoever asked, as a source of changes."""

_player: ContextVar[Hashable] = ContextVar("player", default=None)
# Whatever waits for a beat, or goes on as a task, takes it along.


class Mover(Struct, frozen=True):
    """What moves controls by itself, such as a fade, and who began it, as a source of changes."""

    what: str
    player: Hashable = None


@contextmanager
def playing(player: Hashable) -> Iterator[None]:
    """Let what is begun meanwhile, and goes on by itself, be this player's."""
    token = _player.set(player)
    try:
        yield
    finally:
        _player.reset(token)


def begun(what: str) -> Mover:
    """What begins now to move by itself, as a source of changes: its player's who is `playing`."""
    return Mover(what, _player.get())


class Entry(Struct, frozen=True):
    """A value (None: unset), the version that set it, who did, where a vector comes from, when."""

    value: Any
    version: int
    source: Hashable = None
    origin: Origin | None = None
    at: float = 0.0


class Snapshot(Struct, frozen=True):
    """All values at one version; `merged` changes were overtaken since the snapshot before."""

    values: Values
    version: int
    marks: dict[Hashable, Mark]
    merged: int


class Controls:
    """The current values of one command, on one event loop.

    `one_of` names values that exclude each other (z, w): to set one unsets the others. Every
    change counts `version` up and calls `on_change`. What moves by itself is laid over them in
    `overlay`, and leaves them alone.
    """

    def __init__(
        self,
        on_change: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.version = 0
        self.changed_at = -1e9
        self.one_of: tuple[str, ...] = ()
        self.entries: dict[str, Entry] = {}
        self.overlay: Values = {}
        self._marks: dict[Hashable, Mark] = {}
        self._changes = 0
        self._on_change = on_change
        self._followers: list[Callable[[Mapping[str, Any], float], None]] = []
        self._clock = clock

    def set(
        self,
        values: Mapping[str, Any],
        source: Hashable = None,
        mark: Mark | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Replace some values in one change; None unsets. `mark` is the source's name for it."""
        self.version += 1
        self._changes += 1
        self.changed_at = self._clock()
        excluded = dict.fromkeys(self._excluded(values))
        for name in excluded:
            self.entries[name] = Entry(None, self.version, source, None, self.changed_at)
        for name, value in values.items():
            self.entries[name] = Entry(value, self.version, source, origin, self.changed_at)
        if mark is not None:
            self._marks[source] = mark
        told = {**excluded, **values}
        self._tell({name: told[name] for name in told if name not in self.overlay})

    def modulate(self, overlay: Values) -> None:
        """Lay values over what is set, in place of those laid before: a snapshot has them."""
        self.version += 1
        self.changed_at = self._clock()
        gone = self.overlay.keys() - overlay.keys()
        self.overlay = overlay
        now = self.values()
        self._tell({**{name: now.get(name) for name in gone}, **overlay})

    def _tell(self, values: Mapping[str, Any]) -> None:
        for follower in tuple(self._followers):
            follower(values, self.changed_at)
        self._on_change()

    def follow(self, follower: Callable[[Mapping[str, Any], float], None]) -> Callable[[], None]:
        """Call `follower` with what every change shows, and when; the result stops that."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def forget(self, source: Hashable) -> None:
        """Drop the mark of a source that has gone; its values stay."""
        self._marks.pop(source, None)

    def values(self) -> Values:
        """What is set, by name."""
        return {
            name: entry.value for name, entry in self.entries.items() if entry.value is not None
        }

    @property
    def marks(self) -> dict[Hashable, Mark]:
        """The newest mark of each source."""
        return dict(self._marks)

    def snapshot(self) -> Snapshot:
        """What is set now, for rendering; begins to count merged changes anew."""
        merged, self._changes = max(self._changes - 1, 0), 0
        return Snapshot({**self.values(), **self.overlay}, self.version, self.marks, merged)

    def since(self, version: int, source: Hashable) -> dict[str, Entry]:
        """What others than `source` changed after `version`."""
        return {
            name: entry
            for name, entry in self.entries.items()
            if entry.version > version and entry.source != source
        }

    def moved_since(self, at: float) -> Set[str]:
        """What hands have moved after that time, with what it excludes; what moves by itself, and
        what queries left here, is no hand's."""
        moved = {name for name, entry in self.entries.items() if entry.at > at and _by_hand(entry)}
        # A seed is another word for z.
        return moved if moved.isdisjoint(self.one_of) else moved.union(self.one_of, ["seed"])

    def resting(self) -> float:
        """Seconds since the last change."""
        return self._clock() - self.changed_at

    def _excluded(self, values: Mapping[str, Any]) -> list[str]:
        if not any(values.get(name) is not None for name in self.one_of):
            return []
        return [name for name in self.one_of if name not in values and name in self.entries]


def _by_hand(entry: Entry) -> bool:
    return not isinstance(entry.source, Mover) and entry.source not in (None, QUERY)


def name_of(source: Hashable) -> str:
    """Who changed something, as people read it: a page of the studio has a number."""
    if isinstance(source, Mover):
        whose = name_of(source.player)
        return f"{source.what} of {whose}" if whose else source.what
    return f"page {source}" if isinstance(source, int) else str(source or "")
