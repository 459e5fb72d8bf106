"""What is worth a second look in a set of boxes, though a training would take it."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from taxiway.training.datasets.boxes.found import Box, Labelled, Pictured

TINY = 4.0
"""Pixels across or down, below which a box is tiny."""
SAME = 0.9
"""Of the union of two boxes of one class, from which they are taken for one thing."""
FEW = 10
"""Boxes of a class, below which it is hardly learnt."""
WHOLE = 0.98
"""Of a picture, from which a box says nothing of a place."""
MOST_COMPARED = 500


class Fault(NamedTuple):
    """What is odd: `kind` is tiny, edge, twice, whole, few or none; `box` a number in `picture`."""

    kind: str
    says: str
    picture: str = ""
    box: int | None = None


def faults(labelled: Labelled) -> list[Fault]:
    """All of them: of the classes first, then by picture."""
    counts = Counter(box[4] for each in labelled.pictures.values() for box in each.boxes)
    found = [few(name, counts[k]) for k, name in enumerate(labelled.classes) if counts[k] < FEW]
    for name, pictured in labelled.pictures.items():
        found += of_picture(name, pictured)
    return found


def few(name: str, count: int) -> Fault:
    """A class with too few boxes."""
    if not count:
        return Fault("none", f"'{name}' has no box.")
    return Fault("few", f"'{name}' has {count} of the {FEW} boxes that a class needs at least.")


def of_picture(name: str, pictured: Pictured) -> Iterator[Fault]:
    """Those of one picture."""
    (width, height), boxes = pictured
    for number, (x, y, w, h, _) in enumerate(boxes):
        size = f"{w:.0f} x {h:.0f} pixels"
        if min(w, h) < TINY:
            yield Fault("tiny", f"A box of {size} is tiny.", name, number)
        if x < -0.5 or y < -0.5 or x + w > width + 0.5 or y + h > height + 0.5:
            yield Fault("edge", f"A box of {size} reaches over the edge.", name, number)
        if w * h >= WHOLE * width * height:
            yield Fault("whole", "A box is as large as the picture.", name, number)
    for (a, one), (b, other) in combinations(enumerate(boxes[:MOST_COMPARED]), 2):
        if one[4] == other[4] and overlap(one, other) >= SAME:
            yield Fault("twice", f"Boxes {a + 1} and {b + 1} are one thing twice.", name, b)


def overlap(one: Box, other: Box) -> float:
    """What two boxes share of what they cover together, from 0 to 1."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared or 1.0)
