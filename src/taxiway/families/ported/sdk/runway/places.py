"""The data types for places in a picture, 0 to 1 from its upper left corner."""

from typing import Any, List, Optional, Sequence

import numpy as np

from .exceptions import InvalidArgumentError, MissingArgumentError
from .fields import BaseType, is_number


class image_point(BaseType):
    """`[x, y]`."""

    def __init__(self, description: Optional[str] = None, name: Optional[str] = None) -> None:
        super().__init__("image_point", description, name)

    def deserialize(self, value: Any) -> List[float]:
        return _numbers(self, value, 2)

    serialize = deserialize


class image_bounding_box(BaseType):
    """`[xmin, ymin, xmax, ymax]`."""

    def __init__(self, description: Optional[str] = None, name: Optional[str] = None) -> None:
        super().__init__("image_bounding_box", description, name)

    def deserialize(self, value: Any) -> List[float]:
        left, top, right, bottom = _numbers(self, value, 4)
        if not (left < right and top < bottom):
            raise self.refuse("Its left must be less than its right, its top than its bottom.")
        return [left, top, right, bottom]

    serialize = deserialize


class image_landmarks(BaseType):
    """A fixed number of points, which may have labels and lines between them."""

    SHOWN = ("length", "labels", "connections")

    def __init__(
        self,
        length: Optional[int] = None,
        description: Optional[str] = None,
        labels: Optional[Sequence[str]] = None,
        connections: Optional[Sequence[Sequence[str]]] = None,
        name: Optional[str] = None,
    ) -> None:
        super().__init__("image_landmarks", description, name)
        if length is None:
            raise MissingArgumentError("length", "Landmarks need one.")
        if labels is not None and len(labels) != length:
            raise InvalidArgumentError(
                "labels", f"{length} landmarks take {length} labels, got {len(labels)}."
            )
        self.length, self.labels, self.connections = length, labels, connections

    def deserialize(self, value: Any) -> List[List[float]]:
        count = len(value) if isinstance(value, (list, tuple, np.ndarray)) else None
        if count != self.length:
            raise self.refuse(f"It takes {self.length} points, got {count or 'none'}.")
        return [_numbers(self, point, 2) for point in value]

    serialize = deserialize


def _numbers(field: BaseType, value: Any, length: int) -> List[float]:
    """A list of so many numbers as plain floats, from a list or an array of them."""
    try:
        given = list(value)
    except TypeError:
        given = []
    if len(given) != length or not all(map(is_number, given)):
        raise field.refuse(f"It takes a list of {length} numbers.")
    return [float(number) for number in given]
