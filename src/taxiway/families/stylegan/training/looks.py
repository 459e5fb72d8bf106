"""How pictures look close up, in figures: sharp or soft, framed or not, steady or flickering."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxiway.families.stylegan.training.painted_pictures import Pictures

Floats = NDArray[np.floating[Any]]
_BAND = (0.03, 0.9)
"""Frequencies, of Nyquist's, between which the spectrum's slope is taken."""
FINE = 0.25
"""Frequencies beyond this share of Nyquist's are fine."""
_EDGES = ((8, 12), (14, 18))
"""Rows from the edge whose means say how bright the edge should be."""


def sharpness(pictures: Pictures) -> dict[str, float]:
    """Of pictures [N, S, S, 3]: the slope of their power over frequency, both logarithms, and the
    share of it that is fine, the geometric mean over the pictures; of their brightness, under a
    Hann window.
    """
    size = pictures.shape[1]
    window = np.hanning(size).astype(np.float32)
    frequency = 2 * np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    twice = np.full(frequency.shape[1], 2.0)  # what rfft leaves away mirrors the rest
    twice[0] = twice[-1] = 1.0
    rings = np.minimum(frequency * size / 2, size).astype(int)
    counts = np.bincount(rings.ravel(), np.broadcast_to(twice, rings.shape).ravel(), size + 1)
    total, shares = np.zeros(size + 1), []
    for picture in pictures:
        grey = picture.mean(axis=2, dtype=np.float32)
        grey = (grey - grey.mean()) * window[:, None] * window
        power = np.abs(np.fft.rfft2(grey)) ** 2 * twice
        shares.append((power[frequency > FINE].sum() + 1e-9) / (power.sum() + 1e-9))
        total += np.bincount(rings.ravel(), power.ravel(), size + 1)
    places = np.arange(size + 1) * 2 / size
    inside = (places > _BAND[0]) & (places < _BAND[1])
    mean = total[inside] / counts[inside]
    slope = np.polyfit(np.log(places[inside]), np.log(mean + 1e-12), 1)[0]
    return {"slope": float(slope), "fine": float(np.exp(np.mean(np.log(shares))))}


def frame(pictures: Pictures) -> float:
    """How far, in levels, the outermost pixels are from what those further in lead to."""
    grey = pictures.mean(axis=3, dtype=np.float32)
    turned = (grey, grey[:, ::-1], grey.swapaxes(1, 2), grey.swapaxes(1, 2)[:, ::-1])
    return float(np.mean([_apart(side) for side in turned]))


def _apart(grey: Floats) -> float:
    near, far = (grey[:, slice(*rows)].mean(axis=1) for rows in _EDGES)
    return float(np.abs(grey[:, 0] - (2 * near - far)).mean())


def flicker(frames: Pictures) -> float:
    """How much of the change between frames [T, S, S, 3] of a walk is taken back by the next.

    0 where every pixel goes on evenly, 2 where it goes to and fro.
    """
    change = np.diff(frames.astype(np.float32), axis=0)
    turns = np.abs(np.diff(change, axis=0)).mean()
    return float(turns / max(np.abs(change).mean(), 1e-6))
