"""Numbers that a picture has by itself: how bright, how warm, how sharp it is.

Each takes pictures uint8 [N, H, W, 3] and gives one number each [N]; larger is more of it.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from taxiway.core.images import Pixels

Scores = npt.NDArray[np.float64]
LUMA = np.array([0.2126, 0.7152, 0.0722])


def brightness(pictures: Pixels) -> Scores:
    """The mean luma, 0..1."""
    result: Scores = luma(pictures).mean(axis=(1, 2))
    return result


def warmth(pictures: Pixels) -> Scores:
    """Mean red less mean blue, -1..1."""
    rgb = colours(pictures)
    result: Scores = (rgb[..., 0] - rgb[..., 2]).mean(axis=(1, 2))
    return result


def saturation(pictures: Pixels) -> Scores:
    """The mean of each pixel's largest less its smallest colour, 0..1."""
    rgb = colours(pictures)
    result: Scores = np.ptp(rgb, axis=3).mean(axis=(1, 2))
    return result


def contrast(pictures: Pixels) -> Scores:
    """The standard deviation of luma."""
    result: Scores = luma(pictures).std(axis=(1, 2))
    return result


def sharpness(pictures: Pixels) -> Scores:
    """How much of the contrast is between neighbouring pixels."""
    y = luma(pictures)
    steps = np.square(np.diff(y, axis=1)).mean(axis=(1, 2))
    steps += np.square(np.diff(y, axis=2)).mean(axis=(1, 2))
    result: Scores = np.sqrt(steps) / y.std(axis=(1, 2)).clip(min=1e-3)
    return result


def cloudiness(pictures: Pixels) -> Scores:
    """How grey or white the upper third is, 0 (a pure colour) to 1."""
    rgb = colours(pictures)[:, : max(1, pictures.shape[1] // 3)]
    result: Scores = ((rgb.min(axis=3) + 0.02) / (rgb.max(axis=3) + 0.02)).mean(axis=(1, 2))
    return result


def bow_strength(pictures: Pixels) -> Scores:
    """How much narrow colour the upper two thirds have: red beside blue, as in a rainbow."""
    rgb = colours(pictures)[:, : pictures.shape[1] * 2 // 3]
    slope = rgb[..., 0] - rgb[..., 2]
    narrow = np.square(slope - smooth(slope, max(2, pictures.shape[1] // 8)))
    result: Scores = np.sqrt(narrow.mean(axis=(1, 2)))
    return result


MEASURES = (brightness, warmth, saturation, contrast, sharpness, cloudiness, bow_strength)
SCORES: dict[str, Callable[[Pixels], Scores]] = {
    score.__name__.replace("_", " "): score for score in MEASURES
}
"""By name; each is a function of pictures alone, for any model."""


def colours(pictures: Pixels) -> Scores:
    """Pictures as numbers of 0..1."""
    return pictures.astype(np.float64) / 255


def luma(pictures: Pixels) -> Scores:
    """Brightness as the eye sees it, [N, H, W] of 0..1."""
    result: Scores = colours(pictures) @ LUMA
    return result


def smooth(planes: Scores, reach: int) -> Scores:
    """The mean of `reach` x `reach` pixels around each one of planes [N, H, W], edges repeated."""
    for axis in (1, 2):
        before = reach // 2
        pad = [(0, 0)] * 3
        pad[axis] = (before + 1, reach - before - 1)
        total = np.cumsum(np.pad(planes, pad, mode="edge"), axis=axis)
        ends = total.take(range(reach, total.shape[axis]), axis=axis)
        planes = (ends - total.take(range(total.shape[axis] - reach), axis=axis)) / reach
    return planes
