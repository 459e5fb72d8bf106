"""A latent vector, or a matrix of one for every layer."""

import struct
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from taxiway.core.datatypes.base import DataType, Wire, kind
from taxiway.core.datatypes.plain import FLOAT32_LIMIT
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import ImageFormat

NUMBERS = list[Annotated[float, msgspec.Meta(gt=-FLOAT32_LIMIT, lt=FLOAT32_LIMIT)]]


class Vector(DataType, frozen=True, tag="vector"):
    """`length` numbers, as float32 [length]; with `rows`, also [rows, length] given as lists.

    `samplingMean` and `samplingStd` tell a client how to draw random ones.
    """

    length: int
    rows: int | UnsetType = UNSET
    sampling_mean: float = 0
    sampling_std: float = 1
    default: list[float] | None = None

    @property
    def example(self) -> Wire:
        return self.default or [0.0] * self.length

    def decode(self, name: str, wire: Wire) -> np.ndarray[Any, np.dtype[np.float32]]:
        wire = _plain(wire)
        if not isinstance(wire, (list, tuple, np.ndarray)):
            raise InvalidArgument(
                f"'{name}' takes {self._shape()} numbers, got {kind(wire)}.", name
            )
        array = _floats(wire)
        if array is None:
            array = self._array(name, wire)
        if array.shape not in self._shapes():
            given = "x".join(map(str, array.shape))
            raise InvalidArgument(f"'{name}' takes {self._shape()} numbers, got {given}.", name)
        return array

    def encode(self, value: Any, format: ImageFormat | None = None) -> list[float]:
        return np.asarray(value, np.float64).tolist()  # type: ignore[no-any-return]

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
                array = array.astype(np.float32)
        except (ValueError, TypeError, OverflowError):
            raise InvalidArgument(f"'{name}' takes {self._shape()} numbers only.", name) from None
        if not np.isfinite(array).all():
            raise InvalidArgument(f"'{name}' takes finite numbers only.", name)
        return array

    def _shapes(self) -> set[tuple[int, ...]]:
        shapes: set[tuple[int, ...]] = {(self.length,)}
        return shapes if self.rows is UNSET else shapes | {(self.rows, self.length)}

    def _shape(self) -> str:
        return (
            f"{self.length}"
            if self.rows is UNSET
            else f"{self.length} or {self.rows}x{self.length}"
        )


def _plain(wire: Wire) -> Wire:
    """A list for the shapes in which clients send one: `{"0": x, "1": y}`, `[[x, y]]`.

    The first is what JSON makes of a typed array, the second a batch of one.
    """
    wire = _listed(wire)
    if isinstance(wire, list) and wire and isinstance(wire[0], dict):
        wire = [_listed(row) for row in wire]
    is_batch_of_one = isinstance(wire, list) and len(wire) == 1 and isinstance(wire[0], list)
    return wire[0] if is_batch_of_one else wire


def _listed(wire: Wire) -> Wire:
    """The values of a typed array that became an object."""
    if isinstance(wire, dict) and wire and list(wire) == [str(index) for index in range(len(wire))]:
        return list(wire.values())
    return wire


def _floats(wire: Wire) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    """A list of numbers, as JSON has them, float32 [length]; None for anything else.

    In a quarter of the time that numpy takes.
    """
    try:
        numbers = msgspec.convert(wire, NUMBERS)
    except msgspec.ValidationError:
        return None
    return np.frombuffer(struct.pack(f"{len(numbers)}f", *numbers), np.float32).copy()


def _kinds(wire: Sequence[Wire]) -> set[type]:
    """The types in a list, or in its rows."""
    kinds = set(map(type, wire))
    if kinds <= {list}:
        return {type(item) for row in wire for item in row}
    return kinds
