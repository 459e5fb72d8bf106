"""The colours of one picture given to another: means and spreads, as Reinhard and others do it.

E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley: Color Transfer between Images (2001). They part
light from colour by the logarithm of what the eye's cones take; here it is its cube root, by the
matrices of B. Ottosson's Oklab (2020), which dark noise does not upset.
"""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.core.images import Pixels

Floats = npt.NDArray[np.float32]
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
FROM_LAB, FROM_CONES = np.linalg.inv(TO_LAB), np.linalg.inv(TO_CONES)
STEPS = np.arange(256, dtype=np.float32) / 255
LINEAR: Floats = np.where(STEPS <= 0.04045, STEPS / 12.92, ((STEPS + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
"""Light by a step of sRGB."""
SAMPLES = 65_536
"""Pixels at most of which means and spreads are taken."""
MIDDLE = 0.57
"""The light of a middle grey, which contrast leaves as it is."""
MOST_STRETCH = 4.0
"""No picture's spread becomes more than so many times what it was: noise would show."""


def lab(pixels: Pixels) -> Floats:
    """uint8 [..., 3] of sRGB as light, green to red and blue to yellow, float32 [..., 3]."""
    cones = LINEAR[pixels] @ TO_CONES.T  # [..., 3]
    return np.asarray(np.cbrt(cones) @ TO_LAB.T, np.float32)


def rgb(colours: Floats) -> Pixels:
    """The way back; what a screen cannot show is cut off."""
    light = np.clip((colours @ FROM_LAB.T) ** 3 @ FROM_CONES.T, 0, 1)  # [..., 3]
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(coded * 255 + 0.5).astype(np.uint8)


def matched(pixels: Pixels, like: Pixels, together: bool = False) -> Pixels:
    """A picture, uint8 [H, W, 3], with the mean and spread of another's colours.

    Light and the two axes of colour are fitted each by itself; `together` also fits how they vary
    with each other, by the linear map that moves colours least (F. Pitie, A. Kokaram, 2007).
    """
    here, there = lab(sampled(pixels)), lab(sampled(like))  # [N, 3]
    turn = turn_together(here, there) if together else turn_apart(here, there)
    moved = (lab(pixels) - here.mean(0)) @ turn + there.mean(0)  # [H, W, 3]
    return rgb(moved.astype(np.float32))


def turn_apart(here: Floats, there: Floats) -> Floats:
    """The matrix that stretches each axis to the other's spread, float32 [3, 3]."""
    stretch = there.std(0) / np.maximum(here.std(0), 1e-4)
    return np.diag(np.minimum(stretch, MOST_STRETCH)).astype(np.float32)


def turn_together(here: Floats, there: Floats) -> Floats:
    """The symmetric matrix that gives `here` the covariance of `there`, float32 [3, 3]."""
    least = 1e-6 * np.eye(3)
    ours, theirs = np.cov(here.T) + least, np.cov(there.T) + least
    root = power(ours, 0.5)
    turn = power(ours, -0.5) @ power(root @ theirs @ root, 0.5) @ power(ours, -0.5)
    return np.asarray(power(turn, 1, MOST_STRETCH), np.float32)


def power(
    matrix: npt.NDArray[np.float64], exponent: float, most: float = np.inf
) -> npt.NDArray[np.float64]:
    """A power of a symmetric, positive matrix, whose own values count as `most` at most."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.clip(values, 1e-15, most) ** exponent) @ vectors.T)


def sampled(pixels: Pixels) -> Pixels:
    """SAMPLES pixels at most of a picture [H, W, 3], evenly, as [N, 3]."""
    flat = pixels.reshape(-1, 3)
    return flat[:: max(1, len(flat) // SAMPLES)]


def mixed(one: Pixels, other: Pixels, share: float) -> Pixels:
    """So much of `other`, 0 to 1, over `one`, both uint8 of one shape."""
    return np.asarray(one + (other.astype(np.float32) - one) * share + 0.5).astype(np.uint8)


class Match:
    """The way from the colours of some pixels [N, 3] to those of a picture, for every frame the
    same, so that nothing flickers."""

    def __init__(self, pixels: Pixels, like: Pixels) -> None:
        here, there = lab(sampled(pixels)), lab(sampled(like))
        self._turn, self._from, self._to = turn_apart(here, there), here.mean(0), there.mean(0)

    def applied(self, pixels: Pixels, share: float) -> Pixels:
        """A picture, uint8 [H, W, 3], so far on that way, 0 to 1."""
        colours = lab(pixels)
        moved = (colours - self._from) @ self._turn + self._to
        return rgb((colours + (moved - colours) * share).astype(np.float32))


class Grade(Struct, frozen=True, kw_only=True):
    """A correction of colours; 0 changes nothing, -1 and 1 are far."""

    light: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    warmth: float = 0.0

    def applied(self, pixels: Pixels) -> Pixels:
        """A picture, uint8 [H, W, 3], corrected."""
        if not (self.light or self.contrast or self.saturation or self.warmth):
            return pixels
        colours = lab(pixels)  # [H, W, 3]
        level = (colours[:, :, 0] - MIDDLE) * 2**self.contrast + MIDDLE + 0.3 * self.light
        around = colours[:, :, 1:] * (1 + self.saturation)
        warm = around + np.array([0.02, 0.06], np.float32) * self.warmth
        return rgb(np.dstack([np.clip(level, 0, 1), warm]).astype(np.float32))
