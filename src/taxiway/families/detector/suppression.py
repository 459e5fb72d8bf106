"""Of many guesses at one thing the surest."""

import numpy as np

from taxiway.families.detector.precision import Floats, Found
from taxiway.onnx_files.boxes import suppressed

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
    kept = suppressed(boxes[place], kind, SAME, most)
    return Found(boxes[place][kept], kind[kept], sure[kept])
