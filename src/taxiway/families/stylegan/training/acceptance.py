"""The bar that a rainbow model has to pass to be what Taxiway starts with, and how it does."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.training.bow_test import (
    bow_scores,
    bow_threshold,
    pass_rate,
    red_outside_rate,
)
from taxiway.families.stylegan.training.painted_pictures import (
    HELD_OUT,
    TRAINING,
    TWINS,
    Pictures,
    painted,
    reduced,
)
from taxiway.families.stylegan.training.samples import samples
from taxiway.training.metrics import Pair, kernel_distance, precision_recall, sliced_wasserstein
from taxiway.training.metrics import spread as spread_of

SIZE = 64
"""Pixels at which everything is compared."""
FIRST_SEED = 10_000
"""Of the pictures that are measured; the sheets show others."""
PSI = 0.8
SAMPLES, FEWEST = 2000, 100
"""Pictures of each kind: for a card, and the least that say anything."""

BAR: Mapping[str, tuple[str, float]] = {
    "bow_rate_of_held_out": ("at least", 0.90),
    "hue_order_of_held_out": ("at least", 0.85),
    "bow_rate_upside_down": ("at most", 0.10),
    "kid": ("at most", 0.03),
    "sliced_wasserstein": ("at most", 90.0),
    "precision_at_psi_1": ("at least", 0.60),
    "recall_at_psi_1": ("at least", 0.35),
    "variety_of_held_out": ("at least", 0.80),
    "nearest_training_of_held_out": ("at least", 0.90),
}
"""What each figure has to be."""


@dataclass(frozen=True)
class Renders:
    """The painter's pictures [N, 64, 64, 3] that a model is held against.

    `held_out` passed the same bow test as the training's, on a threshold of other seeds; `raw` are
    all that were painted for it; `training` is a part of what the model has seen.
    """

    held_out: Pictures
    raw: Pictures
    twins: Pictures
    training: Pictures
    threshold: float


def renders(size: int, count: int) -> Renders:
    """Paint about `count` of each kind at a model's size, then reduce them."""
    twins = reduced(painted(range(TWINS, TWINS + count), size, with_bow=False), SIZE)
    # Fitted on half of the bow-less ones, told of the other half.
    threshold = bow_threshold(twins[: count // 2])
    raw = reduced(painted(range(HELD_OUT, HELD_OUT + count), size), SIZE)
    training = reduced(painted(range(TRAINING, TRAINING + 2 * count), size), SIZE)
    held_out = raw[bow_scores(raw) > threshold]
    return Renders(held_out, raw, twins[count // 2 :], training, threshold)


def measure(generator: Generator, count: int = SAMPLES) -> dict[str, float]:
    """Every figure of the bar for `count` pictures at psi 0.8 and as many at psi 1, rounded.

    Raises InvalidArgument for fewer than 100, and for a model of less than 64 pixels.
    """
    if count < FEWEST:
        raise InvalidArgument(f"'samples' takes {FEWEST} or more, got {count}.", "samples")
    if generator.resolution[0] < SIZE:
        pixels = generator.resolution[0]
        raise InvalidArgument(f"The bar takes models of {SIZE} pixels or more, got {pixels}.")
    real, seeds = renders(generator.resolution[0], count), range(FIRST_SEED, FIRST_SEED + count)
    made = reduced(samples(generator, seeds, PSI), SIZE)
    free = reduced(samples(generator, seeds, 1.0), SIZE)
    found = bows(made, real) | distances(made, free, real)
    return {name: round(value, 4) for name, value in found.items()}


def bows(made: Pictures, real: Renders) -> dict[str, float]:
    """How many pictures have a bow, the right way round."""
    rate, of_held_out = pass_rate(made, real.threshold), pass_rate(real.held_out, real.threshold)
    order, of_renders = red_outside_rate(made), red_outside_rate(real.held_out)
    return {
        "bow_rate": rate,
        "bow_rate_of_held_out": rate / of_held_out,
        "bow_rate_of_all_renders": pass_rate(real.raw, real.threshold),
        "bow_rate_without_bow": pass_rate(real.twins, real.threshold),
        "bow_rate_upside_down": pass_rate(made[:, ::-1].copy(), real.threshold),
        "hue_order": order,
        "hue_order_of_held_out": order / of_renders,
    }


def distances(made: Pictures, free: Pictures, real: Renders) -> dict[str, float]:
    """How far the pictures are from the painter's, from each other, and from the training's.

    `made` at psi 0.8 as people see them, `free` at psi 1.
    """
    half = len(real.held_out) // 2
    first, second = real.held_out[:half], real.held_out[half:]
    precision, recall = precision_recall(Pair(free, real.held_out))
    pair = Pair(made, real.held_out)
    return {
        "kid": kernel_distance(pair),
        "kid_at_psi_1": kernel_distance(Pair(free, real.held_out)),
        "kid_between_held_out": kernel_distance(Pair(first, second)),
        "kid_without_bow": kernel_distance(Pair(real.twins, real.held_out)),
        "sliced_wasserstein": sliced_wasserstein(pair),
        "precision_at_psi_1": precision,
        "recall_at_psi_1": recall,
        "variety_of_held_out": spread_of(made) / spread_of(real.held_out),
        "nearest_training_of_held_out": float(
            np.quantile(nearest(made, real.training), 0.01)
            / np.quantile(nearest(real.held_out, real.training), 0.01)
        ),
    }


def nearest(pictures: Pictures, known: Pictures) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The root-mean-square difference [N], in levels, of each picture to the nearest known one."""
    a, b = (torch.from_numpy(reduced(part, 32)).float().flatten(1) for part in (pictures, known))
    least = [torch.cdist(part, b).amin(1) for part in torch.split(a, 256)]
    return (torch.cat(least) / a.shape[1] ** 0.5).numpy()  # type: ignore[no-any-return]


def told(found: Mapping[str, float]) -> str:
    """The figures in lines, each with what it should be, and at the end whether they all are."""
    limits = {name: f"   {word} {limit:g}" for name, (word, limit) in BAR.items()}
    lines = [f"{name:32}{value:10.4f}{limits.get(name, '')}" for name, value in found.items()]
    return "\n".join([*lines, *(missed(found) or ["The bar is passed."])])


def missed(found: Mapping[str, float]) -> list[str]:
    """A sentence for every figure that is short of the bar."""
    return [
        f"{name} is {found[name]:g}, which should be {word} {limit:g}."
        for name, (word, limit) in BAR.items()
        if not (found[name] >= limit if word == "at least" else found[name] <= limit)
    ]
