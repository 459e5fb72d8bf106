"""A whole state of a live session: every input that is set, as it can be kept and gone back to.

As text it is JSON, nine digits to a number, so that every float32 comes back exactly.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, File
from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json
from taxiway.core.session_file import plain_values
from taxiway.live.controls import Controls, Origin

LONGEST_NAME = 60
MOST_STATE_BYTES = 2_000_000
"""Of a state as text; a w of 18 layers of 512 numbers has about 120,000."""
PICTURE = re.compile(r"[0-9a-f]{16}\.jpg", re.ASCII)
"""What we call a picture's file; no other name is read, written or removed."""


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`values` are inputs by name, decoded or plain; `origin` is where the vector comes from.

    `name` is what a person calls it, `picture` the name of its picture's file, both perhaps "".
    """

    values: dict[str, Any] = {}
    origin: Origin | None = None
    name: str = ""
    picture: str = ""


def captured(command: Command, controls: Controls) -> State:
    """What is set now of the inputs that a state has."""
    entries = {name: controls.entries[name] for name in held(command, controls)}
    origins = [entry.origin for entry in entries.values() if entry.origin is not None]
    values = {name: entry.value for name, entry in entries.items()}
    return State(values=values, origin=origins[0] if origins else None)


def news(state: State, command: Command, held: Iterable[str]) -> dict[str, Any]:
    """What to set so that a state is back: its values, and None for what else is `held` by now.

    Decoded; inputs that this model does not have are left out. Raises InvalidArgument, naming the
    input, for a state of a model of another shape.
    """
    wanted = {
        name: command.inputs[name].decode(name, value)
        for name, value in state.values.items()
        if name in command.inputs and is_kept(command.inputs[name]) and value is not None
    }
    if not wanted and state.values:
        raise InvalidArgument("This is of a model with other inputs.")
    return {**dict.fromkeys(held), **wanted}


def is_kept(field: AnyDataType) -> bool:
    """Whether an input is part of a state: pictures and files are not."""
    return not field.holds_pictures and not isinstance(field, File)


def held(command: Command, controls: Controls) -> list[str]:
    """The inputs that are set now and that a state has."""
    inputs = command.inputs
    return [name for name in controls.values() if name in inputs and is_kept(inputs[name])]


def to_text(state: State) -> bytes:
    """A state as a line of JSON."""
    return msgspec.json.encode(plain(state))


def plain(state: State) -> State:
    """A state whose values JSON carries."""
    return msgspec.structs.replace(state, values=plain_values(state.values))


def from_text(data: bytes) -> State:
    """The state in a text. Raises Malformed, and nothing else."""
    return checked(from_json(data, State, MOST_STATE_BYTES))


def checked(state: State) -> State:
    """A state that was read, its names safe. Raises Malformed."""
    if state.picture and not PICTURE.fullmatch(state.picture):
        raise Malformed("its picture has a name that is none of ours")
    return msgspec.structs.replace(
        state,
        name=named(state.name),
        origin=state.origin if _is_origin(state.origin) else None,
        values=plain_values(state.values),
    )


def named(text: str) -> str:
    """A name as it is kept: one line, without what does not print, of 60 characters at most."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:LONGEST_NAME]


def _is_origin(origin: Mapping[str, Any] | None) -> bool:
    """Whether it is a seed or a place of a map, as pages take it."""
    return (
        origin is not None
        and all(
            isinstance(value, (int, float)) and not isinstance(value, bool)
            for value in origin.values()
        )
        and set(origin) in ({"seed"}, {"field_seed", "x", "y"})
    )
