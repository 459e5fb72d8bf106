"""Landscapes that several tests look at, each painted once for all workers of a run."""

import os
from pathlib import Path

import numpy as np
from filelock import FileLock

from taxiway.core.files import whole_file
from taxiway.families.stylegan.training.painted_pictures import painted

BLOCK = 20
"""Landscapes in a file."""


def landscapes(seeds: range, size: int = 64, with_bow: bool = True) -> np.ndarray:
    """What `painted` gives for seeds of step 1: uint8 [N, size, size, 3]."""
    first = seeds.start // BLOCK * BLOCK
    blocks = [_block(start, size, with_bow) for start in range(first, seeds.stop, BLOCK)]
    pictures: np.ndarray = np.concatenate(blocks)[seeds.start - first :][: len(seeds)]
    return pictures


def _block(start: int, size: int, with_bow: bool) -> np.ndarray:
    # The workers of a run share it; the next run's painter may be another.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
    folder = Path(os.environ["TAXIWAY_DATA"]) / f"painted-{run}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{start}-{size}-{with_bow}.npy"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            with whole_file(path) as file:
                np.save(file, painted(range(start, start + BLOCK), size, with_bow))
        found: np.ndarray = np.load(path)
    return found
