"""Sheets of samples: many small pictures as one, to be watched changing."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from taxiway.core.files import write_whole

Pictures = NDArray[np.uint8]


def sheet(pictures: Pictures) -> Pictures:
    """A square contact sheet [H, W, 3] of as many pictures as fill it."""
    side = int(len(pictures) ** 0.5)
    rows = pictures[: side * side].reshape(side, side, *pictures.shape[1:])
    return np.concatenate(np.concatenate(rows, axis=1), axis=1)


WIDE, LEAST = 768, 128
"""Pixels of a sheet, where each picture has as many as LEAST."""


def save_sheet(path: Path, pictures: Pictures, largest: int | None = None) -> None:
    """Write a contact sheet of pictures as PNG or JPEG, each of up to `largest` pixels.

    By itself that is what makes the sheet WIDE: 256 for nine.
    """
    pixels = sheet(pictures)
    largest = largest or max(LEAST, WIDE // max(1, int(len(pictures) ** 0.5)))
    image = Image.fromarray(pixels)
    if pictures.shape[1] > largest:
        side = pixels.shape[0] * largest // pictures.shape[1]
        image = image.resize((side, side), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "PNG" if path.suffix == ".png" else "JPEG", quality=92)
    write_whole(path, data.getvalue())
