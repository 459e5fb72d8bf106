"""Modulators of a live session, and the matrix from them to controls.

What a person set is the base and stays; what modulators add is laid over it for rendering, so that
both can be seen, and a stop leaves everything as it was set.
"""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET, Struct

from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, Number, Vector
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.events import MovementChanged
from taxiway.core.faults import with_line
from taxiway.core.modulator import Modulator
from taxiway.live.movement.tempo import MODES, Pace, Tempo
from taxiway.live.readers import UNWANTED_SECONDS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

TICK_SECONDS = 1 / 60
MODULATORS = 8
MOST_TARGETS = 64
Z_SPAN = 6.0
"""Of one number of z, which faders show from -3 to 3."""
COMMON: dict[str, AnyDataType] = {
    "seconds": Number(default=8, min=0.05, max=3600, description="For one round."),
    "unit": Category(one_of=("seconds", "beats"), description="What that counts."),
    "mode": Category(one_of=MODES, description="What comes after a round."),
    "phase": Number(default=0, min=0, max=1, step=0.01, description="Where it begins."),
}
"""The settings of every modulator, beside its own."""


class Running(Struct):
    """A modulator at work, and the controls that it moves, by how much of their range."""

    kind: str
    settings: Values
    modulator: Modulator
    pace: Pace
    targets: dict[str, float] = {}
    on: bool = True
    now: float = 0.0


class Movement:
    """Up to eight modulators of one session, the tempo, and one hold for all."""

    def __init__(self, session: "LiveSession") -> None:
        self._session = session
        self.tempo = Tempo(session.report, session.clock)
        self.modulators: dict[int, Running] = {}
        self.held = False
        self._moves = asyncio.Event()

    @property
    def goes_on(self) -> bool:
        """Whether any modulator moves a control."""
        return any(each.on and each.targets for each in self.modulators.values())

    @property
    def is_set_up(self) -> bool:
        """Whether anything here is not as it was at the start."""
        return bool(self.modulators) or self.held or self.tempo.bpm != 120

    def put(self, number: int, kind: str | None, settings: Mapping[str, Any], on: bool) -> None:
        """Set up a modulator, or change the one of that number: None leaves its kind.

        It begins anew. Raises InvalidArgument naming a setting, or NotFound listing the kinds.
        """
        check_number(number)
        old = self.modulators.get(number)
        kind = kind or (old.kind if old else "lfo")
        kept = old.settings if old is not None and old.kind == kind else {}
        found = kinds().find(kind)
        values = kinds().decode(kind, {**kept, **settings})
        if not 0.05 <= values["seconds"] <= 3600:
            raise InvalidArgument(
                f"'seconds' takes 0.05 to 3600, got {values['seconds']:g}.", "seconds"
            )
        running = Running(kind, values, _made(found, values), self._pace(values), on=on)
        running.targets = old.targets if old is not None else {}
        self.modulators[number] = running
        self._changed()

    def remove(self, number: int) -> None:
        """Take a modulator away, with all that it moves. Raises NotFound."""
        self._find(number)
        del self.modulators[number]
        self._changed()

    def route(self, number: int, control: str, amount: float) -> None:
        """Let a modulator move a control by up to `amount` of its range, -1 to 1; 0: no more.

        A control is a numeric input, one number of a vector (`z/3`), or `z`, which turns. Raises
        InvalidArgument or NotFound.
        """
        running = self._find(number)
        check_control(self._session.known, control)
        if not -1 <= amount <= 1:
            raise InvalidArgument(f"'amount' takes -1 to 1, got {amount:g}.", "amount")
        targets = {name: value for name, value in running.targets.items() if name != control}
        if amount:
            targets[control] = amount
        if len(targets) > MOST_TARGETS:
            raise InvalidArgument(f"A modulator moves up to {MOST_TARGETS} controls.", "control")
        running.targets = targets
        self._changed()

    def give(self, number: int, value: float) -> None:
        """What somebody sends to a modulator. Raises InvalidArgument or NotFound."""
        self._find(number).modulator.give(value)

    def hold(self, on: bool) -> None:
        """Keep everything that moves where it is, or let it go on."""
        self.held = on
        self._changed()
        self._session.timeline.announce()

    def stop(self) -> None:
        """Switch every modulator off; all controls are as they were set."""
        self.tempo.forget()
        if not self.held and not any(each.on for each in self.modulators.values()):
            return
        for running in self.modulators.values():
            running.on = False
        self.held = False
        self._changed()

    def changed(self) -> None:
        """Tell everyone how it stands, as after a tempo was set."""
        self._changed()

    async def run(self) -> None:
        """Move for ever."""
        session = self._session
        while True:
            while not self.goes_on:
                self._moves.clear()
                await self._moves.wait()
            while not session.wanted and self.goes_on:
                await session.until_wanted(UNWANTED_SECONDS)
            self._tick()
            await asyncio.sleep(TICK_SECONDS)

    def _tick(self) -> None:
        for number, running in self.modulators.items():
            u, rounds = running.pace.step(self.held)
            if running.on and not self.held:
                try:
                    running.now = float(np.clip(running.modulator.value(u, rounds), -1, 1))
                except Exception as error:
                    # Another package's may raise whatever it likes.
                    running.on = False
                    words = with_line(error, type(running.modulator))
                    self._session.report(f"Modulator {number} stopped: {words}.")
                    self._changed()
        self._lay()

    def _lay(self) -> None:
        """Lay what the modulators say over what is set."""
        session = self._session
        if session.command is None:
            return
        overlay = laid(session.command, session.controls.values(), self._amounts())
        before = session.controls.overlay
        if overlay.keys() != before.keys() or any(
            not np.array_equal(value, before[name]) for name, value in overlay.items()
        ):
            session.modulate(overlay)

    def _amounts(self) -> dict[str, float]:
        """How far each control is moved, in parts of its range."""
        amounts: dict[str, float] = {}
        for running in self.modulators.values():
            for control, amount in running.targets.items() if running.on else ():
                amounts[control] = amounts.get(control, 0.0) + amount * running.now
        return amounts

    def _pace(self, values: Values) -> Pace:
        clock = self.tempo.beats if values["unit"] == "beats" else self._session.clock
        return Pace(clock, values["seconds"], values["mode"], values["phase"])

    def _find(self, number: int) -> Running:
        check_number(number)
        if number not in self.modulators:
            raise NotFound(f"There is no modulator {number}; set it up first.")
        return self.modulators[number]

    def _changed(self) -> None:
        self._moves.set()
        if not self.goes_on:
            self._lay()
        self._session.events.emit(MovementChanged(self._session.spec.name))
        self._session.kept.keep_movement()


def check_number(number: int) -> None:
    """Raise InvalidArgument for what is no modulator's number."""
    if not 1 <= number <= MODULATORS:
        raise InvalidArgument(f"'number' takes 1 to {MODULATORS}, got {number}.", "number")


def check_control(command: Command, control: str) -> None:
    """Raise InvalidArgument for what cannot be moved."""
    if not is_control(command, control):
        raise InvalidArgument(
            f"'control' takes a number's name, z, or z/0, got '{control[:40]}'.", "control"
        )


def is_control(command: Command, control: str) -> bool:
    """Whether a modulator can move it."""
    name, _, place = control.partition("/")
    field = command.inputs.get(name)
    if isinstance(field, Number):
        return not place and name != "seed"
    is_place = place.isascii() and place.isdigit() and len(place) < 6
    return isinstance(field, Vector) and (
        (name == "z" and not place) or (is_place and int(place) < field.length)
    )


def laid(command: Command, base: Values, amounts: Mapping[str, float]) -> Values:
    """The values of the controls that are moved, from those that are set."""
    found: Values = {}
    for control, amount in amounts.items():
        if not is_control(command, control):
            continue  # of a model that had others, or of a scene
        name, _, place = control.partition("/")
        field = command.inputs.get(name)
        now = found.get(name, base.get(name))
        if isinstance(field, Number):
            moved = _number(field, field.default if now is None else now, amount)
            if moved is not None:
                found[name] = moved
        elif isinstance(field, Vector) and now is not None:
            found[name] = _vector(np.asarray(now, np.float32), place, amount)
    return found


def _number(field: Number, base: Any, amount: float) -> float | int | None:
    if base is None:
        return None
    is_bounded = field.min is not UNSET and field.max is not UNSET
    value = base + amount * ((field.max - field.min) if is_bounded else 1.0)  # type: ignore
    if is_bounded:
        value = min(max(value, field.min), field.max)
    return round(value) if field.whole is True else float(value)


def _vector(base: Any, place: str, amount: float) -> Any:
    """One number of it moved, or all of it turned towards a direction, which keeps its length."""
    moved = base.copy()
    if place:
        moved[..., int(place)] += amount * Z_SPAN
        return moved
    away = np.random.RandomState(1).standard_normal(base.shape[-1]).astype(np.float32)
    length = np.linalg.norm(base, axis=-1, keepdims=True)
    unit = base / np.where(length > 0, length, 1)
    away = away - (unit @ away)[..., None] * unit
    away /= np.linalg.norm(away, axis=-1, keepdims=True)
    angle = amount * np.pi / 2
    return (np.cos(angle) * base + np.sin(angle) * length * away).astype(np.float32)


class Kinds:
    """The kinds of modulators there are; `broken` has the sentences of those that fail to load."""

    def __init__(self) -> None:
        self.kinds: dict[str, type[Modulator]] = {}
        self.broken: dict[str, str] = {}
        for name in slots.members("modulators"):
            try:
                self.kinds[name] = slots.load("modulators", name)
            except TaxiwayError as error:
                self.broken[name] = str(error)

    def find(self, kind: str) -> type[Modulator]:
        """The kind of that name. Raises NotFound."""
        if kind not in self.kinds:
            there_are = ", ".join(self.kinds)
            raise NotFound(f"No modulator named '{kind[:40]}'. There are: {there_are}.")
        return self.kinds[kind]

    def declaration(self, kind: str) -> Command:
        """Its settings, as the inputs of a command."""
        return Command(name=kind, inputs={**self.find(kind).settings, **COMMON}, outputs={})

    def decode(self, kind: str, settings: Mapping[str, Any]) -> Values:
        """The values of its settings: those given, else their defaults. Raises InvalidArgument."""
        declared = self.declaration(kind)
        if unknown := declared.unknown(settings):
            there_are = ", ".join(declared.inputs)
            raise InvalidArgument(
                f"'{kind}' has no '{unknown[0][:40]}'; it has {there_are}.", unknown[0]
            )
        return declared.decode(settings)


@cache
def kinds() -> Kinds:
    """Every kind, loaded once."""
    return Kinds()


def _made(kind: type[Modulator], values: Values) -> Modulator:
    try:
        return kind(values)
    except TaxiwayError:
        raise
    except Exception as error:
        raise InvalidArgument(f"{with_line(error, kind)}.") from None
