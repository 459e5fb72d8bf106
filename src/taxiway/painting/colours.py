"""Small arithmetic of colours and edges, all in linear light."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]


def linear(colour: Colour) -> Floats:
    """A colour as seen on a screen (0..1) in linear light."""
    return blend([colour], [1.0])


def blend(colours: Sequence[Colour], weights: Sequence[float]) -> Floats:
    """The weighted mean of screen colours, in linear light."""
    mean = np.asarray(weights, np.float32) @ np.asarray(colours, np.float32)
    result: Floats = mean ** np.float32(2.2)
    return result


def step(low: float, high: float, x: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth in between (either way round)."""
    t = np.clip((x - low) * (1 / (high - low)), 0, 1)
    result: Floats = t * t * (3 - 2 * t)
    return result


def over(under: Floats, colour: Floats, cover: Floats) -> Floats:
    """Lay a colour ([3] or [H, W, 3]) over another where `cover` [H, W] says: [H, W, 3]."""
    result: Floats = under + (colour - under) * cover[..., None]
    return result
