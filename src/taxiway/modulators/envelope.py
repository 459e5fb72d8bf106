"""A swell: it rises, stays, and falls."""

from collections.abc import Mapping
from typing import ClassVar

from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.modulator import Modulator

PART = Number(default=0.25, min=0, max=1, step=0.01, description="Part of the round.")


class Envelope(Modulator):
    """From 0 up to 1 in `attack`, there for `stay`, down to 0 in `release`: parts of a round."""

    title = "Envelope"
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "attack": PART,
        "stay": PART,
        "release": PART,
    }

    def value(self, u: float, rounds: int) -> float:
        attack, stay, release = (self.settings_given[name] for name in self.settings)
        if u < attack:
            return float(u / attack)
        past = u - attack - stay
        if past <= 0:
            return 1.0
        return float(max(1 - past / release, 0)) if release > 0 else 0.0


SLOT = Envelope
