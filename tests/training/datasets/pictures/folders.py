"""Folders of small pictures for the tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def noise(seed: int, size: tuple[int, int] = (40, 32)) -> Image.Image:
    """A picture of coarse coloured noise: none looks like another."""
    rng = np.random.RandomState(seed)
    small = Image.fromarray(rng.randint(0, 255, (8, 8, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def fill(folder: Path, count: int, first: int = 0) -> Path:
    """`count` pictures, named p000.png and on."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        noise(first + i).save(folder / f"p{i:03d}.png")
    return folder
