"""The mapping of a live session at work: signals in, addresses moved (docs/mapping.md).

A signal is a number with a name: a knob, a fader, a key, how loud it is. Whatever hears hardware,
be it the OSC server or a page, says it here; a binding says what it moves.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.live.mapping import bindings as files
from taxiway.live.mapping.bindings import (
    LARGEST,
    LONGEST_NAME,
    TICKS,
    Binding,
    guessed_relative,
    ticks,
)
from taxiway.live.mapping.feedback import Feedback
from taxiway.live.mapping.targets import (
    arguments,
    current,
    guessed,
    is_pressed,
    kind_of,
    pressable,
    reach,
    source_of,
)
from taxiway.live.messages.addresses import Address, NoSuchAddress
from taxiway.live.messages.moves import Message

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

Signal = tuple[str, float]

TICK_SECONDS = 1 / 60
STREAMS = ("audio:", "face:", "midi:tempo", "midi:beat")
"""What comes by itself all the time: it is chosen by name, not by being heard."""
AGAIN_SECONDS = 1.0
"""After so long the same number is said anew, as by a button without a release."""
MOST_HEARD = 64
"""Signals that are remembered, the newest."""
MOST_GUESSED = 24
"""Moves of a knob that was just learnt, by which its kind is guessed."""
CLOSE = 0.02
"""Of what it gives: how near a knob has to come to the value to pick it up."""
ARRIVED = 1e-3
"""Of what it gives: how near a smoothed value has to come to be there."""


class Heard(Struct):
    """What a signal was last, who gave it, and when, in seconds of the session's clock."""

    value: float
    by: str
    at: float


class State(Struct):
    """How a binding does: whether it is pressed, what it gave last, where its knob is, which way to
    turn that until it picks the value up, and where a smoothed value goes."""

    pressed: bool = False
    gave: float | None = None
    knob: float | None = None
    turn: str = ""
    target: float | None = None


class SignalMapping:
    """The bindings of one session; `open` reads them from a file, in which changes are kept."""

    def __init__(self, session: "LiveSession") -> None:
        self._session = session
        self.path: Path | None = None
        self.error = ""
        """Why the file cannot be used, in a sentence."""
        self.said = ""
        """What was refused last, in a sentence."""
        self.bindings: list[Binding] = []
        self.learning: list[str] = []
        """Addresses that wait for a signal each."""
        self.heard: dict[str, Heard] = {}
        self._learnt: dict[str, list[float]] = {}
        self._states: dict[Binding, State] = {}
        self._glide: asyncio.Task[None] | None = None
        self.feedback = Feedback(session, self)

    def open(self, path: Path) -> None:
        """Take the bindings of a file; one that makes no sense is left as it is, and said."""
        self.path = path
        try:
            self.bindings, self.error = files.read(path), ""
        except InvalidArgument as error:
            self.error = str(error)

    def change(self, bindings: Sequence[Binding]) -> None:
        """Have other bindings, and keep them. Raises InvalidArgument."""
        if self.error:
            raise InvalidArgument(self.error)
        if self.path is not None:
            files.write(self.path, bindings)
        self.bindings = list(bindings)
        self._states = {each: self._states[each] for each in bindings if each in self._states}
        self.feedback.look()

    def learn(self, addresses: Sequence[str]) -> None:
        """Let the next signals move these, one each; none ends it.

        Raises InvalidArgument for what no number moves, or NoSuchAddress.
        """
        for address in addresses:
            reach(self._session.addresses.find(address), address)
        self.learning, self._learnt, self.said = list(addresses), {}, ""

    def choose(self, name: str) -> None:
        """Let the signal of a name move what waits for one. Raises InvalidArgument."""
        if not self.learning:
            raise InvalidArgument("No control waits for a signal.")
        if not 2 <= len(name) <= LONGEST_NAME:
            raise InvalidArgument(f"A signal has a name of 2 to {LONGEST_NAME} letters.")
        self._learn(name, 1.0)

    def hear(self, signals: Iterable[Signal], by: str) -> None:
        """Do what some signals mean, in their order."""
        for name, value in signals:
            if abs(value) <= LARGEST:
                self._hear(name, value, by)

    def takes(self, name: str) -> bool:
        """Whether a signal of that name does something."""
        return bool(self.learning) or any(each.signal == name for each in self.bindings)

    def turn(self, binding: Binding) -> str:
        """Where to turn a knob that has not picked up its value: `up`, `down` or nothing."""
        return self._state(binding).turn

    def stop(self) -> None:
        """Let nothing glide on."""
        if self._glide is not None:
            self._glide.cancel()

    def notice(self, name: str, value: float, by: str) -> bool:
        """Remember what came in, for people to choose from; whether it is news.

        A key that is let go is none, nor what says the same again and again.
        """
        if not (abs(value) <= LARGEST and 2 <= len(name) <= LONGEST_NAME):
            return False
        known, now = self.heard.pop(name, None), self._session.clock()
        self.heard[name] = Heard(value, by, now)
        if len(self.heard) > MOST_HEARD:
            del self.heard[next(iter(self.heard))]
        is_other = known is None or known.value != value or now - known.at > AGAIN_SECONDS
        return is_other and value != 0

    def _hear(self, name: str, value: float, by: str) -> None:
        is_moved = self.notice(name, value, by) and not name.startswith(STREAMS)
        if self.learning and is_moved and name not in self._learnt:
            self._refusing(partial(self._learn, name, value))
        if name in self._learnt:
            self._refusing(partial(self._guess, name, value))
        for binding in self.bindings:
            if binding.signal == name:
                self._refusing(partial(self._move, binding, value))

    def _learn(self, name: str, value: float) -> None:
        to = self.learning.pop(0)
        self._learnt[name] = []
        address = self._session.addresses.find(to)
        binding = guessed(name, value, to, address)
        self.change([*(each for each in self.bindings if each.to != to), binding])

    def _guess(self, name: str, value: float) -> None:
        """A knob that was just learnt moves on, by which one sees whether it is an encoder."""
        values = self._learnt[name]
        if kind_of(name) != "cc" or len(values) >= MOST_GUESSED:
            return
        values.append(value)
        relative = guessed_relative(values)
        found = [
            msgspec.structs.replace(each, relative=relative, pickup=False)
            if each.signal == name and relative
            else each
            for each in self.bindings
        ]
        if found != self.bindings:
            self.change(found)

    def _move(self, binding: Binding, incoming: float) -> None:
        address = self._session.addresses.find(binding.to)
        state = self._state(binding)
        was_pressed, state.pressed = state.pressed, is_pressed(binding, incoming)
        if binding.relative:
            self._turn(binding, state, address, ticks(binding.relative, incoming))
            return
        if pressable(binding, address):
            if state.pressed and not was_pressed:
                self._press(binding, address)
            return
        value = binding.value(incoming)
        if binding.pickup and not self._picked_up(binding, state, address, value):
            return
        if address.is_trigger:
            value = round(value) if address.types[:1] == "i" else value
            if value != state.gave:
                self._give(binding, address, value)
        elif not binding.smoothing:
            self._give(binding, address, value)
        else:
            self._glide_to(binding, address, value)

    def _turn(self, binding: Binding, state: State, address: Address, by: int) -> None:
        """An encoder was turned: from where the value is, or goes, by so many ticks."""
        if pressable(binding, address):
            if by > 0:
                self._press(binding, address)
            return
        start, end = binding.gives
        now = current(self._session, address, binding.to)
        before = start if now is None else now
        if state.target is not None:
            before = state.target
        elif state.gave is not None and not self._is_moved(binding, state, address, before):
            before = state.gave  # of which a whole number has lost a part
        value = min(max(before + by * (end - start) / TICKS, min(start, end)), max(start, end))
        if binding.smoothing:
            self._glide_to(binding, address, value)
        else:
            self._give(binding, address, value)

    def _glide_to(self, binding: Binding, address: Address, value: float) -> None:
        state = self._state(binding)
        if state.target is None:
            state.gave = current(self._session, address, binding.to)
        state.target = value
        if self._glide is None or self._glide.done():
            self._glide = asyncio.create_task(self._go())

    def _press(self, binding: Binding, address: Address) -> None:
        """Do what a trigger does, or give the other end."""
        start, end = binding.gives
        if binding.curve == "toggle":
            before = current(self._session, address, binding.to)
            end = start if before is not None and abs(before - end) < abs(before - start) else end
        self._perform(binding, address, end)

    def _picked_up(self, binding: Binding, state: State, address: Address, value: float) -> bool:
        """Whether the knob is where the value was left by others, or has passed it."""
        before, knob, state.knob = current(self._session, address, binding.to), state.knob, value
        state.turn = ""
        if before is None or not self._is_moved(binding, state, address, before):
            return True
        # What is beyond the ends is picked up there, or the knob would never come to it.
        before = min(max(before, min(binding.gives)), max(binding.gives))
        is_close = abs(value - before) <= CLOSE * _span(binding)
        has_passed = knob is not None and (knob - before) * (value - before) <= 0
        if not (is_close or has_passed):
            is_up = (before > value) == (binding.gives[1] > binding.gives[0])
            state.turn = "up" if is_up else "down"
        return is_close or has_passed

    @staticmethod
    def _is_moved(binding: Binding, state: State, address: Address, now: float) -> bool:
        """Whether others have moved the value since the binding did."""
        rounding = 0.5 if address.types[:1] in ("i", "s") else 1e-4 * _span(binding)
        return state.gave is None or abs(now - state.gave) > rounding + 1e-6 * abs(now)

    async def _go(self) -> None:
        """Let smoothed values come nearer, until all are there."""
        while gliding := [each for each in self.bindings if self._state(each).target is not None]:
            for binding in gliding:
                self._refusing(partial(self._step, binding))
            await asyncio.sleep(TICK_SECONDS)

    def _step(self, binding: Binding) -> None:
        state, address = self._state(binding), self._session.addresses.find(binding.to)
        target, now = state.target, current(self._session, address, binding.to)
        # Nothing over another's hand.
        if target is None or (now is not None and self._is_moved(binding, state, address, now)):
            state.target = None
            return
        before = target if state.gave is None else state.gave
        part = 1 - math.exp(-TICK_SECONDS / max(binding.smoothing, TICK_SECONDS))
        value = before + (target - before) * part
        if abs(target - value) <= ARRIVED * _span(binding):
            value = target
        self._give(binding, address, value)
        state.target = None if value == target else target

    def _give(self, binding: Binding, address: Address, value: float) -> None:
        self._state(binding).gave = value
        self._perform(binding, address, value)

    def _perform(self, binding: Binding, address: Address, value: float) -> None:
        message = Message(binding.to, arguments(address, value))
        source = source_of(binding)
        for error in self._session.addresses.perform([message], source):
            raise error

    def _refusing(self, work: Callable[[], None]) -> None:
        """Do something; what is refused is said, and what comes next is done all the same."""
        try:
            work()
        except NoSuchAddress as error:
            self.said = f"This model has no {error.address[:60]}."
        except TaxiwayError as error:
            self.said = str(error)

    def _state(self, binding: Binding) -> State:
        return self._states.setdefault(binding, State())


def _span(binding: Binding) -> float:
    return abs(binding.gives[1] - binding.gives[0])
