"""Sets of pictures to hold against each other: drawn from a folder, a zip file or a model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Unusable
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.training.samples import samples
from taxiway.training.datasets.pictures.crops import Plan, squares
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.features import Pictures, coloured
from taxiway.training.metrics import spread

Advance = Callable[[int], object]
_AT_ONCE = 8
FEWEST = 20
"""Pictures of a set below which its figures say nothing."""
ALIKE = 0.5
"""Levels apart, on average, below which pictures are one picture."""


def pictures_of(path: Path, count: int, size: int, advance: Advance) -> Pictures:
    """Up to `count` pictures [N, size, size, 3] drawn evenly from a folder, zip or video.

    The middle square of each is taken; what cannot be opened or is too small is passed over.
    `advance` hears how many more have been looked at. Raises InvalidArgument for too few.
    """
    plan, made = Plan(size), []
    with open_source(path, described=False) as source:
        chosen = set(np.linspace(0, source.count - 1, min(count, source.count)).astype(int))
        for i, item in enumerate(source.items):
            if i in chosen:
                made += _squares(item.read, item.name, plan)
                advance(1)
    return enough(np.array(made, np.uint8), str(path), size)


def _squares(read: Callable[[], Image.Image], name: str, plan: Plan) -> list[Pictures]:
    try:
        image = read()
    except Unusable:
        return []
    if plan.scale(*image.size) < 1:
        return []
    return [np.asarray(square) for square in squares(image, name, plan)]


def pictures_by(
    checkpoint: Path, count: int, psi: float, size: int, first: int, advance: Advance
) -> Pictures:
    """`count` pictures [N, size, size, 3] of a checkpoint: seeds from `first` on, truncated by psi.

    What is transparent in them becomes white, as in `pictures_of`.

    Raises what `read_checkpoint` raises, and InvalidArgument if the model's pictures are smaller.
    """
    generator = fast(build(read_checkpoint(checkpoint)))
    if min(generator.resolution) < size:
        raise InvalidArgument(f"'{checkpoint.name}' makes no pictures of {size} pixels.")
    plan, made = Plan(size), []
    for start in range(first, first + count, _AT_ONCE):
        seeds = range(start, min(start + _AT_ONCE, first + count))
        pictures = coloured(samples(generator, seeds, psi))
        made += [np.asarray(squares(Image.fromarray(one), "", plan)[0]) for one in pictures]
        advance(len(seeds))
    return np.stack(made)


def enough(pictures: Pictures, name: str, size: int) -> Pictures:
    """The pictures, if there are enough to measure."""
    if len(pictures) < FEWEST:
        raise InvalidArgument(
            f"A figure takes {FEWEST} pictures; '{name}' has {len(pictures)} "
            f"that can be used, of {size} pixels or more."
        )
    return pictures


def varied(pictures: Pictures, name: str) -> Pictures:
    """The pictures to hold others against, if they are not all alike."""
    if spread(pictures) < ALIKE:
        raise InvalidArgument(f"All pictures of '{name}' look alike; nothing is far from them.")
    return pictures
