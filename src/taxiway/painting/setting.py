"""What every part of a picture is drawn from."""

from dataclasses import dataclass

from taxiway.painting.camera import View, look
from taxiway.painting.factors import Reading
from taxiway.painting.palette import Palette, palette


@dataclass(frozen=True)
class Setting:
    """The factors' values, where each pixel looks, and the colours of the day."""

    reading: Reading
    view: View
    colours: Palette


def setting(reading: Reading, size: int) -> Setting:
    """The setting of a picture [size, size]."""
    return Setting(reading, look(reading, size), palette(reading))
