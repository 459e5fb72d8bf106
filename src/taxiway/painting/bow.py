"""The rainbow itself: light from the drops, laid around the point opposite the sun."""

import math

import numpy as np

from taxiway.painting.camera import View
from taxiway.painting.colours import Floats, step
from taxiway.painting.factors import Reading
from taxiway.painting.optics import BINS_PER_DEGREE, DEGREES, bow_table

# Degrees from the point opposite the sun.
_RED, _SECOND_RED, _DARK_BAND = 42.3, 50.2, 46.7
_INNER, _OUTER = 40.3, 42.6
"""Between these the first bow has colour."""


def bow(view: View, reading: Reading) -> Floats:
    """The bow's light [H, W, 3] for a sky of brightness 1; wider than in nature, to be seen."""
    angle = _from_antisolar(view, reading)
    outside = angle > _DARK_BAND
    red = np.where(outside, np.float32(_SECOND_RED), np.float32(_RED))
    light = _colour(red + (angle - red) / reading["bow width"])
    second = np.where(outside, np.float32(reading["second bow"]), np.float32(1))
    strength = second * reading["bow strength"] * _along(view, reading)
    result: Floats = light * strength[..., None]
    return result


def band(across: Floats) -> Floats:
    """The bow's colours [H, W, 3] from its inner edge (0) to its outer one (1), else dark."""
    inside = np.clip(across, 0, 1)
    ends = np.clip(np.minimum(across + 0.1, 1.1 - across) * 10, 0, 1)
    result: Floats = _colour(_INNER + (_OUTER - _INNER) * inside) * ends[..., None]
    return result


def across_band(view: View, reading: Reading) -> Floats:
    """How far out in the first bow's band each place lies [H, W]: 0 its inner edge, 1 its outer."""
    angle = _RED + (_from_antisolar(view, reading) - _RED) / reading["bow width"]
    result: Floats = (angle - _INNER) / (_OUTER - _INNER)
    return result


def _from_antisolar(view: View, reading: Reading) -> Floats:
    """Degrees [H, W] from the point opposite the sun."""
    swing, sun = math.radians(reading["swing"]), math.radians(reading["sun height"])
    ahead = view.x * math.sin(swing) + view.z * math.cos(swing)
    cosine = ahead * math.cos(sun) - view.y * math.sin(sun)
    result: Floats = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return result


def _colour(angle: Floats) -> Floats:
    """The table's colour [H, W, 3] at every angle."""
    table = _vivid()
    place = np.clip(angle * BINS_PER_DEGREE - 0.5, 0, DEGREES * BINS_PER_DEGREE - 1.01)
    index = place.astype(np.int32)
    low = table[index]
    result: Floats = low + (table[index + 1] - low) * (place - index).astype(np.float32)[..., None]
    return result


def _vivid() -> Floats:
    """The bow with half of its white taken out and its colours raised, as photographers do."""
    table = bow_table()
    table = table - 0.5 * np.maximum(table.min(axis=1, keepdims=True), 0)
    grey = table.mean(axis=1, keepdims=True)
    result: Floats = np.maximum(grey * 0.9 + (table - grey) * 1.9, -0.3)
    return result


def _along(view: View, reading: Reading) -> Floats:
    """How bright each part of the arc is: one end may fade into the sky."""
    fade = reading["bow fade"]
    side = view.azimuth - math.radians(reading["swing"])
    result: Floats = 1 - 0.75 * fade**2 * step(-0.5, 0.6, side * math.copysign(1, fade))
    return result
