"""Everything below the horizon: land near and far, and water that mirrors the picture above."""

import math
from dataclasses import dataclass

import numpy as np

from taxiway.painting.colours import Colour, Floats, blend, linear, over, step
from taxiway.painting.noise import look_up, mixed
from taxiway.painting.setting import Setting

_DEEP: Colour = (0.05, 0.17, 0.22)
_PETALS: tuple[Colour, ...] = ((0.98, 0.86, 0.25), (0.92, 0.30, 0.28), (0.72, 0.55, 0.92))


@dataclass(frozen=True)
class _Floor:
    """The pixels from row `first` down, as places on the ground.

    `x` (right) and `z` (ahead) are in eye heights, `slope` is how steeply each pixel looks down,
    `near` goes from 0 at the horizon to almost 1 at our feet.
    """

    first: int
    x: Floats
    z: Floats
    slope: Floats
    near: Floats


def ground(light: Floats, scene: Setting) -> Floats:
    """Lay the ground under a picture [H, W, 3] that is finished above the horizon."""
    floor = _floor(scene)
    land, water = _land(floor, scene), _water(light, floor, scene)
    shown = over(land, water, _wet(floor, scene))
    fog = np.exp(floor.slope * -26) * (0.25 + 0.6 * scene.reading["mist"])
    shown = over(shown, scene.colours.haze, fog)
    cover = np.clip(0.5 - scene.view.elevation[floor.first :] / scene.view.pixel, 0, 1)
    above, behind = light[: floor.first], light[floor.first :]
    return np.concatenate([above, over(behind, shown, cover)])


def _floor(scene: Setting) -> _Floor:
    view = scene.view
    first = max(int(view.horizon) - 2, 0)
    slope = np.maximum(-view.y[first:], np.float32(0.002))
    x, z = view.x[first:] / slope, view.z[first:] / slope
    return _Floor(first, x, z, slope, slope / (slope + np.float32(0.05)))


def water_level(scene: Setting) -> tuple[int, Floats]:
    """The first row of ground, and how much of each place from there down is water, 0..1."""
    floor = _floor(scene)
    return floor.first, _wet(floor, scene)


def _land(floor: _Floor, scene: Setting) -> Floats:
    """Uneven ground in the land's colour, here and there furrowed or in flower."""
    reading = scene.reading
    shape, x, z, near = reading.shape("land shape"), floor.x, floor.z, floor.near
    fine = mixed("fine", shape)
    broad = look_up(mixed("soft", shape), x * 0.016, z * 0.022)
    tufts = look_up(fine, x * 0.05, z * 0.05) * near
    grass = look_up(mixed("fine", shape[::-1]), x * 0.31, z * 0.19) * near**2
    turn = 0.6 * shape[0]
    rows = np.sin((x * math.cos(turn) + z * math.sin(turn)) * 2.6 + broad) * near**3
    tone = 0.22 * broad + 0.16 * tufts + 0.13 * grass
    tone = tone + rows * (0.22 * max(reading["furrows"], 0.0))
    land: Floats = scene.colours.land * (1 + tone)[..., None]
    spots = look_up(fine, x * 0.27, z * 0.2) + 0.6 * broad
    bloom = step(0.7, 2.2, spots) * near * (0.75 * max(reading["flowers"], 0.0))
    return over(land, petals(shape) * reading["sunlit land"], bloom)


def petals(shape: list[float]) -> Floats:
    powers = [math.exp(3 * value) for value in shape]
    return blend(_PETALS, [power / sum(powers) for power in powers])


def _wet(floor: _Floor, scene: Setting) -> Floats:
    """Where water stands, 0..1: a level that the uneven land rises out of, and a near shore."""
    reading = scene.reading
    field = mixed("soft", reading.shape("hill shape")[:4])
    uneven = look_up(field, floor.x * 0.02 + 0.3, floor.z * 0.03) * floor.near
    shore = step(0.25, 0.75, floor.slope) * (3 * max(reading["shore"], 0.0))
    return step(-0.06, 0.06, reading["water"] - 0.9 * uneven - shore)


def _water(light: Floats, floor: _Floor, scene: Setting) -> Floats:
    """The picture above, mirrored and broken by waves, deeper in colour towards us."""
    colours, waves = scene.colours, scene.reading["waves"]
    field = mixed("fine", scene.reading.shape("land shape"))
    swell = look_up(field, floor.x * 0.05, floor.z * 0.16) * floor.near
    mirror = _mirrored(light, floor, scene, swell * (0.004 + 0.03 * waves))
    plain = colours.horizon * 0.4 + colours.middle * 0.6
    mirror = mirror + (plain - mirror) * (0.65 * waves)
    deep = colours.middle * 0.30 + linear(_DEEP)
    water = over(deep, mirror * 0.93, np.exp(floor.slope * -(1.2 + 3 * waves)))
    result: Floats = water * (1 + swell * (0.05 + 0.25 * waves))[..., None]
    return result


def _mirrored(light: Floats, floor: _Floor, scene: Setting, wobble: Floats) -> Floats:
    """The rows above the horizon upside down, each pixel moved by `wobble` picture heights."""
    horizon, size = scene.view.horizon, light.shape[1]
    rows = np.arange(floor.first, len(light), dtype=np.float32)[:, None]
    place = np.clip(horizon - (rows - horizon) * 0.9 - 1 + wobble * size, 0, horizon - 1)
    row = place.astype(np.int32)
    columns = np.arange(size)
    upper = light[row, columns]
    result: Floats = upper + (light[row + 1, columns] - upper) * (place - row)[..., None]
    return result
