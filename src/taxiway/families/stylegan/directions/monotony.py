"""Whether a direction does what its name says: does the score rise, step by step?"""

from collections.abc import Callable

import numpy as np

from taxiway.core.images import Pixels
from taxiway.families.stylegan.directions.direction import Direction, Doubles
from taxiway.families.stylegan.directions.scores import Scores
from taxiway.families.stylegan.rendering.renderer import GeneratorRenderer
from taxiway.families.stylegan.rendering.sampling import quick_pictures, sample_w

STEPS = tuple(range(-3, 4))
SEED = 77


def monotony(
    renderer: GeneratorRenderer,
    direction: Direction,
    score: Callable[[Pixels], Scores],
    count: int = 64,
    truncation: float = 0.7,
) -> float:
    """The mean rank correlation (Spearman) of a score with the steps -3..3 of `count` pictures.

    1 is a score that rises at every step of every picture, -1 one that falls.
    """
    ws = renderer.truncated(sample_w(renderer, count, SEED), truncation, renderer.num_ws)
    moved = (direction.moved(ws, step) for step in STEPS)
    pictures = np.concatenate(list(quick_pictures(renderer, moved)))
    values = score(pictures).reshape(len(STEPS), count)
    return float(np.mean([rank_correlation(column) for column in values.T]))


def rank_correlation(values: Doubles) -> float:
    """Spearman's correlation of values [N] with their places; equal values share a rank."""
    smaller = (values[:, None] > values).sum(axis=1)
    ranks = smaller + ((values[:, None] == values).sum(axis=1) - 1) / 2
    if np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks, np.arange(len(values)))[0, 1])
