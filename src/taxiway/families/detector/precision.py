"""How good detections are: average precision, as COCO measures it (arXiv 1405.0312)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
LEVELS = np.linspace(0.5, 0.95, 10)
"""How much of a box must be covered for it to count as found."""


class Found(NamedTuple):
    """Boxes [K, 4] of one picture (left, top, right, bottom), classes [K] and scores [K]."""

    boxes: Floats
    classes: NDArray[np.integer[Any]]
    scores: Floats


class Precision(NamedTuple):
    """The mean over classes, at half cover and over all LEVELS; `each` at half, by class."""

    ap50: float
    ap: float
    each: dict[int, float]


def precision(found: Sequence[Found], true: Sequence[Found]) -> Precision:
    """The average precision of what was found in some pictures, against what is there."""
    kinds = sorted({int(kind) for one in true for kind in one.classes})
    table = np.array([_of_class(found, true, kind) for kind in kinds]).reshape(-1, len(LEVELS))
    each = dict(zip(kinds, table[:, 0].tolist(), strict=True))
    if not kinds:
        return Precision(0.0, 0.0, each)
    return Precision(float(table[:, 0].mean()), float(table.mean()), each)


def _of_class(found: Sequence[Found], true: Sequence[Found], kind: int) -> Floats:
    """The average precision of a class at each level [10]."""
    scores, hits, total = [], [], 0
    for mine, theirs in zip(found, true, strict=True):
        guesses = np.flatnonzero(mine.classes == kind)
        guesses = guesses[np.argsort(-mine.scores[guesses], kind="stable")]
        there = theirs.boxes[theirs.classes == kind]
        total += len(there)
        scores.append(mine.scores[guesses])
        hits.append(_hits(overlaps(mine.boxes[guesses], there)))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    right = np.concatenate(hits)[order].cumsum(axis=0)  # [K, 10]
    return np.array([_area(column, total) for column in right.T])


def _hits(cover: Floats) -> NDArray[np.bool_]:
    """Which guesses [K], best first, find a box that none before has found: [K, 10]."""
    hit = np.zeros((len(cover), len(LEVELS)), bool)
    for at, level in enumerate(LEVELS):
        free = cover.copy()
        for guess, row in enumerate(free):
            if row.size and row.max() >= level:
                hit[guess, at] = True
                free[:, row.argmax()] = -1
    return hit


def _area(right: NDArray[np.integer[Any]], total: int) -> float:
    """The area under precision over recall, read at 101 recalls."""
    if not len(right):
        return 0.0
    share = right / np.arange(1, len(right) + 1)
    share = np.maximum.accumulate(share[::-1])[::-1]
    at = np.searchsorted(right / total, np.linspace(0, 1, 101) - 1e-9)
    return float(np.append(share, 0.0)[np.minimum(at, len(share))].mean())


def overlaps(a: Floats, b: Floats) -> Floats:
    """How much each of boxes a [K, 4] has in common with each of b [M, 4]: [K, M], 0..1."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas = (a[:, 2:] - a[:, :2]).prod(axis=-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(axis=-1)
    result: Floats = shared / np.maximum(areas - shared, 1e-9)
    return result
