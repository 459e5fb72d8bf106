"""The named factors that 512 numbers are read as, and the direction in z of each."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxiway.core.errors import InvalidArgument

Z_DIM = 512


@dataclass(frozen=True)
class Factor:
    """One thing the painter can vary, evenly spread between `low` and `high` for random z."""

    name: str
    low: float
    high: float


def _shapes(name: str, count: int) -> tuple[Factor, ...]:
    return tuple(Factor(f"{name} {i}", -1.7, 1.7) for i in range(1, count + 1))


def _scores(names: tuple[str, ...], rare: tuple[str, ...] = ()) -> tuple[Factor, ...]:
    return tuple(Factor(name, -1.7, 0.9 if name in rare else 1.7) for name in names)


SKIES = ("storm sky", "slate sky", "blue sky", "golden sky", "rose sky", "violet sky", "teal sky")
LANDS = ("meadow", "wheat", "desert", "heather", "moss", "autumn")

FACTORS: tuple[Factor, ...] = (
    Factor("horizon", 0.17, 0.40),
    Factor("sun height", 3.0, 20.0),
    Factor("swing", -29.0, 29.0),
    Factor("lens", -7.0, 7.0),
    Factor("bow strength", 0.75, 1.25),
    Factor("bow width", 1.9, 2.7),
    Factor("second bow", 0.0, 1.0),
    Factor("bow fade", -1.0, 1.0),
    Factor("warmth", -1.0, 1.0),
    Factor("daylight", -0.8, 1.0),
    Factor("colour", 1.0, 1.35),
    Factor("clouds", -1.3, 1.1),
    Factor("cloud edge", 0.7, 2.0),
    Factor("cloud drift", -0.1, 0.1),
    Factor("cloud bank", -6.0, 13.0),
    Factor("rain", 0.1, 0.6),
    Factor("mist", 0.2, 1.0),
    Factor("mountains", -6.0, 9.0),
    Factor("snow", -1.0, 1.0),
    Factor("hills", -1.5, 4.5),
    Factor("trees", -0.8, 1.0),
    Factor("water", -2.1, 1.6),
    Factor("waves", 0.0, 1.0),
    Factor("shore", -0.6, 1.0),
    Factor("furrows", -1.0, 1.0),
    Factor("flowers", -1.0, 1.0),
    Factor("sunlit land", 0.45, 1.05),
    *_scores(SKIES, rare=("rose sky", "violet sky")),
    *_scores(LANDS, rare=("desert", "heather", "autumn")),
    *_shapes("cloud shape", 4),
    *_shapes("mountain shape", 6),
    *_shapes("hill shape", 6),
    *_shapes("land shape", 3),
)
_INDEX = {factor.name: i for i, factor in enumerate(FACTORS)}


def direction(name: str) -> NDArray[np.float64]:
    """The unit vector [512] in z along which only the factor `name` changes.

    Raises InvalidArgument for an unknown name.
    """
    if name not in _INDEX:
        known = ", ".join(_INDEX)
        raise InvalidArgument(f"The painter has no factor {name!r}; it has {known}.", "name")
    found: NDArray[np.float64] = _DIRECTIONS[_INDEX[name]].copy()
    return found


def directions() -> NDArray[np.float64]:
    """Those of all factors [K, 512], in the order of FACTORS."""
    return _DIRECTIONS.copy()


def scores(z: ArrayLike) -> NDArray[np.float32]:
    """How much of every factor [N, K] is in z [N, 512]: for random z normal, of deviation 1."""
    return np.stack([_DIRECTIONS @ _unit_rms(one) for one in np.asarray(z)]).astype(np.float32)


class Reading:
    """What one z says: every factor's value by its name; psi below 1 pulls all to the middle."""

    def __init__(self, z: ArrayLike, psi: float = 1.0) -> None:
        scores = psi * (_DIRECTIONS @ _unit_rms(z))
        self._values = {
            factor.name: factor.low + (factor.high - factor.low) * _normal_cdf(score)
            for factor, score in zip(FACTORS, scores.tolist(), strict=True)
        }

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def blend(self, names: tuple[str, ...], sharpness: float = 4.0) -> list[float]:
        """Weights that sum to 1, mostly on the name with the highest value."""
        powers = [math.exp(sharpness * self[name]) for name in names]
        total = sum(powers)
        return [power / total for power in powers]

    def shape(self, name: str) -> list[float]:
        """The numbers of the factors `name 1`, `name 2`, ... in order."""
        return [value for key, value in self._values.items() if key.startswith(name + " ")]


def _unit_rms(z: ArrayLike) -> NDArray[np.float64]:
    vector = np.asarray(z, dtype=np.float64).reshape(-1)
    if vector.shape != (Z_DIM,):
        raise InvalidArgument(f"'z' takes {Z_DIM} numbers, got {vector.size}.", "z")
    if not np.isfinite(vector).all():
        raise InvalidArgument("'z' takes finite numbers, got NaN or infinity.", "z")
    largest = np.abs(vector).max()
    if largest == 0:
        return vector
    vector = vector / largest
    result: NDArray[np.float64] = vector / np.sqrt(np.mean(vector**2))
    return result


def _normal_cdf(x: float) -> float:
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def _hadamard_rows(count: int) -> NDArray[np.float64]:
    """Orthonormal rows of equal-sized entries: every one of the 512 numbers matters alike.

    Rows of a Hadamard matrix with fixed random column signs; exact on every platform.
    """
    matrix = np.ones((1, 1))
    while len(matrix) < Z_DIM:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    signs = np.random.RandomState(2021).randint(0, 2, Z_DIM) * 2 - 1
    rows: NDArray[np.float64] = matrix[1 : count + 1] * signs / math.sqrt(Z_DIM)
    return rows


_DIRECTIONS = _hadamard_rows(len(FACTORS))
