"""Chance: another number each round, gone to smoothly or at once."""

import math
import random
from collections.abc import Mapping
from typing import ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Number
from taxiway.core.modulator import Modulator


class Noise(Modulator):
    """Evenly drawn from -1 to 1, the same from the same seed."""

    title = "Noise"
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "smooth": Boolean(default=True, description="Else it jumps."),
        "seed": Number(default=0, whole=True, min=0, max=9999),
    }

    def value(self, u: float, rounds: int) -> float:
        here = self._drawn(rounds)
        if not self.settings_given["smooth"]:
            return here
        way = (1 - math.cos(math.pi * u)) / 2
        return here + (self._drawn(rounds + 1) - here) * way

    def _drawn(self, index: int) -> float:
        return random.Random(self.settings_given["seed"] * 1_000_003 + index).uniform(-1, 1)


SLOT = Noise
