"""A mapping as a file: which signal moves what, a line of JSON for each (docs/mapping.md).

    {"from": "midi:1:cc:7", "to": "/truncation", "gives": [0, 1.5], "smoothing": 0.1}

Nothing in it is evaluated; a key that is not known is refused.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole

MOST_BINDINGS = 512
LARGEST_FILE = 2**20
LONGEST_SMOOTHING = 10.0
LONGEST_NAME = 100
LARGEST = 1e9

Relative = Literal["", "twos", "offset", "signed"]
Curve = Literal["linear", "slow", "fast", "s", "toggle"]
Name = Annotated[str, Meta(min_length=2, max_length=LONGEST_NAME)]


class Binding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One signal that moves one address.

    What comes in over `range` gives values over `gives`, which may go down, by a curve: `slow`
    begins slowly (x squared), `fast` quickly (its root), `s` begins and ends slowly, and `toggle`
    makes each press the other end. `smoothing` is how many seconds it takes to get most of the way
    (63 %). With `pickup` it moves nothing until it has come to where the value is. `relative` says
    how an endless encoder tells by how much it was turned (`ticks`).
    """

    signal: Name = msgspec.field(name="from")
    to: Annotated[str, Meta(pattern=r"^/[!-~]{1,99}$")]
    range: tuple[float, float] = (0.0, 1.0)
    gives: tuple[float, float] = (0.0, 1.0)
    curve: Curve = "linear"
    smoothing: Annotated[float, Meta(ge=0, le=LONGEST_SMOOTHING)] = 0.0
    pickup: bool = False
    relative: Relative = ""
    note: Annotated[str, Meta(max_length=200)] = ""

    def __post_init__(self) -> None:
        numbers = (*self.range, *self.gives)
        if not all(abs(number) <= LARGEST for number in numbers):
            raise ValueError("'range' and 'gives' take numbers up to 1e9")
        if self.range[0] == self.range[1]:
            raise ValueError("'range' takes two different numbers")

    def part(self, incoming: float) -> float:
        """How far up its range a number is, from 0 to 1."""
        low, high = self.range
        return min(max((incoming - low) / (high - low), 0.0), 1.0)

    def value(self, incoming: float) -> float:
        """What comes of a number that came in."""
        part, (start, end) = self.part(incoming), self.gives
        return start + curved(self.curve, part) * (end - start)

    def comes_in(self, value: float) -> float:
        """What would come in for a value: where a motor or a light should be."""
        (start, end), (low, high) = self.gives, self.range
        part = min(max((value - start) / (end - start), 0.0), 1.0) if end != start else 0.0
        return low + uncurved(self.curve, part) * (high - low)


def curved(curve: Curve, part: float) -> float:
    """A part of the way, from 0 to 1, as a curve has it."""
    if curve == "slow":
        return part * part
    if curve == "fast":
        return math.sqrt(part)
    return part * part * (3 - 2 * part) if curve == "s" else part


def uncurved(curve: Curve, part: float) -> float:
    """Where a knob of a curve is that has come to a part of the way."""
    if curve == "slow":
        return math.sqrt(part)
    if curve == "fast":
        return part * part
    return 0.5 - math.sin(math.asin(1 - 2 * part) / 3) if curve == "s" else part


TICKS = 128
"""Of a relative encoder, from one end of what it gives to the other."""


def ticks(relative: Relative, incoming: float) -> int:
    """By how much an encoder was turned that sends 0 to 1 for MIDI's 0 to 127.

    In two's complement 1 is one up and 127 one down; from an offset these are 65 and 63; with a
    sign bit 1 and 65.
    """
    raw = round(min(max(incoming, 0.0), 1.0) * 127)
    if relative == "twos":
        return raw if raw < 64 else raw - 128
    if relative == "offset":
        return raw - 64
    return -(raw & 63) if raw & 64 else raw


def guessed_relative(values: Sequence[float]) -> Relative:
    """How an encoder that sent these counts, "" where they seem to come from a knob.

    A knob says nothing twice, and an encoder that is turned slowly the same again and again.
    """
    raw = [round(value * 127) for value in values]
    again = sum(one == other for one, other in pairwise(raw))
    is_near = all(min(value, abs(value - 64), 128 - value) <= 16 for value in raw)
    if len(raw) < 3 or 3 * again < len(raw) - 1 or not is_near or 0 in raw:
        return ""
    if any(value >= 112 for value in raw):
        return "twos"
    if any(48 <= value < 64 for value in raw):
        return "offset"
    has_up, has_other = (any(low < value <= low + 16 for value in raw) for low in (0, 64))
    return ("signed" if has_up else "offset") if has_other else "twos"


_line = msgspec.json.Decoder(Binding)


def parse(text: str) -> list[Binding]:
    """The bindings of a file's text. Raises InvalidArgument naming the line."""
    bindings = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            bindings.append(_parse_line(line, number))
    if len(bindings) > MOST_BINDINGS:
        raise InvalidArgument(f"A mapping has {MOST_BINDINGS} lines at most, got {len(bindings)}.")
    return bindings


def _parse_line(line: str, number: int) -> Binding:
    try:
        return _line.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidArgument(f"Line {number} of the mapping: {error}.") from None


def checked(wire: Sequence[Any]) -> list[Binding]:
    """Bindings from plain values, as a page sends them. Raises InvalidArgument."""
    try:
        bindings: list[Binding] = msgspec.convert(wire, list[Binding])
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"The mapping is not what is expected: {error}.") from None
    if len(bindings) > MOST_BINDINGS:
        raise InvalidArgument(f"A mapping has {MOST_BINDINGS} lines at most, got {len(bindings)}.")
    return bindings


def written(bindings: Sequence[Binding]) -> str:
    """The text of a file."""
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in bindings)


def read(path: Path) -> list[Binding]:
    """The bindings of a file, none where there is no file. Raises InvalidArgument naming it."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InvalidArgument(f"The mapping '{path}' cannot be read: {error.strerror}.") from None
    if len(data) > LARGEST_FILE:
        raise InvalidArgument(f"The mapping '{path}' is larger than 1 MB.")
    try:
        return parse(data.decode())
    except UnicodeDecodeError:
        raise InvalidArgument(f"The mapping '{path}' is no text.") from None
    except InvalidArgument as error:
        raise InvalidArgument(f"{error} It is in '{path}'.") from None


def write(path: Path, bindings: Sequence[Binding]) -> None:
    """Keep the bindings. Raises InvalidArgument where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, written(bindings).encode())
    except OSError as error:
        raise InvalidArgument(f"The mapping '{path}' cannot be kept: {error.strerror}.") from None
