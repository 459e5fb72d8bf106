"""Any picture in the middle of a square, and its boxes in and out of that."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from taxiway.core.images import Pixels
from taxiway.families.detector.precision import Floats

GREY = 114
"""Around a picture that is no square."""


def letterboxed(picture: Pixels, size: int) -> Pixels:
    """A picture [H, W, 3] in the middle of a grey square of `size` pixels, its ratio kept."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.full((size, size, 3), GREY, np.uint8)
    left, top = (size - wide) // 2, (size - high) // 2
    image = Image.fromarray(picture)
    if image.size != (wide, high):
        image = image.resize((wide, high), Image.Resampling.BILINEAR, reducing_gap=2.0)
    square[top : top + high, left : left + wide] = np.asarray(image)
    return square


def normal(square: Pixels) -> NDArray[np.float32]:
    """Pixels [S, S, 3] as a network takes them: [3, S, S], -1 to 1."""
    return (square.transpose(2, 0, 1) / np.float32(127.5) - 1).astype(np.float32)


def outside_in(
    boxes: NDArray[np.float32], shape: tuple[int, ...], size: int
) -> NDArray[np.float32]:
    """Boxes [A, 4] of a letterboxed square in parts of the picture [H, W, 3] in it, cut to it."""
    part = _part(shape)
    inner = (boxes.reshape(-1, 2, 2) / size - (1 - part) / 2) / part
    result: NDArray[np.float32] = np.clip(inner, 0, 1).reshape(-1, 4).astype(np.float32)
    return result


def fitted(boxes: Floats, shape: tuple[int, ...], size: int) -> Floats:
    """Boxes [K, 4] in parts of a picture [H, W, 3] in pixels of its letterboxed square."""
    part = _part(shape)
    inner: Floats = (boxes.reshape(-1, 2, 2) * part + (1 - part) / 2) * size
    return inner.reshape(-1, 4)


def _part(shape: tuple[int, ...]) -> NDArray[Any]:
    """What a picture takes of its square, across and down."""
    height, width = shape[:2]
    return np.array([width, height]) / max(height, width)
