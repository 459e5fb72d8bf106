"""Of many guesses at one thing the surest."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxiway.families.detector.precision import Floats, Found, overlaps

SAME = 0.6
"""How much of two boxes of a class is common from which on they are one thing."""
MOST_LOOKED_AT = 400


def surest(boxes: Floats, scores: Floats, threshold: float, most: int) -> Found:
    """What is found in a picture: boxes [A, 4] whose scores [A, C] reach a threshold, the surest
    first, `most` at most, and none that lies over a surer one of its class."""
    place, kind = np.nonzero(scores >= threshold)
    sure = scores[place, kind]
    order = np.argsort(-sure, kind="stable")[:MOST_LOOKED_AT]
    place, kind, sure = place[order], kind[order], sure[order]
    kept = _apart(boxes[place], kind, most)
    return Found(boxes[place][kept], kind[kept], sure[kept])


def _apart(boxes: Floats, kinds: NDArray[np.integer[Any]], most: int) -> list[int]:
    """Greedy non-maximum suppression of boxes [K, 4], surest first."""
    same = (overlaps(boxes, boxes) > SAME) & (kinds[:, None] == kinds)
    kept: list[int] = []
    free = np.ones(len(boxes), bool)
    for guess in range(len(boxes)):
        if free[guess] and len(kept) < most:
            kept.append(guess)
            free &= ~same[guess]
    return kept
