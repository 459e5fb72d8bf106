"""A session as a file: what was set when, a line of JSON each, so that it can be played again.

    {"taxiway":"session","version":1,"command":"generate"}
    {"t":0,"set":{"truncation":0.7,"z":[0.5,...]}}
    {"t":1.25,"set":{"truncation":null}}
    {"t":9.5,"set":{}}

`t` is in seconds since the beginning and never falls, null is an input's default, and the last line
is the end.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json

ENDING = ".jsonl"
LONGEST_TEXT = 2**20
"""Of a text, such as a picture as a data URI; a longer one is left out of a session."""


class Head(Struct, frozen=True):
    """The first line; `command` is what the session played."""

    taxiway: str = ""
    version: int = 0
    command: str = ""


class Change(Struct, frozen=True):
    """What was set at a time."""

    t: float
    set: dict[str, Any]


def head_line(command: str) -> bytes:
    """The first line of a session."""
    return msgspec.json.encode(Head("session", 1, command)) + b"\n"


def change_line(at: float, values: Mapping[str, Any]) -> bytes:
    """A line for what was set, arrays of float32 exactly; what is no plain value is left out."""
    return msgspec.json.encode({"t": round(at, 6), "set": plain_values(values)}) + b"\n"


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON carries them, arrays of float32 exactly; without pictures and long texts."""
    return {name: _plain(value) for name, value in values.items() if _is_kept(value)}


def _is_kept(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.dtype.kind in "iuf" and value.dtype != np.uint8)
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return value is None or isinstance(value, (bool, int, float, list, tuple, dict))


def _plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    # Nine digits tell every float32 from its neighbours.
    numbers = ",".join(format(number, ".9g") for number in value.ravel().tolist())
    if value.ndim == 1:
        return msgspec.Raw(f"[{numbers}]".encode())
    return [_plain(row) for row in value]


def read_head(path: Path) -> Head:
    """The first line. Raises InvalidArgument for a file that is no session, or of the future."""
    with path.open("rb") as file:
        first = file.readline(2**16)
    try:
        head: Head = from_json(first, Head)
    except Malformed:
        head = Head()
    if head.taxiway != "session":
        raise InvalidArgument(f"'{path.name}' is no session of Taxiway's.", "path")
    if head.version != 1:
        raise InvalidArgument(
            f"'{path.name}' is a session of version {head.version}; this Taxiway reads version 1.",
            "path",
        )
    return head


def changes(path: Path) -> Iterator[Change]:
    """What was set, in order. Raises InvalidArgument, which names the line.

    A last line that was cut off, as when the machine failed, is left out.
    """
    read_head(path)
    before = 0.0
    with path.open("rb") as file:
        file.readline()
        for number, line in enumerate(file, 2):
            try:
                change: Change = from_json(line, Change)
            except Malformed as error:
                if not line.endswith(b"\n"):
                    return
                raise InvalidArgument(f"Line {number} of '{path.name}': {error}.", "path") from None
            if change.t < before:
                raise InvalidArgument(
                    f"Line {number} of '{path.name}' is before the line above it.", "path"
                )
            before = change.t
            yield change
