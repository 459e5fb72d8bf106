"""From one whole state to another in a time: z over the sphere, other numbers straight."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET

from taxiway.core.command import Command
from taxiway.core.datatypes import Number, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import PresetsChanged
from taxiway.latent import walk
from taxiway.live.controls import begun
from taxiway.live.presets.state import State, held, news

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

TICK_SECONDS = 1 / 60
LONGEST_SECONDS = 3600
SOURCE = "fade"
Curve = Callable[[float], float]
CURVES: dict[str, Curve] = {
    "smooth": lambda u: u * u * (3 - 2 * u),
    "even": lambda u: u,
    "in": lambda u: u * u,
    "out": lambda u: u * (2 - u),
}
"""How far a fade is, 0 to 1, at the part u of its time."""

Path = Callable[[float], Any]
"""The value of one input, from 0 to 1."""


class Fade:
    """At most one fade over a session. A hand that moves a control meanwhile keeps it."""

    def __init__(self, session: "LiveSession") -> None:
        self.seconds, self.curve = 0.0, "smooth"
        self._session = session
        self._task: asyncio.Task[None] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it is under way."""
        return self._task is not None and not self._task.done()

    def usually(self, seconds: float | None, curve: str | None) -> None:
        """Set what fades take where nothing is said; None leaves it. Raises InvalidArgument."""
        self.seconds = self.seconds if seconds is None else checked(seconds)
        self.curve = curve or self.curve
        self._announce()

    def begin(self, state: State, seconds: float | None = None, curve: str | None = None) -> None:
        """Go to a state, from where everything is now; at once for 0 seconds.

        Raises InvalidArgument for a state of a model of another shape, Unavailable before the
        model was set up.
        """
        seconds = self.seconds if seconds is None else checked(seconds)
        session = self._session
        wanted = news(state, session.known, held(session.known, session.controls))
        self.end()
        if {"z", "w"} & wanted.keys():
            session.live_walk.end()
        if seconds < TICK_SECONDS:
            session.set(wanted, begun(SOURCE), origin=state.origin)
            return
        began = session.clock()

        def part() -> float:
            return min((session.clock() - began) / seconds, 1.0)

        self._task = asyncio.create_task(self._go(state, wanted, part, CURVES[curve or self.curve]))
        self._task.add_done_callback(lambda task: self._announce())
        self._announce()

    def end(self) -> None:
        """Stay where it is."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _announce(self) -> None:
        self._session.events.emit(PresetsChanged(self._session.spec.name))

    async def _go(
        self, state: State, wanted: dict[str, Any], part: Callable[[], float], curve: Curve
    ) -> None:
        session, source = self._session, begun(SOURCE)
        paths = paths_between(session.known, session.controls.values(), wanted)
        ours: dict[str, int] = {}
        while True:
            entries = session.controls.entries
            for name, version in ours.items():
                if entries[name].version != version:
                    paths.pop(name, None)
            u = part()
            last = {name: wanted[name] for name in paths} if u == 1 else None
            values = last or {name: path(curve(u)) for name, path in paths.items()}
            session.set(values, source, origin=state.origin if last else None)
            ours = {name: session.controls.entries[name].version for name in paths}
            if u == 1 or not paths:
                return
            await asyncio.sleep(TICK_SECONDS)


def checked(seconds: float) -> float:
    """The time of a fade. Raises InvalidArgument."""
    if not 0 <= seconds <= LONGEST_SECONDS:
        raise InvalidArgument(
            f"'seconds' takes 0 to {LONGEST_SECONDS}, got {seconds:g}.", "seconds"
        )
    return seconds


def paths_between(command: Command, now: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Path]:
    """A path for each input that is to change; what has no way between jumps in the middle."""
    paths = {}
    for name, end in wanted.items():
        field, begin = command.inputs[name], now.get(name)
        if np.array_equal(np.asarray(begin), np.asarray(end)):
            continue
        paths[name] = _jump(begin, end)
        fallback = None if name in command.needs_one_of else field.fallback
        ends = [fallback if value is None else value for value in (begin, end)]
        if any(value is None or value is UNSET for value in ends):
            continue
        if isinstance(field, Vector):
            paths[name] = vector_path(name, *(np.asarray(value, np.float64) for value in ends))
        elif isinstance(field, Number) and not field.whole:
            paths[name] = _straight(*ends)
    return paths


def _jump(begin: Any, end: Any) -> Path:
    return lambda u: begin if u < 0.5 else end


def _straight(begin: Any, end: Any) -> Path:
    return lambda u: begin + (end - begin) * u


def vector_path(name: str, begin: Any, end: Any) -> Path:
    """The way between [length] or [rows, length], of which one row stands for all."""
    begin, end = np.broadcast_arrays(begin, end)
    if name == "z":
        return lambda u: walk.between(begin, end, np.asarray(u)).astype(np.float32)
    return lambda u: ((1 - u) * begin + u * end).astype(np.float32)
