"""Smooth random fields, made once: tables over the plane and profiles around the horizon."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from taxiway.painting.colours import Floats

SIDE = 256
_PROFILE = 1024


@cache
def fields(kind: str) -> Floats:
    """Periodic fields [4, 256, 256] of mean 0 and deviation 1; `kind` is 'soft' or 'fine'."""
    slope, seed = {"soft": (2.1, 3), "fine": (1.45, 5)}[kind]
    y = np.fft.fftfreq(SIDE)[:, None] * SIDE
    x = np.fft.rfftfreq(SIDE)[None] * SIDE
    frequency = np.hypot(x, y)
    frequency[0, 0] = 1
    gain = frequency**-slope * np.exp(-((frequency / 70) ** 2))
    gain *= 1 - 0.7 * np.exp(-((frequency / 2.2) ** 4))
    gain[0, 0] = 0
    white = np.fft.rfft2(np.random.RandomState(seed).standard_normal((4, SIDE, SIDE)))
    made = np.fft.irfft2(white * gain, (SIDE, SIDE))
    result: Floats = (made / made.std(axis=(1, 2), keepdims=True)).astype(np.float32)
    return result


def mixed(kind: str, weights: Sequence[float]) -> Floats:
    """One field [256, 256] of deviation 1: a weighted sum of the first fields of a kind."""
    return _weighted(fields(kind), weights)


def _weighted(parts: Floats, weights: Sequence[float]) -> Floats:
    used = np.asarray(weights, dtype=np.float32)
    used[0] += 0.6  # so that the middle of every factor is not flat
    used = used / np.sqrt((used**2).sum() + np.float32(1e-3))
    result: Floats = np.tensordot(used, parts[: len(used)], axes=1)
    return result


def look_up(field: Floats, u: Floats, v: Floats) -> Floats:
    """The field at u, v (in periods), bilinear."""
    x, y = u * SIDE, v * SIDE
    left, top = np.floor(x), np.floor(y)
    x -= left
    y -= top
    column, row = left.astype(np.int32) & 255, top.astype(np.int32) & 255
    here = row << 8 | column
    right = row << 8 | (column + 1) & 255
    down = np.int32(SIDE)
    wrap = np.int32(SIDE * SIDE - 1)
    flat = field.ravel()
    above = flat[here] + x * (flat[right] - flat[here])
    below_here, below_right = (here + down) & wrap, (right + down) & wrap
    below = flat[below_here] + x * (flat[below_right] - flat[below_here])
    result: Floats = above + y * (below - above)
    return result


@cache
def _profiles(roughness: float) -> Floats:
    """Six closed profiles [6, 1024] around the horizon, deviation 1."""
    rng = np.random.RandomState(11)
    angle = np.arange(_PROFILE) * (2 * np.pi / _PROFILE)
    made = np.zeros((6, _PROFILE))
    for frequency in range(3, 120):
        phase = rng.uniform(0, 2 * np.pi, (6, 1))
        made += frequency**-roughness * np.sin(frequency * angle + phase)
    result: Floats = (made / made.std(axis=1, keepdims=True)).astype(np.float32)
    return result


def profile(weights: Sequence[float], azimuth: Floats, roughness: float) -> Floats:
    """A ridge line at each azimuth (radians), deviation 1; roughness 1 is jagged, 2 is rolling."""
    ring = _weighted(_profiles(roughness), weights)
    place = (azimuth * np.float32(_PROFILE / (2 * np.pi)) + _PROFILE).astype(np.float32)
    left = np.floor(place)
    index = left.astype(np.int32) & (_PROFILE - 1)
    low = ring[index]
    result: Floats = low + (place - left) * (ring[(index + 1) & (_PROFILE - 1)] - low)
    return result
