"""Pictures in rows with words beside them: what a person is shown of a find."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from taxiway.core.frame import flattened
from taxiway.core.images import Pixels

SIDE = 128
"""Pixels of a picture's shorter side on a sheet, at least."""
GAP, LINE, MARGIN = 4, 22, 8
PAPER, INK = (250, 250, 248), (40, 40, 44)


def sheet(
    rows: Sequence[Sequence[Pixels]], names: Sequence[str] = (), heads: Sequence[str] = ()
) -> Pixels:
    """Rows of pictures [H, W, 3 or 4] of one size, names at their left, heads above columns."""
    height, width = enlarged(rows[0][0]).shape[:2]
    font = ImageFont.load_default(15)
    left = MARGIN + max((int(font.getlength(name)) + MARGIN for name in names), default=0)
    top = MARGIN + (LINE if heads else 0)
    columns = max(len(row) for row in rows)
    size = (left + columns * (width + GAP) + MARGIN, top + len(rows) * (height + GAP) + MARGIN)
    paper = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(paper)
    for i, row in enumerate(rows):
        y = top + i * (height + GAP)
        if i < len(names):
            pen.text((MARGIN, y + height // 2), names[i], INK, font, anchor="lm")
        for j, pixels in enumerate(row):
            paper.paste(Image.fromarray(enlarged(flattened(pixels))), (left + j * (width + GAP), y))
    for j, head in enumerate(heads):
        middle = left + j * (width + GAP) + width // 2
        pen.text((middle, MARGIN + LINE // 2 - 3), head, INK, font, anchor="mm")
    return np.asarray(paper)


def enlarged(pixels: Pixels) -> Pixels:
    """A small picture a whole number of times as large, smoothly."""
    height, width = pixels.shape[:2]
    times = -(-SIDE // min(height, width))
    if times == 1:
        return pixels
    size = (times * width, times * height)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
