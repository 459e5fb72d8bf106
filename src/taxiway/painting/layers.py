"""What lies where in a painted landscape, exactly: each place's material, and how far it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxiway.painting.bow import across_band
from taxiway.painting.colours import Floats
from taxiway.painting.factors import Reading
from taxiway.painting.ground import water_level
from taxiway.painting.materials import MATERIALS
from taxiway.painting.ridges import HILLS, MOUNTAINS, hill_top, mountain_top
from taxiway.painting.setting import Setting, setting
from taxiway.painting.sky import bank_cover, cloud_cover

_FARTHEST = 500.0
"""In eye heights; the level ground is seen about as far."""
_MOUNTAINS_AWAY, _HILLS_AWAY = (400.0, 250.0), (140.0, 70.0)


@dataclass(frozen=True)
class Layers:
    """Of a picture [H, W]: material numbers, how far away (eye heights; the sky is infinitely
    far), and how far out in the bow's band each place of it is (0..1; 2 beside it)."""

    labels: NDArray[np.uint8]
    distance: Floats
    across_bow: Floats


def layers(z: ArrayLike, size: int = 256, *, psi: float = 1.0) -> Layers:
    """What `paint(z, size, psi=psi)` shows where."""
    scene = setting(Reading(z, psi), size)
    labels = np.full((size, size), MATERIALS.index("sky"), np.uint8)
    distance = np.full((size, size), np.inf, np.float32)
    across = across_band(scene.view, scene.reading)
    labels[(across >= 0) & (across <= 1)] = MATERIALS.index("rainbow")
    covered = np.maximum(cloud_cover(scene), bank_cover(scene)) > 0.5
    labels[covered] = MATERIALS.index("clouds")
    _stand(labels, distance, scene)
    _lie(labels, distance, scene)
    across = np.where(labels == MATERIALS.index("rainbow"), across, np.float32(2))
    return Layers(labels, distance, across)


def _stand(labels: NDArray[np.uint8], distance: Floats, scene: Setting) -> None:
    """Mountains and hills, far to near."""
    hill = "tree" if scene.reading["trees"] > 0.5 else "hill"
    tops = [(mountain_top(scene, one), away, "mountain")
            for one, away in zip(MOUNTAINS, _MOUNTAINS_AWAY, strict=True)]  # fmt: skip
    tops += [(hill_top(scene, one), away, hill)
             for one, away in zip(HILLS, _HILLS_AWAY, strict=True)]  # fmt: skip
    for top, away, name in tops:
        there = top > scene.view.elevation
        distance[there] = away
        labels[there] = MATERIALS.index(name)


def _lie(labels: NDArray[np.uint8], distance: Floats, scene: Setting) -> None:
    """Level ground and water, from the horizon's row down."""
    first, wet = water_level(scene)
    view = scene.view
    level = view.elevation[first:] < 0
    slope = np.maximum(-view.y[first:], np.float32(1 / _FARTHEST))
    away = np.hypot(view.x[first:], view.z[first:]) / slope
    distance[first:][level] = np.minimum(away, _FARTHEST)[level]
    flowers = scene.reading["flowers"] > 0.35
    sandy = scene.reading.blend(("desert", "meadow", "wheat", "moss"))[0] > 0.6
    dry = "sand" if sandy else "flowers" if flowers else "grass"
    calm = scene.reading["waves"] < 0.4
    labels[first:][level] = MATERIALS.index(dry)
    labels[first:][level & (wet > 0.5)] = MATERIALS.index("river" if calm else "sea")
