"""Scores learned from the painter: it knows what it painted, so a regression learns to see it.

For models of the painter's landscapes, such as rainbow.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

from taxiway.core.images import Pixels
from taxiway.families.stylegan.directions.direction import Doubles
from taxiway.families.stylegan.directions.examples import ridge
from taxiway.families.stylegan.directions.scores import Scores
from taxiway.painting import FACTORS, paint
from taxiway.painting.factors import Reading

SIDE, CELL = 32, 2
LESSONS, FIRST_SEED = 2000, 500_000
PENALTY = 0.03
FACTOR_OF = {
    "horizon height": ("horizon", 1),
    "bow to the right": ("swing", 1),
    "bow height": ("sun height", -1),
    "water": ("water", 1),
}
"""Name -> one of the painter's factors that a regression sees well, and its sign.

Correlations on unseen pictures are in docs/directions.md; the other factors have weaker ones.
"""


def painted_score(name: str) -> Callable[[Pixels], Scores]:
    """The score of a name in `FACTOR_OF`, for pictures uint8 [N, H, W, 3]; learning takes a while.

    It estimates the painter's factor, in its own units, up to a constant.
    """
    factor, sign = FACTOR_OF[name]
    coefficients = sign * lessons()[factor]

    def score(pictures: Pixels) -> Scores:
        result: Scores = features(pictures) @ coefficients
        return result

    return score


@cache
def lessons() -> dict[str, Doubles]:
    """What to multiply features by, for every factor, learned from freshly painted pictures."""
    seeds = range(FIRST_SEED, FIRST_SEED + LESSONS)
    z = [np.random.RandomState(seed).randn(512) for seed in seeds]
    seen = features(np.stack([paint(each, SIDE) for each in z]))
    readings = [Reading(each) for each in z]
    known = np.array([[reading[factor.name] for factor in FACTORS] for reading in readings])
    found = ridge(seen, known, PENALTY)
    return {factor.name: found[:, i] for i, factor in enumerate(FACTORS)}


def features(pictures: Pixels) -> Doubles:
    """The mean and the spread of colour in the cells of a 16 x 16 grid: [N, 1536], about 0..1."""
    small = [
        np.asarray(Image.fromarray(each).resize((SIDE, SIDE), Image.Resampling.BOX))
        for each in pictures
    ]
    count = SIDE // CELL
    cells = np.stack(small).reshape(-1, count, CELL, count, CELL, 3) / 255
    parts = (cells.mean(axis=(2, 4)), cells.std(axis=(2, 4)))
    return np.concatenate([part.reshape(len(small), -1) for part in parts], axis=1)
