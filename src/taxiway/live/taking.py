"""What a command takes of the values that are kept for it."""

from typing import Any

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, File
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import Answer


def is_heavy(field: AnyDataType) -> bool:
    """Whether values of the type are pictures or files, which stay encoded until they are used."""
    return field.holds_pictures or isinstance(field, File)


def given(command: Command, answer: Answer) -> Values:
    """The inputs that a query was given, decoded where that is no burden to keep."""
    return {
        name: answer.wire[name] if is_heavy(field) else answer.inputs[name]
        for name, field in command.inputs.items()
        if answer.wire.get(name) is not None
    }


def takes(command: Command, name: str, value: Any) -> bool:
    """Whether a command has that input, and the value is one for it."""
    try:
        if not is_heavy(command.inputs[name]):
            command.inputs[name].decode(name, value)
    except (KeyError, InvalidArgument):
        return False
    return True
