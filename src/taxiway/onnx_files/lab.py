"""CIE Lab of sRGB pictures in the light of D65, in numpy."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375],
     [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]], np.float32,
)  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
EDGE = 6 / 29


def lightness(pixels: Floats) -> Floats:
    """L [h, w, 1], 0 to 100, of levels 0..255 [h, w, 3]."""
    y = _linear(pixels / 255) @ TO_XYZ[1]
    found: Floats = (116 * _root(y) - 16)[..., None].astype(np.float32)
    return found


def to_lab(pixels: Floats) -> Floats:
    """L (0 to 100), a and b [h, w, 3] of levels 0..255 [h, w, 3]."""
    x, y, z = np.moveaxis(_root(_linear(pixels / 255) @ TO_XYZ.T / WHITE), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)


def from_lab(lab: Floats) -> Floats:
    """Levels 0..255 [h, w, 3] of L, a and b [h, w, 3]; what no screen shows is cut."""
    y = (lab[..., 0] + 16) / 116
    roots = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    cubes = np.where(roots > EDGE, roots**3, 3 * EDGE**2 * (roots - 4 / 29))
    linear = np.clip((cubes * WHITE) @ np.linalg.inv(TO_XYZ).T, 0, 1)
    curved = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return (curved * 255).astype(np.float32)


def _linear(values: Floats) -> Floats:
    curved = ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4
    return np.where(values > 0.04045, curved, values / 12.92).astype(np.float32)


def _root(values: Floats) -> Floats:
    found = np.where(values > EDGE**3, np.cbrt(values), values / (3 * EDGE**2) + 4 / 29)
    return found.astype(np.float32)
