"""Messages that move inputs: an address and its arguments become values of the model's inputs.

/truncation 0.5    /seed 7    /z (all numbers, or a blob)    /z/3 (one)    /z/16-31    /z/*
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.live.messages.patterns import places

Numbers = npt.NDArray[np.float32]
PLAIN = frozenset((int, float, bool))
LIKELY = 1e-20, 1e6
"""Between these is the size of every number that people send, unless it is 0."""


class Message(Struct, frozen=True):
    """An address and its arguments: numbers, strings, bytes, true, false or None."""

    address: str
    arguments: list[Any] = []


def changes(command: Command, current: Mapping[str, Any], messages: Iterable[Message]) -> Values:
    """The inputs that `messages` set, as wire values; addresses of no input are left out.

    `current` are the inputs as they are, of which `/z/<i>` changes one number. Raises
    InvalidArgument naming the input.
    """
    changed: Values = {}
    for message in messages:
        name, place = input_of(command, message.address)
        if name is None:
            continue
        field = command.inputs[name]
        if not isinstance(field, Vector):
            changed[name] = _scalar(name, field, message.arguments)
            continue
        numbers = _numbers(name, message.arguments)
        if not place:
            changed[name] = _rows(field, numbers)
        else:
            vector = changed.get(name)
            if vector is None or vector.shape[-1] != field.length:
                vector = changed[name] = _copied(field, current.get(name))
            _put(name, vector, place, numbers)
    return changed


def input_of(command: Command, address: str) -> tuple[str | None, str]:
    """The input that an address moves, None if it is none's; and what follows its name."""
    name, _, place = address[1:].partition("/")
    found = command.input_of(name)
    if found is not None and place and not isinstance(command.inputs[found], Vector):
        found = None
    return found, place


def _scalar(name: str, field: AnyDataType, arguments: list[Any]) -> Any:
    if len(arguments) != 1:
        raise InvalidArgument(f"'{name}' takes one value, got {len(arguments)}.", name)
    value = arguments[0]
    if isinstance(field, Boolean) and isinstance(value, (int, float)):
        return bool(value)
    return value


def _numbers(name: str, arguments: list[Any]) -> Numbers:
    if len(arguments) == 1 and isinstance(arguments[0], bytes):
        return _of_blob(name, arguments[0])
    if not PLAIN.issuperset(map(type, arguments)):
        raise InvalidArgument(f"'{name}' takes numbers.", name)
    with np.errstate(over="ignore"):
        return np.array(arguments, np.float32)


def _of_blob(name: str, blob: bytes) -> Numbers:
    """Float32, the highest byte first, as all numbers of OSC are."""
    if len(blob) % 4:
        raise InvalidArgument(
            f"'{name}' takes a blob of float32, 4 bytes each, got {len(blob)} bytes.", name
        )
    numbers = np.frombuffer(blob, ">f4").astype(np.float32)
    if not _likely(numbers) and _likely(numbers.byteswap()):
        raise InvalidArgument(
            f"'{name}' takes a blob of float32 in network byte order (big-endian); these bytes "
            "seem to come the other way round.",
            name,
        )
    return numbers


def _likely(numbers: Numbers) -> bool:
    size = np.abs(numbers)
    return bool(((numbers == 0) | ((size > LIKELY[0]) & (size < LIKELY[1]))).all())


def _rows(field: Vector, numbers: Numbers) -> Numbers:
    """Whole rows become a matrix; a wrong count is left for the decoder to name."""
    if numbers.size > field.length and numbers.size % field.length == 0:
        return numbers.reshape(-1, field.length)
    return numbers


def _copied(field: Vector, before: Numbers | None) -> Numbers:
    if before is None or before.shape[-1] != field.length:
        return np.zeros(field.length, np.float32)
    return before.copy()


def _put(name: str, vector: Numbers, place: str, numbers: Numbers) -> None:
    """Set some numbers in every row: each its own, or all the same."""
    chosen = places(name, place, vector.shape[-1])
    if numbers.size not in (1, chosen.size):
        wanted = "one number" if chosen.size == 1 else f"one number or {chosen.size}"
        raise InvalidArgument(f"'{name}/{place[:40]}' takes {wanted}, got {numbers.size}.", name)
    vector[..., chosen] = numbers
