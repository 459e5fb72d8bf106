"""A picture that shows whether an output works: what is wrong with it is seen at once."""

import numpy as np
from PIL import Image, ImageDraw

from taxiway.core.images import Pixels

BARS = ("white", "yellow", "cyan", "lime", "magenta", "red", "blue", "black")
"""Of which exchanged channels exchange some."""


def colour_bars(width: int, height: int, turn: float, alpha: bool = False) -> Pixels:
    """Colour bars, uint8 [H, W, 3], with a mark that goes across once in a `turn` of 1.

    A frame at the very edge shows what is cut off, "TOP LEFT" what is turned or mirrored; with
    `alpha`, as [H, W, 4], the middle third is half transparent.
    """
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for place, colour in enumerate(BARS):
        left, right = place * width // len(BARS), (place + 1) * width // len(BARS)
        draw.rectangle((left, 0, max(right - 1, left), height), fill=colour)
    x, thick = int(turn % 1 * width), max(width // 64, 1)
    draw.rectangle((x, height // 2, x + thick, height), fill="white", outline="black")
    draw.rectangle((0, 0, width - 1, height - 1), outline="white")
    size = max(min(width, height) / 12, 8)
    draw.text((size / 2, size / 2), "TOP LEFT", fill="black", font_size=size)
    pixels = np.asarray(image)
    if not alpha:
        return pixels
    opacity = np.full((height, width, 1), 255, np.uint8)
    opacity[height // 3 : 2 * height // 3] = 128
    return np.concatenate([pixels, opacity], axis=2)  # [H, W, 4]
