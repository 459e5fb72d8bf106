"""Pictures of any size through a network that takes small ones: part by part, blended."""

from collections.abc import Callable

import numpy as np

from taxiway.core.images import Pixels
from taxiway.onnx_files.before import Array

Compute = Callable[[Pixels], Array]
"""A tile uint8 [h, w, C] to what the network makes of it, levels float32 [k h, k w, 3]."""


def tiled(pixels: Pixels, tile: tuple[int, int], overlap: int, compute: Compute) -> Pixels:
    """A picture uint8 [H, W, C] as uint8 [k H, k W, 3]; `tile` is width and height."""
    height, width = pixels.shape[:2]
    columns, rows = starts(width, tile[0], overlap), starts(height, tile[1], overlap)
    padded = np.pad(
        pixels,
        ((0, max(0, tile[1] - height)), (0, max(0, tile[0] - width)), (0, 0)),
        mode="edge",
    )
    whole, weight, scale = np.zeros((0, 0, 3), np.float32), np.zeros((0, 0, 1), np.float32), 0
    for y in rows:
        for x in columns:
            levels = compute(padded[y : y + tile[1], x : x + tile[0]])
            if not scale:
                scale = max(1, round(levels.shape[1] / tile[0]))
                size = (padded.shape[0] * scale, padded.shape[1] * scale)
                whole = np.zeros((*size, 3), np.float32)
                weight = np.zeros((*size, 1), np.float32)
                share = ramp(levels.shape[0], overlap * scale)[:, None, None]
                share = share * ramp(levels.shape[1], overlap * scale)[None, :, None]
            part = (
                np.s_[y * scale : y * scale + levels.shape[0]],
                np.s_[x * scale : x * scale + levels.shape[1]],
            )
            whole[part] += levels * share
            weight[part] += share
    found: Array = (whole / weight)[: height * scale, : width * scale]
    return np.asarray(np.rint(found).clip(0, 255), np.uint8)


def starts(side: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin, evenly, so that each two share at least `overlap` pixels."""
    if side <= tile:
        return [0]
    count = -(-(side - overlap) // max(1, tile - overlap))
    return [round(place) for place in np.linspace(0, side - tile, count)]


def ramp(side: int, overlap: int) -> Array:
    """Weights along a side that rise over the overlap at both ends, nowhere 0."""
    places = np.arange(side, dtype=np.float32) + 1
    return np.minimum(1, np.minimum(places, places[::-1]) / max(1, overlap))
