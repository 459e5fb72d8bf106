"""Recorded attributes of a layer, read with their kinds checked."""

import math
from dataclasses import dataclass

from taxiway.checkpoint.arrays import PickledArray
from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.values import Values


@dataclass(frozen=True, slots=True)
class Attributes:
    """The plain attributes of the object at `path`; each method raises Broken if it is not so."""

    path: str
    values: Values

    def whole(self, name: str) -> int:
        """A whole number from 0 on."""
        value = self._get(name)
        if type(value) is not int or not 0 <= value < 1 << 31:
            raise self._wrong(name, "a whole number")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise self._wrong(name, "a number")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """A finite number, or None, which may also be left out."""
        return None if self.values.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """True or False."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def text(self, name: str) -> str:
        """Text."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def wholes(self, name: str, count: int) -> list[int]:
        """A list, tuple or array of `count` whole numbers of either sign."""
        value = self._get(name)
        if isinstance(value, PickledArray) and value.tensor and value.tensor.count == count:
            value = value.tensor.read(Budget(value.tensor.nbytes)).ravel().tolist()
        if not isinstance(value, list | tuple) or len(value) != count:
            raise self._wrong(name, f"{count} whole numbers")
        if not all(type(item) is int and abs(item) < 1 << 31 for item in value):
            raise self._wrong(name, f"{count} whole numbers")
        return [int(item) for item in value]

    def _get(self, name: str) -> object:
        if name not in self.values:
            raise Broken(f"has no '{name}' in its layer '{self.path or 'generator'}'")
        return self.values[name]

    def _wrong(self, name: str, expected: str) -> Broken:
        layer = self.path or "generator"
        return Broken(f"has something else than {expected} as '{name}' of its layer '{layer}'")


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
