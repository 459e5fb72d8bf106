"""The bar that a rainbow model has to pass to be what Taxiway starts with, and how it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.generator import Generator, to_uint8, truncate
from taxiway.families.stylegan.training.bow_test import (
    bow_scores,
    bow_threshold,
    pass_rate,
    red_outside_rate,
)
from taxiway.families.stylegan.training.looks import flicker, frame, sharpness
from taxiway.families.stylegan.training.painted_pictures import (
    HELD_OUT,
    TRAINING,
    TWINS,
    Pictures,
    painted,
    reduced,
)
from taxiway.families.stylegan.training.samples import samples
from taxiway.painting import paint
from taxiway.training.metrics import Pair, kernel_distance, precision_recall, sliced_wasserstein
from taxiway.training.metrics import spread as spread_of

SIZE = 64
"""Pixels at which bows are looked for."""
FULL = 256
"""Pixels at which all else is compared; those of the model, where it has fewer."""
FIRST_SEED = 10_000
"""Of the pictures that are measured; the sheets show others."""
WALKS = (10_000, 1, 2, 3)
"""Seeds of the slow walks."""
PSI = 0.8
SAMPLES, FEWEST = 2000, 100
"""Pictures of each kind: for a card, and the least that say anything."""

BAR: Mapping[str, tuple[str, float]] = {
    "bow_rate_of_held_out": ("at least", 0.95),
    "hue_order_of_held_out": ("at least", 0.90),
    "bow_rate_upside_down": ("at most", 0.10),
    "kid": ("at most", 0.01),
    "sliced_wasserstein": ("at most", 90.0),
    "precision_at_psi_1": ("at least", 0.70),
    "recall_at_psi_1": ("at least", 0.40),
    "variety_of_held_out": ("at least", 0.90),
    "nearest_training_of_held_out": ("at least", 0.90),
    "slope_of_held_out": ("within", 0.10),
    "fine_of_held_out": ("within", 0.10),
    "flicker_of_painter": ("at most", 1.0),
}
"""What each figure has to be; "within" is so near to 1."""


@dataclass(frozen=True)
class Renders:
    """The painter's pictures [N, S, S, 3] that a model is held against.

    `held_out` passed the same bow test as the training's, on a threshold of other seeds; `raw` are
    all that were painted for it, `twins` have no bow, `training` is a part of what the model has
    seen: these at 64 pixels. `walks` are frames [T, S, S, 3] of each slow walk.
    """

    held_out: Pictures
    raw: Pictures
    twins: Pictures
    training: Pictures
    walks: list[Pictures]
    threshold: float


def renders(size: int, count: int) -> Renders:
    """Paint about `count` of each kind at a size of 64 pixels or more."""
    twins = reduced(painted(range(TWINS, TWINS + count), SIZE, with_bow=False), SIZE)
    # Fitted on half of the bow-less ones, told of the other half.
    threshold = bow_threshold(twins[: count // 2])
    raw = painted(range(HELD_OUT, HELD_OUT + count), size)
    training = painted(range(TRAINING, TRAINING + 2 * count), SIZE)
    held_out = raw[bow_scores(raw) > threshold]
    walks = [np.stack([paint(z, size, psi=PSI) for z in walk]) for walk in slow_walks()]
    return Renders(held_out, reduced(raw, SIZE), twins[count // 2 :], training, walks, threshold)


def slow_walks(frames: int = 16, degrees: float = 0.5) -> NDArray[np.float64]:
    """z [4, T, 512] along four great circles, so many degrees apart.

    Several, because where a walk changes little the rounding to whole levels is most of it.
    """
    angles = np.radians(degrees) * np.arange(frames)[:, None]
    ends = [np.random.RandomState(seed).randn(2, 512) for seed in WALKS]
    return np.stack([np.cos(angles) * first + np.sin(angles) * second for first, second in ends])


def measure(generator: Generator, count: int = SAMPLES) -> dict[str, float]:
    """Every figure of the bar for `count` pictures at psi 0.8 and as many at psi 1, rounded.

    Raises InvalidArgument for fewer than 100, and for a model of less than 64 pixels.
    """
    if count < FEWEST:
        raise InvalidArgument(f"'samples' takes {FEWEST} or more, got {count}.", "samples")
    pixels = generator.resolution[0]
    if pixels < SIZE:
        raise InvalidArgument(f"The bar takes models of {SIZE} pixels or more, got {pixels}.")
    size, seeds = min(pixels, FULL), range(FIRST_SEED, FIRST_SEED + count)
    real = renders(size, count)
    made, free = (taken(generator, seeds, psi, size) for psi in (PSI, 1.0))
    walks = [walked(generator, size, walk) for walk in slow_walks()]
    found = bows(made, real) | distances(made, free, real) | close_up(made, walks, real)
    return {name: round(value, 4) for name, value in found.items()}


def taken(generator: Generator, seeds: Sequence[int], psi: float, size: int) -> Pictures:
    """Samples made smaller, a few at a time: at full size all would not fit into memory."""
    parts = [seeds[i : i + 64] for i in range(0, len(seeds), 64)]
    return np.concatenate([reduced(samples(generator, part, psi), size) for part in parts])


@torch.inference_mode()
def walked(generator: Generator, size: int, walk: NDArray[np.float64]) -> Pictures:
    """The frames [T, size, size, 3] of z [T, 512] at psi 0.8."""
    z = torch.from_numpy(walk).float()[:, : generator.z_dim].to(generator.device)
    ws = truncate(generator.mapping(z), generator.w_avg, PSI, num_ws=generator.num_ws)
    return reduced(to_uint8(generator.synthesis(ws, "const")).cpu().numpy(), size)


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
    small = reduced(real.held_out, SIZE)
    return {
        "kid": kernel_distance(pair),
        "kid_at_psi_1": kernel_distance(Pair(free, real.held_out)),
        "kid_between_held_out": kernel_distance(Pair(first, second)),
        "kid_without_bow": kernel_distance(Pair(real.twins, small)),
        "sliced_wasserstein": sliced_wasserstein(pair),
        "precision_at_psi_1": precision,
        "recall_at_psi_1": recall,
        "variety_of_held_out": spread_of(made) / spread_of(real.held_out),
        "nearest_training_of_held_out": float(
            np.quantile(nearest(made, real.training), 0.01)
            / np.quantile(nearest(real.held_out, real.training), 0.01)
        ),
    }


def close_up(made: Pictures, walks: list[Pictures], real: Renders) -> dict[str, float]:
    """How sharp the pictures are, how far their frame stands out, and how steady walks are."""
    ours, theirs = sharpness(made), sharpness(real.held_out)
    unsteady, of_painter = ([flicker(one) for one in some] for some in (walks, real.walks))
    return {
        **ours,
        **{f"{name}_of_held_out": ours[name] / theirs[name] for name in ours},
        "frame": frame(made),
        "frame_of_held_out": frame(made) / frame(real.held_out),
        "flicker_of_painter": float(np.mean(unsteady) / np.mean(of_painter)),
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
        f"{name} is {found[name]:g}, which should be {word} {limit:g}"
        f"{' of 1' if word == 'within' else ''}."
        for name, (word, limit) in BAR.items()
        if not _passes(found[name], word, limit)
    ]


def _passes(figure: float, word: str, limit: float) -> bool:
    if word == "within":
        return abs(figure - 1) <= limit
    return figure >= limit if word == "at least" else figure <= limit
