"""Types that JSON has itself: text, numbers, true and false, words to choose from, anything."""

import math
import re
from typing import Any, ClassVar

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from taxiway.core.datatypes.base import DataType, Wire, kind
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.images import ImageFormat

FLOAT32_MAX = 2.0**128 - 2.0**104
"""The largest number in which a model computes."""
FLOAT32_LIMIT = 2.0**128 - 2.0**103
"""From here on rounding to float32 gives infinity, which no vector takes."""
PLAIN_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})(e[+-]?\d{1,3})?", re.I | re.A)
"""A number as text."""

NUMBER_SCHEMA: dict[str, Any] = {
    "type": "number",
    "minimum": -FLOAT32_MAX,
    "maximum": FLOAT32_MAX,
}


class AnyType(DataType, frozen=True, tag="any"):
    """Whatever JSON carries, passed on as it is."""


class Text(DataType, frozen=True, tag="text"):
    """A string; lengths are told, not enforced, as in Runway's SDK."""

    default: str | None = ""
    min_length: int = 0
    max_length: int | UnsetType = UNSET

    def decode(self, name: str, wire: Wire) -> str:
        if not isinstance(wire, str):
            raise InvalidArgument(f"'{name}' takes text, got {kind(wire)}.", name)
        return wire

    def encode(self, value: Any, format: ImageFormat | None = None) -> str:
        return str(value)

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Number(DataType, frozen=True, tag="number"):
    """A number that float32 can hold; bounds are told, not enforced, as in Runway's SDK.

    Those of an option are enforced, since nobody plays with it. With `whole`, which Runway did not
    have, it is an integer and its bounds are always enforced; `names` are what its values from
    `min` on are called, for people to choose from.
    """

    default: float | None = 0
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET
    step: float | UnsetType = UNSET
    whole: bool | UnsetType = UNSET
    names: tuple[str, ...] | UnsetType = UNSET

    plainest: ClassVar[Wire] = 1

    def decode(self, name: str, wire: Wire) -> float | int:
        if isinstance(wire, str) and PLAIN_NUMBER.fullmatch(wire):
            # Forms and old sketches send numbers as text.
            wire = float(wire) if set(wire) & set(".eE") else int(wire)
        if isinstance(wire, bool) or not isinstance(wire, (int, float)):
            raise InvalidArgument(f"'{name}' takes a number, got {kind(wire)}.", name)
        if not abs(wire) <= FLOAT32_MAX:
            raise InvalidArgument(f"'{name}' takes a finite number, at most 3.4e38.", name)
        return self._decode_whole(name, wire) if self.whole is True else float(wire)

    def decode_option(self, name: str, wire: Wire) -> float | int:
        value = self.decode(name, wire)
        self._check_range(name, value)
        return value

    def _decode_whole(self, name: str, wire: float) -> int:
        if wire != int(wire):
            raise InvalidArgument(f"'{name}' takes a whole number, got {wire}.", name)
        self._check_range(name, wire)
        return int(wire)

    def _check_range(self, name: str, wire: float) -> None:
        low = -math.inf if self.min is UNSET else self.min
        high = math.inf if self.max is UNSET else self.max
        if not low <= wire <= high:
            raise InvalidArgument(f"'{name}' takes {_range(low, high)}, got {wire:.10g}.", name)

    def encode(self, value: Any, format: ImageFormat | None = None) -> float | int:
        plain = value.item() if isinstance(value, np.generic | np.ndarray) else value
        if not isinstance(plain, float | int):
            raise ModelFailed(f"The model gave {plain!r:.60} as a number.")
        return plain

    def wire_schema(self) -> dict[str, Any]:
        schema = dict(NUMBER_SCHEMA)
        if self.whole is not True:
            return schema
        schema["type"] = "integer"
        if self.min is not UNSET:
            schema["minimum"] = self.min
        if self.max is not UNSET:
            schema["maximum"] = self.max
        return schema


class Boolean(DataType, frozen=True, tag="boolean"):
    """True or false, and nothing that merely looks like it."""

    default: bool | None = False

    plainest: ClassVar[Wire] = False

    def decode(self, name: str, wire: Wire) -> bool:
        if not isinstance(wire, bool):
            raise InvalidArgument(f"'{name}' takes true or false, got {kind(wire)}.", name)
        return wire

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Category(DataType, frozen=True, tag="category"):
    """One of a few words; the first is the default unless another is named."""

    one_of: tuple[str, ...]
    default: str | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if self.default is UNSET:
            msgspec.structs.force_setattr(self, "default", self.one_of[0])

    @property
    def example(self) -> Wire:
        return self.default or self.one_of[0]

    def decode(self, name: str, wire: Wire) -> str:
        if wire not in self.one_of:
            choices = ", ".join(repr(choice) for choice in self.one_of)
            given = repr(wire[:40]) if isinstance(wire, str) else kind(wire)
            raise InvalidArgument(f"'{name}' takes one of {choices}, got {given}.", name)
        return str(wire)

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.one_of)}


class OutputFormat(Category, frozen=True, tag="output_format"):
    """The file format in which this call's images are answered; it never reaches the model."""

    one_of: tuple[str, ...] = ("JPEG", "PNG")
    default: str | UnsetType | None = None
    optional: bool | UnsetType = True

    def describe(self, name: str) -> dict[str, Any]:
        return {**super().describe(name), "type": "category"}


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"a number from {low:.10g} up"
    return f"a number up to {high:.10g}" if math.isinf(low) else f"{low:.10g} to {high:.10g}"
