"""What somebody sends: a level of sound, a sensor, a wheel."""

from collections.abc import Mapping
from typing import ClassVar

from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.modulator import Modulator

TICK = 1 / 60


class Sent(Modulator):
    """Follows the number that was sent last, from -1 to 1, at once or slowly."""

    title = "Sent"
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "smoothing": Number(default=0.05, min=0, max=5, step=0.01, description="Seconds."),
    }
    _wanted = _now = 0.0

    def value(self, u: float, rounds: int) -> float:
        slow = max(self.settings_given["smoothing"], 0)
        self._now += (self._wanted - self._now) * TICK / (TICK + slow)
        return self._now

    def give(self, value: float) -> None:
        self._wanted = max(-1.0, min(1.0, value))


SLOT = Sent
