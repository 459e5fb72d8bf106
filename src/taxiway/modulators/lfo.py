"""A wave: the low frequency oscillator of synthesizers."""

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

from taxiway.core.datatypes import AnyDataType, Category
from taxiway.core.modulator import Modulator

SHAPES: dict[str, Callable[[float], float]] = {
    "sine": lambda u: math.sin(2 * math.pi * u),
    "triangle": lambda u: 1 - 4 * abs((u + 0.75) % 1 - 0.5),
    "square": lambda u: 1.0 if u < 0.5 else -1.0,
    "saw": lambda u: 2 * u - 1,
    "falling": lambda u: 1 - 2 * u,
}


class Lfo(Modulator):
    """-1 to 1 and back, once a round."""

    title = "Wave"
    settings: ClassVar[Mapping[str, AnyDataType]] = {"shape": Category(one_of=tuple(SHAPES))}

    def value(self, u: float, rounds: int) -> float:
        return SHAPES[self.settings_given["shape"]](u)


SLOT = Lfo
