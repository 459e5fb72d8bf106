"""What a binding moves: how its address takes a number, how it stands, and a first guess."""

from typing import TYPE_CHECKING, Any

from taxiway.core.errors import InvalidArgument
from taxiway.live.mapping.bindings import LARGEST, Binding
from taxiway.live.messages.addresses import Address
from taxiway.live.messages.patterns import places

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

KEYS = ("note", "button", "onset", "beat")
"""Kinds of signals that are pressed rather than turned."""
HALF = 0.5
MIDI = 127
MOST_STEPS = 10_000
"""Of a fader; what takes more whole numbers is no place to be anywhere in."""


def reach(address: Address, to: str) -> tuple[float, float]:
    """Between which values a number moves it. Raises InvalidArgument where none does."""
    if address.length and address.address == to:
        raise InvalidArgument(f"One signal moves one number: name it, as in {to}/0.", "to")
    if address.length:
        places(address.address[1:], to.removeprefix(f"{address.address}/"), address.length)
    if address.is_trigger and address.types[:1] in ("", "s"):
        return 0.0, 1.0
    if address.one_of:
        return 0.0, float(len(address.one_of) - 1)
    if address.types[:1] not in ("i", "f"):
        raise InvalidArgument(f"{to} takes no number, so no signal moves it.", "to")
    low = 0.0 if address.low is None else address.low
    return low, low + 1 if address.high is None else address.high


def guessed(signal: str, value: float, to: str, address: Address) -> Binding:
    """A binding for a signal of which one value is known, to be edited where it is wrong."""
    kind, reached = kind_of(signal), reach(address, to)
    gives = _gives(value, address, reached)
    is_switch = kind in KEYS and address.types == "i" and gives == (0, 1)
    return Binding(
        signal=signal,
        to=to,
        range=_range(signal, value, gives),
        gives=gives,
        curve="toggle" if is_switch else "linear",
        smoothing=0.0 if kind in KEYS or address.types[:1] != "f" else 0.05,
        pickup=kind == "cc" and gives == reached,
        relative="twos" if kind == "step" else "",
    )


def _gives(value: float, address: Address, reached: tuple[float, float]) -> tuple[float, float]:
    """What is reached; of a long row of whole numbers, as of seeds, one for each step of a knob."""
    low, high = reached
    if address.types == "i" and high - low > MOST_STEPS:
        return low, low + max(MIDI, round(abs(value)))
    return max(low, -LARGEST), min(high, LARGEST)


def kind_of(signal: str) -> str:
    """`cc` of `midi:1:cc:7`, and so on."""
    return next(
        (word for word in signal.split(":") if word in (*KEYS, "cc", "program", "axis", "step")), ""
    )


def _range(signal: str, value: float, gives: tuple[float, float]) -> tuple[float, float]:
    if signal == "midi:tempo":
        return gives
    if kind_of(signal) == "program":
        return 0.0, gives[1] - gives[0] or 1.0  # the first program is the lowest value
    if kind_of(signal) == "axis" or -1 <= value < 0:
        return -1.0, 1.0
    if 0 <= value <= 1:
        return 0.0, 1.0
    return (0.0, float(MIDI)) if 0 < value <= MIDI else (min(value, 0.0), max(value, 0.0))


def source_of(binding: Binding) -> str:
    """Who moves things by a binding."""
    return f"mapping {binding.signal}"


def is_pressed(binding: Binding, incoming: float) -> bool:
    """Whether a key is down, or a knob beyond the middle."""
    return binding.part(incoming) > HALF


def pressable(binding: Binding, address: Address) -> bool:
    """Whether it does something each time that it is pressed, rather than follow."""
    is_bare = address.is_trigger and address.types[:1] in ("", "s")
    is_key = address.is_trigger and kind_of(binding.signal) in KEYS
    return is_bare or is_key or binding.curve == "toggle"


def arguments(address: Address, value: float) -> list[Any]:
    """A number as the address takes it."""
    if address.one_of:
        return [address.one_of[min(max(round(value), 0), len(address.one_of) - 1)]]
    if address.types[:1] in ("", "s"):
        return []
    return [round(value)] if address.types[:1] == "i" else [float(value)]


def current(session: "LiveSession", address: Address, to: str) -> float | None:
    """The number that stands there now; None where there is none."""
    if address.length:
        name = address.address[1:]
        vector = session.controls.values().get(name)
        if vector is None:
            return None
        at = places(name, to.removeprefix(f"{address.address}/"), address.length)
        return float(vector[..., at].flat[0]) if at.size else None
    value = address.now()
    if value in address.one_of:
        return float(list(address.one_of).index(value))
    return float(value) if isinstance(value, (int, float)) else None
