"""The figures of a rainbow model: are there bows, and how far is it from the painter?"""

import numpy as np

from taxiway.networks.generator import Generator
from taxiway.training.bow import bow_scores, bow_threshold
from taxiway.training.metrics import kid, spread
from taxiway.training.pictures import HELD_OUT, TWINS, Pictures, painted
from taxiway.training.samples import samples

SEEDS = range(10_000, 10_500)
"""Of the pictures that are measured; the sheets show others."""


def figures(generator: Generator, psi: float = 0.7) -> dict[str, float]:
    """The figures of `report`, on 500 pictures of each kind, rounded."""
    size, count = generator.resolution[0], len(SEEDS)
    found = report(
        samples(generator, SEEDS, psi),
        painted(range(HELD_OUT, HELD_OUT + count), size),
        painted(range(TWINS, TWINS + count), size, with_bow=False),
    )
    return {name: round(value, 4) for name, value in found.items()}


def report(made: Pictures, held_out: Pictures, twins: Pictures) -> dict[str, float]:
    """The figures of a model card, from pictures [N, 64, 64, 3] of three kinds.

    `made` by the model, `held_out` from the painter but never trained on, `twins` without a bow.
    A pass rate is the share whose bow score exceeds that of 95 % of the twins.
    """
    threshold = bow_threshold(twins)
    half = len(held_out) // 2
    return {
        "bow_pass_rate": pass_rate(made, threshold),
        "bow_pass_rate_held_out": pass_rate(held_out, threshold),
        "bow_pass_rate_without_bow": pass_rate(twins, threshold),
        "bow_pass_rate_upside_down": pass_rate(made[:, ::-1].copy(), threshold),
        "red_outside_rate": red_outside_rate(made),
        "red_outside_rate_held_out": red_outside_rate(held_out),
        "kid": kid(made, held_out),
        "kid_between_held_out": kid(held_out[:half], held_out[half:]),
        "kid_without_bow": kid(twins, held_out),
        "variety": spread(made) / spread(held_out),
    }


def pass_rate(pictures: Pictures, threshold: float) -> float:
    """The share of pictures whose bow score exceeds the threshold."""
    return float((bow_scores(pictures) > threshold).mean())


def red_outside_rate(pictures: Pictures) -> float:
    """The share of pictures that look more like a bow than with red and blue exchanged."""
    exchanged = np.ascontiguousarray(pictures[..., ::-1])
    return float((bow_scores(pictures) > bow_scores(exchanged)).mean())
