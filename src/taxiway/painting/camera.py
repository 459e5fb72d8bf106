"""The camera: which direction each pixel looks in, and how light becomes a photograph."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from taxiway.painting.colours import Floats
from taxiway.painting.factors import Reading


@dataclass(frozen=True)
class View:
    """Where every pixel [size, size] looks: unit vectors x (right), y (up), z (ahead), and angles.

    `elevation` is in degrees above the horizon, `azimuth` in radians to the right, `pixel` the
    degrees one pixel covers, `horizon` the row (from the top, in pixels) where elevation is 0.
    """

    x: Floats
    y: Floats
    z: Floats
    elevation: Floats
    azimuth: Floats
    pixel: float
    horizon: float


def look(reading: Reading, size: int) -> View:
    """The view of a level pinhole camera; the wider the lens, the more of the arc fits."""
    swing = abs(reading["swing"]) / 29.0
    degrees = 94.0 - 26.0 * _ease(swing) + reading["lens"]
    focal = 1 / math.tan(math.radians(degrees / 2))
    horizon = -1 + 2 * reading["horizon"]
    pitch = math.atan2(-horizon, focal)
    across, up = _plane(size)
    scale = 1 / np.sqrt(across * across + (up * up + focal * focal))
    y = (up * math.cos(pitch) + focal * math.sin(pitch)) * scale
    z = (focal * math.cos(pitch) - up * math.sin(pitch)) * scale
    x = across * scale
    return View(
        x=x,
        y=y,
        z=z,
        elevation=np.degrees(np.arcsin(np.clip(y, -1, 1))),
        azimuth=np.arctan2(x, z),
        pixel=math.degrees(2 / size / focal) * math.cos(pitch),
        horizon=(1 - horizon) / 2 * size,
    )


@cache
def _plane(size: int) -> tuple[Floats, Floats]:
    """Pixel centres in -1..1: to the right [1, size] and upwards [size, 1]."""
    line = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
    return line[None], -line[:, None]


def _ease(t: float) -> float:
    return t * t * (3 - 2 * t)


def develop(light: Floats, reading: Reading) -> NDArray[np.uint8]:
    """Linear light [H, W, 3] to a photograph: exposure, film curve, colour, vignette."""
    light = np.maximum(light, 0)
    middle = float(light.mean())
    light *= (0.27 * 1.35 ** reading["daylight"] / (middle + 0.03)) ** 0.6 * 1.5
    picture = np.power(1 - np.exp(-light), np.float32(1 / 2.2))
    picture += 0.35 * (picture * picture * (3 - 2 * picture) - picture)
    grey = picture.mean(axis=-1, keepdims=True)
    picture = grey + (picture - grey) * reading["colour"]
    across, up = _plane(len(picture))
    picture *= (1 - 0.06 * (across * across + up * up))[..., None]
    levels: NDArray[np.uint8] = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return levels
