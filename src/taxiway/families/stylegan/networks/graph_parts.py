"""Where a network is cut into parts, which a backend may compute each by itself.

A part that is numbered ends where its results are kept, so that only what follows is computed while
no more than the w of later layers change, or how these are bent.
"""

from collections.abc import Sequence
from itertools import pairwise

EXACT = 2
"""Blocks that say where things are: an edge that they move is off by levels all along. They are
small."""
MANY = 8
"""Blocks from which on results are kept: of 512 px that costs a hundredth of the time, of 256 a
twentieth."""
LARGE = 256
"""The side of a StyleGAN3's pictures from which on they are, since it takes far longer."""


def after_blocks(blocks: Sequence[str]) -> dict[str, int]:
    """The parts that end with blocks: at an eighth and a quarter of the side, before three quarters
    and half of the time."""
    return dict(zip(blocks[-4:-2], (1, 2), strict=True)) if len(blocks) >= MANY else {}


def after_layers(sides: Sequence[int]) -> dict[int, int]:
    """The parts that end with a StyleGAN3's layers, which have such sides, by the layers' numbers:
    where they grow at last."""
    if sides[-1] < LARGE:
        return {}
    steps = enumerate(pairwise(sides))
    ends = [at for at, (a, b) in steps if 4 * a >= sides[-1] and 5 * b >= 7 * a]
    return {at: part for part, at in enumerate(ends, start=1)}
