"""Runway's data types: each decodes from the wire, encodes to it and describes itself.

A type is a plain record, so that it crosses processes and becomes `/info`, OpenAPI and the
studio's forms without further code. Keys and quirks follow Runway's Model SDK 0.6.1
(docs/protocols.md).
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import UNSET, Struct, UnsetType
from PIL import Image as PillowImage

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import ImageFormat, Pixels, from_data_uri, to_data_uri

Wire = Any
"""What JSON can carry: None, bool, int, float, str, list, dict."""

FLOAT32_MAX = 2.0**128 - 2.0**104
"""The largest number in which a model computes."""
FLOAT32_LIMIT = 2.0**128 - 2.0**103
"""From here on rounding to float32 gives infinity, which no vector takes."""


class DataType(Struct, frozen=True, kw_only=True, tag_field="type", rename="camel"):
    """Parent of all types. `optional` inputs may be left out; the model then sees None."""

    description: str | None = None
    optional: bool | UnsetType = UNSET

    @property
    def fallback(self) -> Wire:
        """The value of an input that was not given, or UNSET if it must be given."""
        value = getattr(self, "default", None)
        if value is not None:
            return value
        return None if self.optional is True else UNSET

    def decode(self, name: str, wire: Wire) -> Any:
        """Turn a wire value into what the model takes; InvalidArgument names the input."""
        return wire

    def encode(self, value: Any, format: ImageFormat | None = None) -> Wire:
        """Turn what the model gave into a wire value. `format` concerns images only."""
        return value

    def describe(self, name: str) -> dict[str, Any]:
        """The field as Runway's `/info` shows it."""
        return {"name": name, **msgspec.to_builtins(self)}

    def schema(self) -> dict[str, Any]:
        """The wire value as JSON Schema (2020-12), for OpenAPI; null stands for "not given"."""
        schema = self.wire_schema()
        if schema:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if self.description:
            schema["description"] = self.description
        default = getattr(self, "default", UNSET)
        if default is not UNSET and default is not None:
            schema["default"] = default
        return schema

    def wire_schema(self) -> dict[str, Any]:
        """The schema of a value that was given."""
        return {}


class AnyType(DataType, frozen=True, tag="any"):
    """Whatever JSON carries, passed on as it is."""


class Text(DataType, frozen=True, tag="text"):
    """A string; lengths are told, not enforced, as in Runway's SDK."""

    default: str | None = ""
    min_length: int = 0
    max_length: int | UnsetType = UNSET

    def decode(self, name: str, wire: Wire) -> str:
        if not isinstance(wire, str):
            raise InvalidArgument(f"'{name}' takes text, got {_kind(wire)}.", name)
        return wire

    def encode(self, value: Any, format: ImageFormat | None = None) -> str:
        return str(value)

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Number(DataType, frozen=True, tag="number"):
    """A number that float32 can hold; bounds are told, not enforced, as in Runway's SDK.

    With `whole`, which Runway did not have, it is an integer and its bounds are enforced.
    """

    default: float | None = 0
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET
    step: float | UnsetType = UNSET
    whole: bool | UnsetType = UNSET

    def decode(self, name: str, wire: Wire) -> float | int:
        if isinstance(wire, bool) or not isinstance(wire, (int, float)):
            raise InvalidArgument(f"'{name}' takes a number, got {_kind(wire)}.", name)
        if not abs(wire) <= FLOAT32_MAX:
            raise InvalidArgument(f"'{name}' takes a finite number, at most 3.4e38.", name)
        return self._decode_whole(name, wire) if self.whole is True else float(wire)

    def _decode_whole(self, name: str, wire: float) -> int:
        if wire != int(wire):
            raise InvalidArgument(f"'{name}' takes a whole number, got {wire}.", name)
        low = -math.inf if self.min is UNSET else self.min
        high = math.inf if self.max is UNSET else self.max
        if not low <= wire <= high:
            raise InvalidArgument(f"'{name}' takes {_range(low, high)}, got {wire:.10g}.", name)
        return int(wire)

    def encode(self, value: Any, format: ImageFormat | None = None) -> float | int:
        plain: float | int = value.item() if isinstance(value, np.generic) else value
        return plain

    def wire_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {
            "type": "number",
            "minimum": -FLOAT32_MAX,
            "maximum": FLOAT32_MAX,
        }
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

    def decode(self, name: str, wire: Wire) -> bool:
        if not isinstance(wire, bool):
            raise InvalidArgument(f"'{name}' takes true or false, got {_kind(wire)}.", name)
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

    def decode(self, name: str, wire: Wire) -> str:
        if wire not in self.one_of:
            choices = ", ".join(repr(choice) for choice in self.one_of)
            given = repr(wire[:40]) if isinstance(wire, str) else _kind(wire)
            raise InvalidArgument(f"'{name}' takes one of {choices}, got {given}.", name)
        return str(wire)

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.one_of)}


class Vector(DataType, frozen=True, tag="vector"):
    """`length` numbers, as float32 [length]; with `rows`, also [rows, length] given as lists.

    `samplingMean` and `samplingStd` tell a client how to draw random ones.
    """

    length: int
    rows: int | UnsetType = UNSET
    sampling_mean: float = 0
    sampling_std: float = 1
    default: list[float] | None = None

    def decode(self, name: str, wire: Wire) -> np.ndarray[Any, np.dtype[np.float32]]:
        if not isinstance(wire, (list, tuple, np.ndarray)):
            raise InvalidArgument(
                f"'{name}' takes {self._shape()} numbers, got {_kind(wire)}.", name
            )
        array = self._array(name, wire)
        if array.shape not in self._shapes():
            given = "x".join(map(str, array.shape))
            raise InvalidArgument(f"'{name}' takes {self._shape()} numbers, got {given}.", name)
        if not np.isfinite(array).all():
            raise InvalidArgument(f"'{name}' takes finite numbers only.", name)
        return array

    def encode(self, value: Any, format: ImageFormat | None = None) -> list[float]:
        return np.asarray(value).tolist()  # type: ignore[no-any-return]

    def wire_schema(self) -> dict[str, Any]:
        row = {
            "type": "array",
            "items": {
                "type": "number",
                "exclusiveMinimum": -FLOAT32_LIMIT,
                "exclusiveMaximum": FLOAT32_LIMIT,
            },
            "minItems": self.length,
            "maxItems": self.length,
        }
        if self.rows is UNSET:
            return row
        matrix = {"type": "array", "items": row, "minItems": self.rows, "maxItems": self.rows}
        return {"anyOf": [row, matrix]}

    def _array(self, name: str, wire: Wire) -> np.ndarray[Any, np.dtype[np.float32]]:
        # bool is refused first: numpy would read true as 1.
        if isinstance(wire, (list, tuple)) and bool in _kinds(wire):
            raise InvalidArgument(f"'{name}' takes numbers, got true or false among them.", name)
        try:
            array = np.asarray(wire)
            if array.size and array.dtype.kind not in "iuf":
                raise ValueError
            with np.errstate(over="ignore"):
                return array.astype(np.float32)
        except (ValueError, TypeError, OverflowError):
            raise InvalidArgument(f"'{name}' takes {self._shape()} numbers only.", name) from None

    def _shapes(self) -> set[tuple[int, ...]]:
        shapes: set[tuple[int, ...]] = {(self.length,)}
        return shapes if self.rows is UNSET else shapes | {(self.rows, self.length)}

    def _shape(self) -> str:
        return (
            f"{self.length}"
            if self.rows is UNSET
            else f"{self.length} or {self.rows}x{self.length}"
        )


class Image(DataType, frozen=True, tag="image"):
    """A picture: a data URI on the wire, uint8 [H, W, channels] ([H, W] for one) inside."""

    channels: Literal[1, 3, 4] = 3
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    default_output_format: ImageFormat | UnsetType = UNSET

    MODES: ClassVar[dict[int, str]] = {1: "L", 3: "RGB", 4: "RGBA"}

    def __post_init__(self) -> None:
        if self.default_output_format is UNSET:
            format = "JPEG" if self.channels == 3 else "PNG"
            msgspec.structs.force_setattr(self, "default_output_format", format)

    def decode(self, name: str, wire: Wire) -> Pixels:
        if isinstance(wire, np.ndarray):
            return wire
        if not isinstance(wire, str):
            raise InvalidArgument(
                f"'{name}' takes a picture as a data URI, got {_kind(wire)}.", name
            )
        return np.asarray(from_data_uri(wire, name).convert(self.MODES[self.channels]))

    def encode(self, value: Any, format: ImageFormat | None = None) -> str:
        pixels = np.asarray(value) if isinstance(value, PillowImage.Image) else value
        chosen = format or self.default_output_format
        assert chosen is not UNSET
        return to_data_uri(pixels, chosen)

    def wire_schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/*"}


class OutputFormat(Category, frozen=True, tag="output_format"):
    """The file format in which this call's images are answered; it never reaches the model."""

    one_of: tuple[str, ...] = ("JPEG", "PNG")
    default: str | UnsetType | None = None
    optional: bool | UnsetType = True

    def describe(self, name: str) -> dict[str, Any]:
        return {**super().describe(name), "type": "category"}


AnyDataType = AnyType | Text | Number | Boolean | Category | OutputFormat | Vector | Image


def _kind(wire: Wire) -> str:
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return "nothing" if wire is None else names.get(type(wire), "a number")


def _kinds(wire: Sequence[Wire]) -> set[type]:
    """The types in a list, or in its rows."""
    kinds = set(map(type, wire))
    if kinds <= {list}:
        return {type(item) for row in wire for item in row}
    return kinds


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"a number from {low:.10g} up"
    return f"a number up to {high:.10g}" if math.isinf(low) else f"{low:.10g} to {high:.10g}"


def names(values: Sequence[str]) -> str:
    """`a, b, c` for an error message, or `none` for an empty list."""
    return ", ".join(sorted(values)) or "none"
