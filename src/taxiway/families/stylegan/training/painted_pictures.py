"""The pictures a rainbow model learns from: painted, and only those whose bow is plain to see."""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taxiway.core.files import whole_file
from taxiway.families.stylegan.training.bow_test import bow_scores, bow_threshold
from taxiway.painting import paint

Pictures = NDArray[np.uint8]

_FEW = 500  # starting processes takes longer than painting as many

PART = 1000
"""Landscapes of a part, which is what is lost when painting is cut short."""

TRAINING = 0
HELD_OUT = 1_000_000
TWINS = 2_000_000
"""Where the seeds of each kind of picture start, so that none is in two of them."""


def painted(seeds: Sequence[int], size: int, with_bow: bool = True) -> Pictures:
    """The painter's pictures [N, size, size, 3] for seeds, in order; many are shared by cores."""
    one = partial(_one, size=size, with_bow=with_bow)
    if len(seeds) < _FEW:
        return np.stack([one(seed) for seed in seeds])
    # Ctrl-C reaches the whole group of processes; what it means is for the first to say.
    deaf = (signal.SIGINT, signal.SIG_IGN)
    context = get_context("spawn")
    with ProcessPoolExecutor(mp_context=context, initializer=signal.signal, initargs=deaf) as pool:
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


def parts(folder: Path, count: int, size: int) -> Iterator[Path]:
    """Files of curated pictures [N, size, size, 3] of `count` landscapes for training, in order.

    Each is painted when it is asked for, unless the folder has it from before.
    """
    threshold = None
    for first in range(TRAINING, TRAINING + count, PART):
        end = min(first + PART, TRAINING + count)
        path = folder / f"{size}px-{first}-{end}.npy"
        if not path.exists():
            threshold = twin_threshold(size) if threshold is None else threshold
            with whole_file(path) as file:
                np.save(file, curated(first, end - first, size, threshold), allow_pickle=False)
        yield path


def reduced(pictures: Pictures, size: int) -> Pictures:
    """Pictures [N, S, S, C] at a smaller size that divides S, by averaging squares of pixels."""
    factor = pictures.shape[1] // size
    if factor == 1:
        return pictures
    made = []
    for part in np.array_split(pictures, max(1, len(pictures) // 512)):
        squares = part.reshape(len(part), size, factor, size, factor, -1)
        made.append((squares.mean(axis=(2, 4), dtype=np.float32) + 0.5).astype(np.uint8))
    return np.concatenate(made)
