"""Blur with a bell, as three boxes one after the other."""

import math

import numpy as np

from taxiway.painting.colours import Floats


def blurred(field: Floats, deviation: float) -> Floats:
    """A field [H, W] blurred by a bell of so many pixels' deviation; edges are repeated."""
    if deviation < 0.9:
        return _fine(field, deviation)
    radius = max(int(math.sqrt(deviation * deviation + 0.25) + 0.5 - 1e-3), 1)
    for _ in range(2):  # rows, then columns
        for _ in range(3):
            field = _box(field, radius)
        field = np.ascontiguousarray(field.T)
    return field


def _fine(field: Floats, deviation: float) -> Floats:
    """For less than a pixel: each with its four neighbours."""
    side = math.exp(-0.5 / deviation**2)
    for _ in range(2):
        edged = np.concatenate([field[:1], field, field[-1:]])
        field = ((edged[:-2] + edged[2:]) * side + field) / (1 + 2 * side)
        field = field.T
    return field


def _box(field: Floats, radius: int) -> Floats:
    """The mean over `radius` columns on both sides."""
    width = 2 * radius + 1
    edged = np.pad(field, ((0, 0), (radius + 1, radius)), "edge")
    total = np.cumsum(edged, axis=1, dtype=np.float32)
    result: Floats = (total[:, width:] - total[:, :-width]) / np.float32(width)
    return result
