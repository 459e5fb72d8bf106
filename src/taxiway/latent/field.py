"""The latent map: an endless plane with a z at every point, smooth, and the same at every visit."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument
from taxiway.latent.sample import MAX_SEED

LEVELS = (-8, 24)
SIMILARITIES = (0.01, 0.9999)


class Field:
    """z(p) = (A cos(W p) + B sin(W p)) / sqrt(features), with W, A, B normal from the seed.

    A sum of random waves (random Fourier features, Rahimi and Recht 2007) whose frequencies are
    normal is a Gaussian field: every z is as a fresh sample, of norm near sqrt(length), and two
    points at distance d have a cosine of exp(-d^2 / 2). `similarity` turns that round.
    """

    def __init__(self, seed: int, length: int = 512, features: int = 256) -> None:
        random = np.random.RandomState(seed)
        self._waves = random.standard_normal((2, features))
        self._cosines = random.standard_normal((features, length)) / math.sqrt(features)
        self._sines = random.standard_normal((features, length)) / math.sqrt(features)

    def z(self, points: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Vectors float32 [N, length] of points [N, 2], each computed by itself.

        Raises InvalidArgument for points that are not finite.
        """
        places = np.asarray(points, np.float64)
        if not np.isfinite(places).all():
            raise InvalidArgument("A point of the map takes finite numbers.", "x")
        # In float64, so that a point gives the same float32 whatever batch it comes in.
        phases = places @ self._waves
        vectors = np.cos(phases) @ self._cosines + np.sin(phases) @ self._sines
        return vectors.astype(np.float32)


@lru_cache(maxsize=8)
def field(seed: int, length: int) -> Field:
    """The map of a seed with vectors of `length`, kept while it is in use (2 MB, 8 ms to make).

    Raises InvalidArgument unless `seed` is 0 to 4294967295.
    """
    if not 0 <= seed <= MAX_SEED:
        raise InvalidArgument(f"'field_seed' takes 0 to {MAX_SEED}, got {seed:.12g}.", "field_seed")
    return Field(seed, length)


def spacing(similarity: float, level: int = 0) -> float:
    """Distance of neighbouring tiles whose expected cosine at level 0 is `similarity`.

    Each level halves it. Raises InvalidArgument unless 0.01 <= similarity <= 0.9999 and
    -8 <= level <= 24.
    """
    low, high = SIMILARITIES
    if not low <= similarity <= high:
        raise InvalidArgument(
            f"'similarity' takes {low} to {high}, got {similarity:.6g}.", "similarity"
        )
    if not LEVELS[0] <= level <= LEVELS[1]:
        raise InvalidArgument(f"'level' takes {LEVELS[0]} to {LEVELS[1]}, got {level}.", "level")
    return math.ldexp(math.sqrt(-2 * math.log(similarity)), -level)


def tile_point(level: int, i: int, j: int, similarity: float) -> tuple[float, float]:
    """Where tile (i, j) of a level lies. Tile (2i, 2j) one level deeper is the same point, exactly.

    Raises as `spacing` does.
    """
    step = spacing(similarity, level)
    return i * step, j * step
