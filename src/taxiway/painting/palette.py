"""The colours of a scene: its sky from zenith to haze, its clouds, its land."""

from dataclasses import dataclass

import numpy as np

from taxiway.painting.colours import Colour, Floats, blend
from taxiway.painting.factors import LANDS, SKIES, Reading

# As seen on a screen: zenith, middle, horizon, clouds in shadow, clouds in light.
_SKIES: dict[str, str] = {
    "storm sky": "303d54 4a5970 8f9ca6 2e3647 99a3b3",
    "slate sky": "40526e 5c708c adb8c2 454f63 ccd1db",
    "blue sky": "2154a1 4d87c9 b8d6eb 75859e fafafa",
    "golden sky": "455275 807885 edbd8a 61596b ffdbad",
    "rose sky": "474778 8a6e91 f2ad9e 614f73 ffbfb8",
    "violet sky": "262657 4f457a b38aa8 363057 cca1c2",
    "teal sky": "1a4a66 3d758a add1cf 385463 e0f2e8",
}
_LANDS: dict[str, str] = {
    "meadow": "618038",
    "wheat": "cca84d",
    "desert": "c98f5e",
    "heather": "806175",
    "moss": "455e38",
    "autumn": "a86b33",
}


@dataclass(frozen=True)
class Palette:
    """Colours [3] in linear light; `haze` is what the far distance fades into."""

    zenith: Floats
    middle: Floats
    horizon: Floats
    shadow: Floats
    lit: Floats
    land: Floats

    @property
    def haze(self) -> Floats:
        result: Floats = self.horizon * np.float32(0.92) + np.float32(0.02)
        return result


def palette(reading: Reading) -> Palette:
    """What the reading asks for: mostly one sky and one land, blended with their neighbours."""
    weights = reading.blend(SKIES)
    parts = zip(*([screen(c) for c in _SKIES[name].split()] for name in SKIES), strict=True)
    warmth = reading["warmth"]
    warm = np.array([1 + 0.09 * warmth, 1, 1 - 0.11 * warmth], np.float32)
    zenith, middle, horizon, shadow, lit = (blend(part, weights) * warm for part in parts)
    land = blend([screen(_LANDS[name]) for name in LANDS], reading.blend(LANDS, sharpness=3.0))
    return Palette(zenith, middle, horizon, shadow, lit, land * reading["sunlit land"])


def screen(code: str) -> Colour:
    """A colour written as on the web, `rrggbb`, as three numbers 0..1."""
    red, green, blue = bytes.fromhex(code)
    return red / 255, green / 255, blue / 255
