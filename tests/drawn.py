"""Small pictures and clips with exact masks, drawn for tests and for the bench of masks."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def cloud(rng: np.random.Generator, height: int, width: int, cell: int) -> Array:
    """Smooth noise from 0 to 1, float [height, width]: random values, `cell` pixels apart."""
    rows, columns = height // cell + 3, width // cell + 3
    values = rng.random((rows, columns))
    y, x = np.arange(height) / cell, np.arange(width) / cell
    top, left = y.astype(int), x.astype(int)
    down, right = smooth(y - top)[:, None], smooth(x - left)[None]
    above = values[top][:, left] * (1 - right) + values[top][:, left + 1] * right
    below = values[top + 1][:, left] * (1 - right) + values[top + 1][:, left + 1] * right
    return np.asarray(above * (1 - down) + below * down)


def smooth(t: Array) -> Array:
    """0 to 1 with flat ends."""
    return np.asarray(t * t * (3 - 2 * t))


def texture(seed: int, height: int, width: int, colours: list[tuple[int, int, int]]) -> Array:
    """A texture between colours, uint8 [height, width, 3]."""
    rng = np.random.default_rng(seed)
    noise = 0.7 * cloud(rng, height, width, 24) + 0.3 * cloud(rng, height, width, 5)  # [H, W]
    place = noise * (len(colours) - 1)
    low = np.minimum(place.astype(int), len(colours) - 2)
    share = smooth(np.clip(place - low, 0, 1))[:, :, None]
    palette = np.array(colours, float)
    return np.asarray(palette[low] * (1 - share) + palette[low + 1] * share).astype(np.uint8)


def ellipse(
    size: tuple[int, int], centre: tuple[float, float], radii: tuple[float, float], turn: float = 0
) -> Array:
    """Bool [H, W]: within an ellipse, its centre and radii (x, y) in pixels, turned by radians."""
    down, across = np.mgrid[: size[0], : size[1]]
    x, y = across - centre[0], down - centre[1]
    along, over = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.asarray((along / radii[0]) ** 2 + (over / radii[1]) ** 2 <= 1)


def iou(one: Array, other: Array) -> float:
    """The share that two masks have in common of what either has."""
    either = (one | other).sum()
    return float((one & other).sum() / either) if either else 1.0
