"""Places in a picture, from 0 to 1 across and down: a point, a box, landmarks."""

from typing import Any, ClassVar

import numpy as np
from msgspec import UNSET, UnsetType

from taxiway.core.datatypes.base import DataType, Wire, kind
from taxiway.core.datatypes.plain import NUMBER_SCHEMA, Number
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import ImageFormat


class Place(DataType, frozen=True):
    """What places share: plain numbers out, whatever sequence or array the model gave."""

    def encode(self, value: Any, format: ImageFormat | None = None) -> list[Any]:
        return np.asarray(value, np.float64).tolist()  # type: ignore[no-any-return]


class ImagePoint(Place, frozen=True, tag="image_point"):
    """`[x, y]`; outside of 0 to 1 is outside of the picture."""

    plainest: ClassVar[Wire] = [0.5, 0.5]

    def decode(self, name: str, wire: Wire) -> list[float]:
        return _numbers(name, wire, "[x, y]", 2)

    def wire_schema(self) -> dict[str, Any]:
        return _schema(NUMBER_SCHEMA, 2)


class ImageBoundingBox(Place, frozen=True, tag="image_bounding_box"):
    """`[xmin, ymin, xmax, ymax]`, of some width and height."""

    plainest: ClassVar[Wire] = [0.25, 0.25, 0.75, 0.75]

    def decode(self, name: str, wire: Wire) -> list[float]:
        left, top, right, bottom = box = _numbers(name, wire, "[xmin, ymin, xmax, ymax]", 4)
        if not left < right:
            raise InvalidArgument(f"'{name}' takes xmin below xmax, got {left} and {right}.", name)
        if not top < bottom:
            raise InvalidArgument(f"'{name}' takes ymin below ymax, got {top} and {bottom}.", name)
        return box

    def wire_schema(self) -> dict[str, Any]:
        return _schema(NUMBER_SCHEMA, 4)


class ImageLandmarks(Place, frozen=True, tag="image_landmarks"):
    """`length` points, of which `labels` tells the names and `connections` the lines to draw."""

    length: int
    labels: tuple[str, ...] | UnsetType = UNSET
    connections: tuple[tuple[str, str], ...] | UnsetType = UNSET

    def decode(self, name: str, wire: Wire) -> list[list[float]]:
        points = _list(name, wire, f"{self.length} points [x, y]", self.length)
        return [_numbers(name, point, "points [x, y]", 2) for point in points]

    @property
    def example(self) -> Wire:
        return [ImagePoint.plainest] * self.length

    def wire_schema(self) -> dict[str, Any]:
        return _schema(_schema(NUMBER_SCHEMA, 2), self.length)


def _list(name: str, wire: Wire, wanted: str, length: int) -> list[Wire]:
    if not isinstance(wire, (list, tuple)):
        raise InvalidArgument(f"'{name}' takes {wanted}, got {kind(wire)}.", name)
    if len(wire) != length:
        raise InvalidArgument(f"'{name}' takes {wanted}, got a list of {len(wire)}.", name)
    return list(wire)


def _numbers(name: str, wire: Wire, wanted: str, length: int) -> list[float]:
    number = Number()
    return [number.decode(name, item) for item in _list(name, wire, wanted, length)]


def _schema(items: dict[str, Any], length: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": length, "maxItems": length}
