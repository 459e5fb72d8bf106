"""Several pictures as one, in rows and columns."""

import math
import re
from collections.abc import Sequence

import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import MAX_PIXELS, Pixels


def columns_of(text: str, count: int, name: str = "grid") -> int:
    """How many columns `auto` (nearly square) or a number means for `count` pictures.

    Raises InvalidArgument naming the input `name` for anything else.
    """
    if text == "auto":
        return math.ceil(math.sqrt(count))
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise InvalidArgument(f"'{name}' takes auto or a number of columns, got {text!r}.", name)
    return int(text)


def cells_of(text: str, name: str = "grid") -> tuple[int, int]:
    """Columns and rows of `3x2`; raises InvalidArgument naming the input `name`."""
    match = re.fullmatch(r"([1-9][0-9]?)x([1-9][0-9]?)", text)
    if not match:
        raise InvalidArgument(f"'{name}' takes columns x rows such as 3x2, got {text!r}.", name)
    return int(match[1]), int(match[2])


def rows_of(count: int, columns: int, size: tuple[int, int]) -> int:
    """How many rows `count` pictures of a size (height, width) need.

    Raises InvalidArgument for a grid larger than any picture that Taxiway reads.
    """
    rows, (height, width) = math.ceil(count / columns), size
    if rows * height * columns * width > MAX_PIXELS:
        raise InvalidArgument(
            f"A grid has up to {MAX_PIXELS // 1_000_000} million pixels; {columns} x {rows} "
            f"pictures of {width} x {height} are more.",
            "grid",
        )
    return rows


def tiled(pictures: Sequence[Pixels], columns: int) -> Pixels:
    """Pictures [H, W, 3] of one size as one picture, row by row; what is left over is black.

    Raises InvalidArgument as `rows_of` does.
    """
    height, width, channels = pictures[0].shape
    rows = rows_of(len(pictures), columns, (height, width))
    sheet = np.zeros((rows, height, columns, width, channels), np.uint8)
    for place, picture in enumerate(pictures):
        sheet[place // columns, :, place % columns] = picture
    return sheet.reshape(rows * height, columns * width, channels)
