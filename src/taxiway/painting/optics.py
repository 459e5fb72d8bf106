"""The colours of a rainbow by angle, from geometric optics of water drops.

Descartes' construction with Fresnel's reflectances, summed over the spectrum; the primary and
secondary bow, the bright disc inside and Alexander's dark band all come out of it.
"""

import math
from functools import cache

import numpy as np

from taxiway.painting.colours import Floats

BINS_PER_DEGREE = 10
DEGREES = 70
_RAYS = 20_000
_XYZ_TO_RGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


@cache
def bow_table() -> Floats:
    """Linear RGB [700, 3] by angle from the antisolar point in tenths of a degree.

    The mean over the primary bow (40 to 43 degrees) is 1.
    """
    xyz = sum(_one_colour(length) for length in np.linspace(395.0, 690.0, 48))
    rgb = _blurred(np.asarray(xyz), degrees=0.25) @ _XYZ_TO_RGB.T
    primary = rgb[40 * BINS_PER_DEGREE : 43 * BINS_PER_DEGREE]
    table: Floats = (rgb / primary.mean()).astype(np.float32)
    return table


def _one_colour(nanometres: float) -> Floats:
    """XYZ [bins, 3] scattered by drops lit with one wavelength."""
    index = 1.3236 + 0.00316 / (nanometres / 1000) ** 2
    enter = np.arcsin(np.sqrt((np.arange(_RAYS) + 0.5) / _RAYS))
    inside = np.arcsin(np.sin(enter) / index)
    across = (np.sin(enter - inside) / np.sin(enter + inside)) ** 2
    along = (np.tan(enter - inside) / np.tan(enter + inside)) ** 2
    exits = {1: 4 * inside - 2 * enter, 2: math.pi + 2 * enter - 6 * inside}
    light = np.zeros(DEGREES * BINS_PER_DEGREE)
    for reflections, angle in exits.items():
        power = (1 - across) ** 2 * across**reflections + (1 - along) ** 2 * along**reflections
        light += _histogram(np.degrees(angle), power)
    return light[:, None] * _eye(nanometres)


def _histogram(degrees: Floats, power: Floats) -> Floats:
    """Power per solid angle in every bin."""
    bins = np.floor(degrees * BINS_PER_DEGREE).astype(int)
    seen = (bins >= 0) & (bins < DEGREES * BINS_PER_DEGREE)
    total = np.bincount(bins[seen], power[seen], DEGREES * BINS_PER_DEGREE)
    centres = (np.arange(total.size) + 0.5) / BINS_PER_DEGREE
    result: Floats = total / np.maximum(np.sin(np.radians(centres)), 0.01)
    return result


def _blurred(table: Floats, degrees: float) -> Floats:
    """Blur by the width of the sun's disc and the spread of drop sizes."""
    sigma = degrees * BINS_PER_DEGREE
    reach = np.arange(-12, 13)
    kernel = np.exp(-0.5 * (reach / sigma) ** 2)
    kernel /= kernel.sum()
    return np.stack([np.convolve(column, kernel, "same") for column in table.T], axis=-1)


def _eye(nanometres: float) -> Floats:
    """The CIE 1931 observer in Wyman's analytic lobes (Wyman, Sloan, Shirley 2013)."""

    def lobe(centre: float, below: float, above: float) -> float:
        width = below if nanometres < centre else above
        return math.exp(-0.5 * ((nanometres - centre) / width) ** 2)

    x = 1.056 * lobe(599.8, 37.9, 31.0) + 0.362 * lobe(442.0, 16.0, 26.7)
    x -= 0.065 * lobe(501.1, 20.4, 26.2)
    y = 0.821 * lobe(568.8, 46.9, 40.5) + 0.286 * lobe(530.9, 16.3, 31.1)
    z = 1.217 * lobe(437.0, 11.8, 36.0) + 0.681 * lobe(459.0, 26.0, 13.8)
    return np.array([x, y, z])
