"""What stands on the horizon: far mountains and nearer hills, each paler the farther it is."""

from dataclasses import dataclass

import numpy as np

from taxiway.painting.colours import Floats, linear, over, step
from taxiway.painting.noise import look_up, mixed, profile
from taxiway.painting.setting import Setting

_ROCK, _WOOD = (0.33, 0.37, 0.46), (0.20, 0.29, 0.17)


@dataclass(frozen=True)
class Range:
    """One line of heights: how deep in the haze, how high against its kind, turned how far."""

    depth: float
    scale: float
    turn: float


MOUNTAINS = (Range(0.72, 1.0, 0.0), Range(0.45, 0.6, 2.0))
HILLS = (Range(0.45, 1.0, 0.0), Range(0.18, 0.4, 3.0))


def ridges(light: Floats, scene: Setting) -> Floats:
    """Stand two ranges of mountains and two of hills before the sky [H, W, 3]."""
    for one in MOUNTAINS:
        light = _mountains(light, scene, one)
    for one in HILLS:
        light = _hills(light, scene, one)
    return light


def mountain_top(scene: Setting, one: Range) -> Floats:
    """How high a range of mountains stands in each direction, in degrees."""
    top: Floats = (scene.reading["mountains"] + 3.2 * _ridge(scene, one)) * one.scale
    return top


def _ridge(scene: Setting, one: Range) -> Floats:
    return profile(scene.reading.shape("mountain shape"), scene.view.azimuth + one.turn, 1.55)


def _mountains(light: Floats, scene: Setting, one: Range) -> Floats:
    """Rock, with snow on the heights of some."""
    reading, view = scene.reading, scene.view
    shape = reading.shape("mountain shape")
    top = mountain_top(scene, one)
    shade = look_up(
        mixed("fine", shape[:4]),
        view.azimuth * 0.5 + _ridge(scene, one) * 0.02,
        top / 60 + view.elevation / 90,
    )
    stone = linear(_ROCK) * (1 + 0.28 * shade)[..., None]
    snow_line = 7.5 - 4 * reading["snow"] + 1.2 * shade
    cover = step(0, 2.5, view.elevation - snow_line) * min(max(reading["snow"] + 0.3, 0), 1)
    snow = scene.colours.lit * (0.85 + 0.15 * shade)[..., None]
    return _stand(light, over(stone, snow, cover), top, scene, one.depth)


def hill_top(scene: Setting, one: Range) -> Floats:
    """How high a range of hills stands in each direction with its trees, in degrees."""
    reading, azimuth = scene.reading, scene.view.azimuth + one.turn
    shape, woods = reading.shape("hill shape"), max(reading["trees"], 0.0)
    crowns = np.abs(profile(shape[::-1], azimuth * 6, 1.1))
    top = (reading["hills"] + 1.7 * profile(shape, azimuth, 2.0)) * one.scale
    wooded: Floats = top + woods * (0.25 + 0.55 * crowns)
    return wooded


def _hills(light: Floats, scene: Setting, one: Range) -> Floats:
    """The land's own colour, wooded where there are trees."""
    reading, view = scene.reading, scene.view
    shape, woods = reading.shape("hill shape"), max(reading["trees"], 0.0)
    texture = look_up(mixed("fine", shape[:4]), view.azimuth + one.turn, view.elevation / 25)
    trees = np.clip((0.75 + texture * 0.3) * woods, 0, 1)
    grass = scene.colours.land * (1 + 0.16 * texture)[..., None]
    hill = over(grass, linear(_WOOD) * reading["sunlit land"], trees)
    return _stand(light, hill * 0.8, hill_top(scene, one), scene, one.depth)


def _stand(light: Floats, colour: Floats, top: Floats, scene: Setting, depth: float) -> Floats:
    """Lay a layer before the picture: a clean edge at its top (degrees), haze at its foot."""
    view, mist = scene.view, scene.reading["mist"]
    cover = np.clip((top - view.elevation) / view.pixel + 0.5, 0, 1)
    foot = np.exp(-np.maximum(view.elevation, 0) / 1.5) * (0.6 * mist)
    haze = 1 - (1 - depth * (0.35 + 0.6 * mist)) * (1 - foot)
    return over(light, over(colour, scene.colours.haze, haze), cover)
