"""The sky: its colours by height, clouds in perspective, cumulus on the horizon, rain behind."""

import math

import numpy as np

from taxiway.painting.colours import Floats, over, step
from taxiway.painting.noise import look_up, mixed, profile
from taxiway.painting.setting import Setting


def sky(scene: Setting) -> Floats:
    """The sky [H, W, 3] in linear light; below the horizon it goes on as haze."""
    height, colours = scene.view.elevation, scene.colours
    light = over(colours.horizon, colours.middle, step(0, 22, height))
    light = over(light, colours.zenith, step(12, 58, height))
    light = _cumulus(_overhead(light, scene), scene)
    result: Floats = light * (1 - _rain(scene))[..., None]
    return result


def cloud_cover(scene: Setting) -> Floats:
    """How much the clouds overhead hide of the sky, 0..1."""
    cover, _, _, _ = _over_us(scene)
    return cover


def _over_us(scene: Setting) -> tuple[Floats, Floats, Floats, Floats]:
    """Clouds on a plane above us: their cover, relief, detail and thickness."""
    reading, view = scene.reading, scene.view
    distance = 1 / (np.maximum(view.y, 0) + np.float32(0.13))
    u = view.x * distance * 0.07 + reading["cloud drift"]
    v = view.z * distance * 0.11
    shape = reading.shape("cloud shape")
    field = mixed("soft", shape)
    thick = look_up(field, u, v)
    relief = thick - look_up(field, u, v - 0.012)
    detail = look_up(mixed("fine", shape), u * 2, v * 2)
    above = thick + 0.22 * detail + reading["clouds"]  # where positive, there is cloud
    cover = step(0, reading["cloud edge"], above) * step(-1, 9, view.elevation)
    return cover, relief, detail, above


def _overhead(light: Floats, scene: Setting) -> Floats:
    """The clouds above us, lit from behind us."""
    cover, relief, detail, above = _over_us(scene)
    lit = 0.72 + 1.1 * relief + 0.12 * detail - 0.17 * np.maximum(above, 0)
    cloud = over(scene.colours.shadow, scene.colours.lit, np.clip(lit, 0, 1))
    return over(light, cloud, cover * 0.9)


def bank_cover(scene: Setting) -> Floats:
    """How much the bank of clouds on the horizon hides of the sky, 0..1."""
    below, _ = _bank(scene)
    return step(0, 2.2, below)


def _bank(scene: Setting) -> tuple[Floats, Floats]:
    """How far below the bank's top a place is, in degrees, and its relief."""
    reading, view = scene.reading, scene.view
    shape = reading.shape("cloud shape")
    field = mixed("fine", shape[::-1])
    u = view.azimuth * 0.16 + reading["cloud drift"]
    v = view.elevation * 0.0045
    puff = look_up(field, u, v)
    relief = puff - look_up(field, u, v + 0.012)
    top = reading["cloud bank"] + 4 * profile(shape, view.azimuth + 1, 1.5) + 1.5 * puff
    return top - view.elevation, relief


def _cumulus(light: Floats, scene: Setting) -> Floats:
    """A bank of cumulus standing on the horizon, bright above, hazy at its foot."""
    view, colours = scene.view, scene.colours
    below, relief = _bank(scene)
    lit = np.clip(0.7 + 0.35 * relief - 0.05 * below, 0, 1)
    cloud = over(colours.shadow, colours.lit, lit)
    cloud = over(cloud, colours.horizon, step(6, 0, view.elevation) * 0.6)
    return over(light, cloud, step(0, 2.2, below) * 0.9)


def _rain(scene: Setting) -> Floats:
    """How much a curtain of rain darkens the sky, 0..1: the dark ground a bow shines on."""
    reading, view = scene.reading, scene.view
    slanted = view.azimuth * 3 + view.elevation / 90
    streaks = profile(reading.shape("land shape"), slanted, 1.2)
    beside = view.azimuth * 1.1 - math.radians(reading["swing"])
    curtain = np.exp(-(beside**2)) * step(75, 8, view.elevation)
    result: Floats = curtain * (0.85 + 0.05 * streaks) * reading["rain"]
    return result
