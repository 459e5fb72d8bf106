"""Landscapes with things in them, and where: the exact box of all that shows of each.

What a detector is trained and tested on. Things hide each other, run out of the picture and stand
among clutter that has no name; one of which less than a third shows is left out of the picture.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from taxiway.painting.bow import bow
from taxiway.painting.camera import develop
from taxiway.painting.colours import Floats, over
from taxiway.painting.factors import FACTORS, Reading, direction
from taxiway.painting.ground import ground
from taxiway.painting.ridges import ridges
from taxiway.painting.setting import Setting, setting
from taxiway.painting.sky import sky
from taxiway.painting.things import CLUTTER, THINGS, Canvas, Thing

CLASSES = ("bow", *THINGS)
SHOWS = 0.34
"""The part of a thing that is seen at least, and"""
LEAST = 30
"""the pixels of it, in a picture of 256."""
ARC = 0.01
"""The part of the picture that a bow's light is seen on at least."""
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""
_PLAIN = {
    "clouds": -1.3,
    "cloud bank": -6.0,
    "rain": 0.1,
    "hills": -1.5,
    "water": -2.1,
    "second bow": 0.0,
}
"""Factors held where the landscape itself has nothing that looks like one of the things."""


class Labelled(NamedTuple):
    """A picture [size, size, 3], boxes in it and what is in each."""

    picture: NDArray[np.uint8]
    boxes: list[Box]
    labels: list[str]


@dataclass(frozen=True)
class _Placed:
    """A thing that was drawn somewhere: `depth` is the larger the nearer it is."""

    name: str
    depth: float
    rows: slice
    columns: slice
    cover: Floats
    light: Floats
    pixels: float

    def mask(self, size: int) -> Mask:
        """Where it is, [size, size]."""
        whole = np.zeros((size, size), bool)
        whole[self.rows, self.columns] = self.cover > 0.5
        return whole


def paint_boxes(seed: int, size: int = 256, things: int = 15) -> Labelled:
    """The landscape of a seed with up to `things` things, and clutter beside them; [size, size, 3].

    Every second one has a bow, where enough of it shows.
    """
    rng = np.random.default_rng(seed)
    scene = setting(Reading(_z(rng)), size)
    placed = sorted(_placed(rng, scene, size, things), key=lambda thing: thing.depth)
    light, plain = _backdrop(scene, with_bow=bool(rng.random() < 0.5))
    kept, found, covered = _seen(placed, size)
    arc = np.abs(light - plain).max(axis=-1) > 0.07 * (plain.mean(axis=-1) + 0.05)
    arc &= ~covered & (scene.view.elevation > 0)
    if arc.sum() >= ARC * size * size:
        found.append((box_of(arc), "bow"))
    else:
        light = plain
    light = ground(light, scene)
    for thing in kept:
        behind = light[thing.rows, thing.columns]
        light[thing.rows, thing.columns] = over(behind, thing.light, thing.cover)
    picture = _grainy(develop(light, scene.reading), rng)
    return Labelled(picture, [box for box, _ in found], [name for _, name in found])


def _seen(placed: list[_Placed], size: int) -> tuple[list[_Placed], list[tuple[Box, str]], Mask]:
    """Of things, far to near, those that stay; boxes and names of what shows; what they cover."""
    kept: list[_Placed] = []
    found: list[tuple[Box, str]] = []
    covered = np.zeros((size, size), bool)
    for thing in reversed(placed):
        mask = thing.mask(size)
        if thing.name in THINGS:
            shows = mask & ~covered
            if shows.sum() < max(SHOWS * thing.pixels, LEAST * (size / 256) ** 2):
                continue
            found.append((box_of(shows), thing.name))
        kept.insert(0, thing)
        covered |= mask
    return kept, found, covered


def box_of(mask: Mask) -> Box:
    """The box (left, top, right, bottom) around all that is set in a mask [H, W]."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return float(left), float(top), float(right), float(bottom)


def _z(rng: np.random.Generator) -> Floats:
    """Numbers [512] of a landscape that is plain where things are to stand."""
    z = rng.standard_normal(512)
    for factor in FACTORS:
        if factor.name in _PLAIN:
            way = direction(factor.name)
            z = z - way * (z @ way)
            z = z + way * (-2.2 if _PLAIN[factor.name] == factor.low else 0)
    return z


def _backdrop(scene: Setting, with_bow: bool) -> tuple[Floats, Floats]:
    """The light [H, W, 3] above the horizon, and the same without its bow."""
    plain = sky(scene)
    if not with_bow:
        bare = ridges(plain, scene)
        return bare, bare
    shining = plain + bow(scene.view, scene.reading) * (0.10 + 0.40 * float(plain.mean()))
    return ridges(shining, scene), ridges(plain, scene)


def _placed(rng: np.random.Generator, scene: Setting, size: int, most: int) -> list[_Placed]:
    """Things of all kinds, each somewhere that suits it."""
    names = [*rng.choice(list(THINGS), rng.integers(3, most + 1))]
    names = [n for i, n in enumerate(names) if n != "sun" or "sun" not in names[:i]]
    names += [*rng.choice(list(CLUTTER), rng.integers(0, 7))]
    placed: list[_Placed] = []
    for name in names:
        beside = placed[rng.integers(len(placed))] if placed and rng.random() < 0.4 else None
        placed.append(_place(str(name), rng, scene, size, beside))
    return placed


def _place(
    name: str, rng: np.random.Generator, scene: Setting, size: int, beside: _Placed | None
) -> _Placed:
    """Draw a thing, perhaps `beside` another: far things are small and stand near the horizon."""
    thing, horizon = {**THINGS, **CLUTTER}[name], scene.view.horizon
    near = float(rng.random())
    if thing.high:
        height = _between(rng, thing.size) * size
        foot = rng.uniform(0.1, 1.02) * horizon
        depth = {"sun": -3.0, "cloud": -2.0, "flare": 3.0}.get(name, -1 + near)
    else:
        height = _between(rng, thing.size) * size * (0.45 + 0.55 * near)
        foot = horizon + near * (size - horizon) * 1.05
        depth = {"hill": -0.5, "pond": 0.0}.get(name, 0.1) + near
        foot = horizon + 2 if name == "hill" else foot
    width = height * _between(rng, thing.width)
    left = rng.uniform(-0.3 * width, size - 0.7 * width)
    if beside:
        left = beside.columns.start + rng.uniform(-0.6 * width, 0.6 * width)
    return _drawn(name, thing, depth, (left, foot - height, width, height), rng, scene, size)


def _drawn(
    name: str,
    thing: Thing,
    depth: float,
    box: Box,
    rng: np.random.Generator,
    scene: Setting,
    size: int,
) -> _Placed:
    """A thing in a box (left, top, width, height), which may go beyond the picture."""
    left, top, width, height = box
    columns, rows = (
        np.arange(int(left), int(left + width) + 2),
        np.arange(int(top), int(top + height) + 2),
    )
    x = ((columns + 0.5 - left) / width).astype(np.float32)[None]
    y = (1 - (rows + 0.5 - top) / height).astype(np.float32)[:, None]
    x, y = np.broadcast_arrays(x, y)
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    cover, light = thing.draw(Canvas(x, y, 1 / height), scene.colours, rng)
    cover = cover * inside
    far = max(0.0, 0.55 - depth) * 0.45 * (0.3 + scene.reading["mist"]) if not thing.high else 0.1
    light = light + (scene.colours.haze - light) * (0.0 if name == "sun" else far)
    shown_rows, shown_columns = (rows >= 0) & (rows < size), (columns >= 0) & (columns < size)
    crop = np.ix_(shown_rows, shown_columns)
    return _Placed(
        name,
        depth,
        slice(max(int(top), 0), max(int(top), 0) + int(shown_rows.sum())),
        slice(max(int(left), 0), max(int(left), 0) + int(shown_columns.sum())),
        cover[crop],
        light[crop],
        float((cover > 0.5).sum()),
    )


def _grainy(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture with the grain of a small camera."""
    grain = rng.standard_normal(picture.shape, np.float32) * rng.uniform(0, 7)
    result: NDArray[np.uint8] = np.clip(picture + grain, 0, 255).astype(np.uint8)
    return result


def _between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(rng.uniform(*bounds))
