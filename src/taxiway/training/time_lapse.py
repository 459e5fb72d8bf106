"""The sheets of a training as a film: how it learnt."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from taxiway.core.images import Pixels, rgb_pixels
from taxiway.film.writer import Manner, write_film

FRAMES, FPS, HOLD = 600, 8.0, 12
"""Sheets at most, frames a second, and for how many the last one stays."""


def write_footage(path: Path, sheets: Sequence[Path]) -> None:
    """Write a film of one or more sheets, oldest first; of very many, some drawn evenly.

    Raises MissingDependency without PyAV.
    """
    places = np.linspace(0, len(sheets) - 1, min(len(sheets), FRAMES)).astype(int)
    shown = [sheets[place] for place in places] + [sheets[-1]] * (HOLD - 1)
    write_film(path, frames(shown), len(shown), Manner(fps=FPS))


def frames(paths: Sequence[Path]) -> Iterator[Pixels]:
    """Sheets as pictures of one size, that of the largest; small ones keep their square pixels."""
    sizes = []
    for path in paths:
        with Image.open(path) as image:
            sizes.append(image.size)
    size = max(sizes)
    for path in paths:
        sheet = Image.fromarray(rgb_pixels(path.read_bytes(), path.name))
        yield np.asarray(sheet.resize(size, Image.Resampling.NEAREST))
