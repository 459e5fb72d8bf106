"""Several centres of truncation in place of one average: k-means in w.

Mokady et al. 2022, "Self-Distilled StyleGAN": pictures pulled towards the nearest of many centres
stay varied where the average would make them all alike.
"""

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument

Array = npt.NDArray[np.float32]
ROUNDS = 20
SETTLED = 0.001
"""The share of points that may still change their centre at the end."""


def find_centres(w: Array, count: int = 64, seed: int = 0) -> Array:
    """Centres [count, w_dim] of w [N, w_dim], by k-means over standardised dimensions.

    The first ones are drawn far apart (k-means++, Arthur and Vassilvitskii 2007) by `seed`.
    Raises InvalidArgument unless 1 <= count <= N.
    """
    if not 1 <= count <= len(w):
        raise InvalidArgument(f"'centres' takes 1 to {len(w)}, got {count}.", "centres")
    mean, deviation = w.mean(axis=0), w.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    points = ((w - mean) / deviation).astype(np.float32)
    random = np.random.RandomState(seed)
    squares = np.square(points).sum(axis=1)
    centres = first_centres(points, squares, count, random)
    nearest = np.full(len(points), -1)
    for _ in range(ROUNDS):
        distances = squared_distances(points, squares, centres)
        before, nearest = nearest, distances.argmin(axis=1)
        if (before != nearest).mean() <= SETTLED:
            break
        centres = moved(points, centres, nearest, distances.min(axis=1))
    return np.asarray(centres * deviation + mean, np.float32)


def first_centres(
    points: Array, squares: Array, count: int, random: np.random.RandomState
) -> Array:
    """Points drawn with a chance that grows with the square of the distance to those before."""
    chosen = [points[random.randint(len(points))]]
    away = squared_distances(points, squares, chosen[0][None])[:, 0]
    for _ in range(count - 1):
        total = away.sum(dtype=np.float64)
        chance = away / total if total > 0 else None
        chosen.append(points[random.choice(len(points), p=chance)])
        away = np.minimum(away, squared_distances(points, squares, chosen[-1][None])[:, 0])
    return np.stack(chosen)


def squared_distances(points: Array, squares: Array, centres: Array) -> Array:
    """[N, K], each number at least 0; `squares` [N] are the squared lengths of the points."""
    cross = points @ centres.T
    lengths = squares[:, None] + np.square(centres).sum(axis=1)
    return np.asarray(np.maximum(lengths - 2 * cross, 0), np.float32)


def moved(points: Array, centres: Array, nearest: npt.NDArray[np.intp], away: Array) -> Array:
    """Every centre at the mean of its points; one without points at the point furthest away."""
    belongs = (nearest == np.arange(len(centres))[:, None]).astype(np.float32)  # [K, N]
    counts = belongs.sum(axis=1, keepdims=True)
    means = belongs @ points / np.maximum(counts, 1)
    return np.asarray(np.where(counts > 0, means, points[away.argmax()]), np.float32)
