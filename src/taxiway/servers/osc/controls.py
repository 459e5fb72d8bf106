"""Our own OSC addresses: every input of the model is one, so that faders move the live picture.

/truncation ,f    /seed ,i    /z ,fff...(all numbers)    /z/<i> ,f (one of them)
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Boolean, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.servers.osc.packet import Message


def changes(command: Command, current: Mapping[str, Any], messages: Iterable[Message]) -> Values:
    """The inputs that `messages` set, as wire values; addresses of no input are left out.

    `current` are the inputs as they are, of which `/z/<i>` changes one number. Raises
    InvalidArgument naming the input.
    """
    changed: Values = {}
    for message in messages:
        name, place = input_of(command, message)
        if name is None:
            continue
        field = command.inputs[name]
        if isinstance(field, Vector):
            numbers = _numbers(name, message.arguments)
            before = changed.get(name, current.get(name))
            changed[name] = (
                _with_one(name, field, before, place, numbers) if place else _rows(field, numbers)
            )
        else:
            changed[name] = _scalar(name, field, message.arguments)
    return changed


def input_of(command: Command, message: Message) -> tuple[str | None, str]:
    """The input that a message moves, None if its address is none's; and what follows its name."""
    name, _, place = message.address[1:].partition("/")
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


def _numbers(name: str, arguments: list[Any]) -> npt.NDArray[np.float32]:
    if not all(isinstance(argument, (int, float)) for argument in arguments):
        raise InvalidArgument(f"'{name}' takes numbers.", name)
    with np.errstate(over="ignore"):
        return np.array(arguments, np.float32)


def _rows(field: Vector, numbers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Whole rows become a matrix; a wrong count is left for the decoder to name."""
    if numbers.size > field.length and numbers.size % field.length == 0:
        return numbers.reshape(-1, field.length)
    return numbers


def _with_one(
    name: str,
    field: Vector,
    before: npt.NDArray[np.float32] | None,
    place: str,
    numbers: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    if not (place.isascii() and place.isdigit() and len(place) < 9 and int(place) < field.length):
        last = field.length - 1
        raise InvalidArgument(f"'{name}' has numbers 0 to {last}, got '{place[:20]}'.", name)
    if numbers.size != 1:
        raise InvalidArgument(f"'{name}/{place}' takes one number, got {numbers.size}.", name)
    if before is None or before.shape[-1] != field.length:
        before = np.zeros(field.length, np.float32)
    vector = before.copy()
    vector[..., int(place)] = numbers[0]
    return vector
