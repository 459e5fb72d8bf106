"""Shifts and turns of a picture, as the matrix that samples it anew."""

import math

import numpy as np
import numpy.typing as npt


def transform(x: float = 0, y: float = 0, rotation: float = 0) -> npt.NDArray[np.float64]:
    """The inverse [3, 3] of shifting a picture by (x, y) and turning it by `rotation` degrees.

    x is in widths to the right, y in heights down, and a turn is clockwise as seen. StyleGAN3's
    input and `grid_sample` both ask where a place of the new picture lay in the old one: hence
    the inverse (Karras et al. 2021, section 3.2).
    """
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    # The inverse of first turning, then shifting: shift back, then turn back.
    back = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]], np.float64)
    turned = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float64)
    return turned @ back
