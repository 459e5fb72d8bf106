"""One picture, from far to near: sky, bow, ridges, ground, camera."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxiway.core.errors import InvalidArgument
from taxiway.painting.bow import bow
from taxiway.painting.camera import develop
from taxiway.painting.colours import Floats
from taxiway.painting.factors import Reading
from taxiway.painting.ground import ground
from taxiway.painting.ridges import ridges
from taxiway.painting.setting import setting
from taxiway.painting.sky import sky

SMALLEST, LARGEST = 16, 2048


def paint(
    z: ArrayLike, size: int = 256, *, psi: float = 1.0, with_bow: bool = True
) -> NDArray[np.uint8]:
    """The rainbow landscape [size, size, 3] that z [512] stands for.

    Only the direction of z counts, as in StyleGAN's mapping; z = 0 is the middle of every factor,
    and so is truncation psi = 0. A small step of z is a small change of the picture. Without its
    bow (`with_bow=False`) the same landscape serves as a twin to test bow detectors with. Raises
    InvalidArgument for another length than 512, for NaN and for a size outside 16..2048.
    """
    if not SMALLEST <= size <= LARGEST:
        raise InvalidArgument(f"'size' is {SMALLEST} to {LARGEST} pixels, got {size}.", "size")
    reading = Reading(z, psi)
    if size > 128:
        return develop(_light(reading, size, with_bow), reading)
    # Small pictures are drawn at twice the size, or fine detail would flicker.
    return develop(_halved(_light(reading, 2 * size, with_bow)), reading)


def _light(reading: Reading, size: int, with_bow: bool) -> Floats:
    """The scene [size, size, 3] in linear light."""
    scene = setting(reading, size)
    light = sky(scene)
    if with_bow:
        light = light + bow(scene.view, reading) * (0.10 + 0.40 * float(light.mean()))
    return ground(ridges(light, scene), scene)


def _halved(light: Floats) -> Floats:
    upper, lower = light[::2], light[1::2]
    result: Floats = (upper[:, ::2] + upper[:, 1::2] + lower[:, ::2] + lower[:, 1::2]) / 4
    return result
