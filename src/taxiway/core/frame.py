"""A picture with what made it: the only thing that goes from the live loop to viewers and sinks."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from msgspec import Struct

from taxiway.core.images import Pixels


class Mark(Struct, frozen=True):
    """One source's newest change: its own counter, and its own clock in milliseconds."""

    seq: int
    time: float


class Frame(Struct, frozen=True, kw_only=True):
    """`pixels` uint8 [H, W, 3], the `index`-th picture since the start, never changed afterwards.

    `time` is when it was ready, in seconds of a monotonic clock; `render_ms` what the model took.
    `values` are the inputs that made it; `marks` the newest change of every source in them;
    `merged` how many changes were overtaken since the frame before.
    """

    pixels: Pixels
    index: int
    time: float
    values: Mapping[str, Any] = {}
    marks: Mapping[Hashable, Mark] = {}
    merged: int = 0
    render_ms: float = 0.0


def flattened(
    pixels: Pixels, alpha: bool = False, ground: tuple[int, int, int] = (255, 255, 255)
) -> Pixels:
    """A picture of any kind, uint8 [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], as [H, W, 3].

    Transparent parts show the ground, white; with `alpha` they stay, as [H, W, 4]. The result is
    contiguous.
    """
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    channels = pixels.shape[2]
    if channels == 1:
        pixels = np.repeat(pixels, 3, axis=2)  # [H, W, 3]
    elif channels == 4 and not alpha:
        colours = pixels[:, :, :3].astype(np.uint16)  # [H, W, 3]
        opacity = pixels[:, :, 3:].astype(np.uint16)  # [H, W, 1]
        behind = np.array(ground, np.uint16) * (255 - opacity)
        pixels = ((colours * opacity + behind + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def with_opacity(pixels: Pixels) -> Pixels:
    """A picture [H, W, 3] or [H, W, 4] as a new one [H, W, 4], opaque unless it says otherwise."""
    height, width, channels = pixels.shape
    whole = np.full((height, width, 4), 255, np.uint8)
    for channel in range(channels):  # five times as soon as three numbers at a time
        whole[:, :, channel] = pixels[:, :, channel]
    return whole


def padded(pixels: Pixels, least: int = 1) -> Pixels:
    """A picture [H, W, C] of even height and width, each `least` or more: its last row and column
    repeated. For encoders whose colours come in pairs."""
    height, width = pixels.shape[:2]
    below = max(least + least % 2, height + height % 2) - height
    right = max(least + least % 2, width + width % 2) - width
    if not below and not right:
        return np.ascontiguousarray(pixels)
    return np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")
