"""The pictures a rainbow model learns from: painted, and only those whose bow is plain to see."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from taxiway.painting import paint
from taxiway.training.bow import bow_scores, bow_threshold

Pictures = NDArray[np.uint8]

_FEW = 500  # starting processes takes longer than painting as many

TRAINING = 0
HELD_OUT = 1_000_000
TWINS = 2_000_000
"""Where the seeds of each kind of picture start, so that none is in two of them."""


def painted(seeds: Sequence[int], size: int, with_bow: bool = True) -> Pictures:
    """The painter's pictures [N, size, size, 3] for seeds, in order; many are shared by cores."""
    one = partial(_one, size=size, with_bow=with_bow)
    if len(seeds) < _FEW:
        return np.stack([one(seed) for seed in seeds])
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return np.stack(list(pool.map(one, seeds, chunksize=64)))


def _one(seed: int, size: int, with_bow: bool) -> Pictures:
    return paint(np.random.RandomState(seed).randn(512), size, with_bow=with_bow)


def twin_threshold(size: int, count: int = 400) -> float:
    """The bow score that one landscape in twenty without a bow reaches."""
    return bow_threshold(painted(range(TWINS, TWINS + count), size, with_bow=False))


def curated(first_seed: int, count: int, size: int, threshold: float) -> Pictures:
    """Paint `count` pictures from `first_seed` on; keep those whose bow passes the threshold."""
    pictures = painted(range(first_seed, first_seed + count), size)
    return pictures[bow_scores(pictures) > threshold]


def reduced(pictures: Pictures, size: int) -> Pictures:
    """Pictures [N, S, S, 3] at a smaller size that divides S, by averaging squares of pixels."""
    factor = pictures.shape[1] // size
    if factor == 1:
        return pictures
    made = []
    for part in np.array_split(pictures, max(1, len(pictures) // 512)):
        squares = part.reshape(len(part), size, factor, size, factor, 3)
        made.append((squares.mean(axis=(2, 4), dtype=np.float32) + 0.5).astype(np.uint8))
    return np.concatenate(made)
