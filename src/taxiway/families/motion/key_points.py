"""The arithmetic of first-order motion: a film's key points carried over to another picture.

A. Siarohin and others: First Order Motion Model for Image Animation (2019).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class KeyPoints(NamedTuple):
    """Places [K, 2], x and y from -1 to 1, and how a picture is turned around each [K, 2, 2]."""

    values: Floats
    jacobians: Floats | None = None


def carried(own: KeyPoints, first: KeyPoints, now: KeyPoints, amount: float = 1.0) -> KeyPoints:
    """A picture's `own` key points moved as the film's have, from its `first` frame to `now`.

    They go as far as the film's, made larger or smaller as the figure in the picture is. `amount`
    is how much of the way, 1 being all of it.
    """
    grown = np.sqrt(hull_area(own.values) / max(hull_area(first.values), 1e-12))
    scale = float(grown) if hull_area(first.values) > 1e-6 else 1.0
    values = own.values + (now.values - first.values) * scale * amount
    if own.jacobians is None or first.jacobians is None or now.jacobians is None:
        return KeyPoints(values)
    turned = now.jacobians @ np.linalg.pinv(first.jacobians)  # [K, 2, 2]
    turned = np.eye(2) + (turned - np.eye(2)) * amount
    return KeyPoints(values, turned @ own.jacobians)


def hull_area(points: Floats) -> float:
    """The area of the smallest convex shape around points [K, 2] (A. Andrew, 1979)."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    corners = [*chain(ordered)[:-1], *chain(ordered[::-1])[:-1]]
    if len(corners) < 3:
        return 0.0
    x, y = np.array(corners).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def chain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """One side of the hull of points in the order of their x: those where it turns left."""
    kept: list[tuple[float, float]] = []
    for point in points:
        while len(kept) > 1 and not turns_left(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0
