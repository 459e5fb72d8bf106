"""Colours for labels that were given none."""

import colorsys
from typing import List

FIRST = ([214, 0, 0], [140, 59, 255])
"""As in the SDK, for the many maps of two labels."""
GOLDEN = 0.6180339887
"""Steps of this part of a circle never come near an earlier place."""


def colour(number: int) -> List[int]:
    """The colour [r, g, b] of a label id, 0 to 255; no two ids share one.

    They are the SDK's own where its palette (colorcet's `glasbey_bw`) is installed.
    """
    try:
        from colorcet import b_glasbey_bw
    except ImportError:
        return spare(number)
    return list(bytes.fromhex(b_glasbey_bw[number].lstrip("#")))


def spare(number: int) -> List[int]:
    """A colour of ours: the hue goes round, light and strength take turns."""
    if number < len(FIRST):
        return FIRST[number]
    hue, light = number * GOLDEN % 1, (0.9, 0.6, 0.75)[number % 3]
    return [round(255 * part) for part in colorsys.hsv_to_rgb(hue, (0.95, 0.6)[number % 2], light)]
