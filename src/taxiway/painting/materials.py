"""A landscape after a map: each place of a label map in the painter's material, hour and weather.

`moods` and `grain` are what a network is given besides the map; `compose` is the picture that it
learns to make of them.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxiway.painting.blurring import blurred
from taxiway.painting.bow import band
from taxiway.painting.colours import Colour, Floats, linear, over, step
from taxiway.painting.factors import Reading
from taxiway.painting.ground import petals
from taxiway.painting.noise import look_up, mixed
from taxiway.painting.palette import Palette, palette, screen

MATERIALS = (
    "sky", "clouds", "fog", "rainbow", "mountain", "hill", "rock", "snow",
    "tree", "grass", "flowers", "sand", "sea", "river",
)  # fmt: skip
"""What a place of a map can be made of; its number in a map is its place here."""
_NUMBER = {name: number for number, name in enumerate(MATERIALS)}
_GROUND = [_NUMBER[name] for name in ("snow", "grass", "flowers", "sand", "sea", "river")]
_WATER = [_NUMBER["sea"], _NUMBER["river"]]

_ROCK, _WOOD, _DEEP = (0.33, 0.37, 0.46), (0.20, 0.29, 0.17), (0.05, 0.17, 0.22)
_MEADOW: Colour = screen("618038")
_SANDS: tuple[Colour, Colour] = (screen("e0c79a"), screen("c98f5e"))
_RAGGED = dict(zip(MATERIALS, (2, 13, 10, 0, 5, 2, 5, 3, 8, 2, 2, 2, 1, 2), strict=True))
"""By how many pixels (of 256) an edge of each material is ragged."""
_SOFT = dict(zip(MATERIALS, (1, 3, 11, 2, 0.6, 1, 0.6, 1, 0.6, 1.2, 1.5, 1.5, 1, 1), strict=True))
"""How soft its edges are, in pixels of 256."""
_REACH = np.array([_RAGGED[name] for name in MATERIALS], np.float32)
_HIGH = ("mountain", "snow", "rock")
_NUMBERS = ("daylight", "colour", "mist", "snow", "waves", "trees", "flowers", "furrows",
            "sunlit land", "swing", "bow strength", "clouds")  # fmt: skip

SWING = 21 + _NUMBERS.index("swing")
"""Which of the moods says from which side the light comes."""


def moods(z: ArrayLike, psi: float = 1.0) -> NDArray[np.float32]:
    """The hour and weather that the painter's z [512] stands for: [34] numbers around 0.

    The sky's five colours, the land's and its flowers' on a screen, and the factors that say how
    they are used.
    """
    reading = Reading(z, psi)
    colours = palette(reading)
    parts = (colours.zenith, colours.middle, colours.horizon, colours.shadow, colours.lit,
             colours.land, petals(reading.shape("land shape")))  # fmt: skip
    shades = np.maximum(np.stack(parts), 0).ravel() ** (1 / 2.2) * 3 - 1.5
    rest = [reading[name] / (29 if name == "swing" else 1) for name in _NUMBERS]
    numbers: NDArray[np.float32] = np.concatenate([shades, rest, [_hour(reading)]]).astype(
        np.float32
    )
    return numbers


def _hour(reading: Reading) -> float:
    return (reading["sun height"] - 11.5) / 8.5


def horizon_of(labels: NDArray[np.uint8]) -> float:
    """Where the horizon of a map lies, as a part of its height from the top.

    By how much of it is level ground, so that it moves smoothly while somebody paints.
    """
    return 1 - min(max(float(np.isin(labels, _GROUND).mean()), 0.12), 0.7)


GRAIN = 9


def grain(
    z: ArrayLike, horizon: float, size: tuple[int, int], psi: float = 1.0
) -> NDArray[np.float32]:
    """The fields [9, H, W] that clouds, waves, leaves and rocks of z are shaped by.

    Five of noise with deviation 1: soft and fine on the plane of clouds and ground, fine on an
    upright plane, stretched on the ground, and a second upright one; then the height above the
    horizon in picture heights, how near its line is (1 on it), and the two upright ones lit from
    the side and from above.
    """
    reading = Reading(z, psi)
    height, width = size
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    across = ((np.arange(width, dtype=np.float32)[None] + 0.5) / width * 2 - 1) * (width / height)
    above = horizon - rows + 0 * across
    away = np.abs(above)
    far = 1 / (away + 0.09)
    near = away / (away + np.float32(0.05))
    drift = 4 * reading["cloud drift"]
    cloud, land = reading.shape("cloud shape"), reading.shape("land shape")
    hill, peak = reading.shape("hill shape")[:4], reading.shape("mountain shape")[:4]
    u, v = across * far, far
    across = across + 0 * rows
    upright = look_up(mixed("fine", peak), across * 0.21 + drift, rows * 0.42 + 0 * across)
    second = look_up(mixed("fine", hill[::-1]), across * 0.4, rows * 0.8 + 0 * across)
    side, pixel = math.copysign(1.0, reading["swing"]), height / 256
    fields = (
        look_up(mixed("soft", cloud), u * 0.055 + drift, v * 0.09) * near**0.5,
        look_up(mixed("fine", hill), u * 0.09 + drift, v * 0.13) * near,
        upright,
        look_up(mixed("fine", land), u * 0.05, v * 0.26) * near,
        second,
        above,
        np.exp(away * -14),
        lit(upright, 3 * pixel, side),
        lit(second, 2 * pixel, side),
    )
    return np.stack(fields).astype(np.float32)


def lit(field: Floats, reach: float, side: float) -> Floats:
    """The relief [H, W] of a field lit from above and from the right (side 1) or the left (-1)."""
    step_ = max(int(reach + 0.5), 1)
    rows = np.minimum(np.arange(field.shape[0]) + step_, field.shape[0] - 1)
    columns = np.clip(np.arange(field.shape[1]) - round(step_ * side), 0, field.shape[1] - 1)
    result: Floats = field - field[rows[:, None], columns]
    return result


def ragged(labels: NDArray[np.uint8], fields: Floats) -> NDArray[np.uint8]:
    """A map [H, W] with the edges that its materials have: clouds frayed, water nearly as it is."""
    height, width = labels.shape
    pixel = height / 256
    reach = blurred(_REACH[labels], 6 * pixel) * (0.6 * pixel)
    rows, columns = np.mgrid[:height, :width]
    down = np.clip(np.rint(rows + reach * fields[2]), 0, height - 1).astype(int)
    right = np.clip(np.rint(columns + reach * fields[4]), 0, width - 1).astype(int)
    result: NDArray[np.uint8] = labels[down, right]
    return result


def below_top(labels: NDArray[np.uint8], names: tuple[str, ...] = _HIGH) -> Floats:
    """How far below the upper edge of its own heap a place [H, W] is, in picture heights."""
    there = np.isin(labels, [_NUMBER[name] for name in names])
    rows = np.arange(len(there))[:, None]
    edge = np.maximum.accumulate(np.where(there, -1, rows), axis=0)
    depth = (rows - edge).astype(np.float32) / len(there)
    return blurred(depth, 2.5 * len(there) / 256)


def snow_cover(labels: NDArray[np.uint8], fields: Floats, snow: float) -> Floats:
    """How much of each place [H, W] of a mountain lies under snow: its heights, by the factor."""
    reach = 0.09 + 0.13 * snow + 0.035 * fields[2] + 0.02 * fields[4]
    cover: Floats = step(-0.012, 0.03, reach - below_top(labels))
    return cover * min(max(1.2 * snow + 0.9, 0), 1)


def bloom(fields: Floats) -> Floats:
    """Where among grass there are flowers [H, W], 0..1."""
    return step(0.1, 1.3, fields[3] + 0.8 * fields[4] + 0.5 * fields[0])


def is_water(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a map has water."""
    return np.isin(labels, _WATER)


def mirrored_rows(labels: NDArray[np.uint8], fields: Floats, waves: float) -> tuple[Any, Any, Any]:
    """Which row and column [H, W] each place of water mirrors, and whether that is land or sky."""
    water = np.isin(labels, _WATER)
    height, width = water.shape
    pixel = height / 256
    rows = np.arange(height)[:, None]
    edge = np.maximum.accumulate(np.where(water, -1, rows), axis=0)
    edge = np.rint(blurred(edge.astype(np.float32), 4 * pixel)).astype(int)
    stir = fields[3] * (1 + 5 * waves) * pixel
    row = np.clip(np.rint(edge - (rows - edge) * 0.9 - 1 + stir), 0, height - 1).astype(int)
    aside = np.arange(width) + np.rint(fields[1] * pixel).astype(int)
    column = np.clip(aside, 0, width - 1)
    return row, column, ~water[row, column]


def compose(
    labels: NDArray[np.uint8], z: ArrayLike, across_bow: Floats | None = None, psi: float = 1.0
) -> NDArray[np.uint8]:
    """The picture [H, W, 3] of a map of material numbers [H, W] in the mood of z.

    `across_bow` [H, W] says how far out in the rainbow's band a place lies, 0 inside to 1 outside.
    """
    reading = Reading(z, psi)
    fields = grain(z, horizon_of(labels), labels.shape, psi)
    scene = _Scene(labels, fields, reading, palette(reading))
    light = scene.dry(across_bow)
    light = scene.wet(light)
    return _developed(light, scene)


class _Scene:
    """One picture in the making."""

    def __init__(
        self, labels: NDArray[np.uint8], fields: Floats, reading: Reading, colours: Palette
    ) -> None:
        self.reading, self.colours = reading, colours
        self.soft, self.fine, self.upright, self.stretched, self.second = fields[:5]
        self.above, self.line, self.crags, self.leaves = fields[5:]
        self.fields = fields
        self.mist = 0.8 * reading["mist"]
        self.pixel = labels.shape[0] / 256
        self.side = math.copysign(1.0, reading["swing"])
        self.land = 0.62 * colours.land + 0.38 * linear(_MEADOW) * reading["sunlit land"]
        self.parts = self._parts(labels)
        self.labels = labels

    def _parts(self, labels: NDArray[np.uint8]) -> Floats:
        """How much of each material is at each place [K, H, W]: edges ragged and softened."""
        moved = ragged(labels, self.fields)
        parts = [
            blurred((moved == k).astype(np.float32), max(_SOFT[name] * self.pixel, 0.4))
            for k, name in enumerate(MATERIALS)
        ]
        found = np.stack(parts)
        result: Floats = found / np.maximum(found.sum(0), 1e-4)
        return result

    def part(self, name: str) -> Floats:
        result: Floats = self.parts[_NUMBER[name]]
        return result

    def rim(self, name: str, reach: float) -> Floats:
        """Above 0 at upper edges of a material, below 0 at lower ones, about -1..1."""
        wide = blurred(self.part(name), reach * self.pixel)
        step_ = max(int(reach * self.pixel), 1)
        below = np.concatenate([wide[step_:], np.repeat(wide[-1:], step_, 0)])
        above = np.concatenate([np.repeat(wide[:1], step_, 0), wide[:-step_]])
        result: Floats = below - above
        return result

    def relief(self, field: Floats, reach: float) -> Floats:
        """A field lit from the side and from above."""
        return lit(field, reach * self.pixel, self.side)

    def dry(self, across_bow: Floats | None) -> Floats:
        """Everything but water [H, W, 3]."""
        shown = {
            "sky": self._sky(), "clouds": self._clouds(), "fog": self._fog(),
            "rainbow": self._rainbow(across_bow), "mountain": self._mountain(),
            "hill": self._hill(), "rock": self._rock(), "snow": self._snow(),
            "tree": self._tree(), "grass": self._grass(), "flowers": self._flowers(),
            "sand": self._sand(),
        }  # fmt: skip
        light = sum(self.part(name)[..., None] * colour for name, colour in shown.items())
        result: Floats = np.asarray(light, np.float32)
        return result

    def _sky(self) -> Floats:
        colours = self.colours
        light = over(colours.horizon, colours.middle, step(-0.02, 0.32, self.above))
        light = over(light, colours.zenith, step(0.2, 0.95, self.above))
        veil = step(0.4, 2.2, self.soft + 0.3 * self.fine + 0.4 * self.reading["clouds"])
        return over(light, colours.lit, 0.22 * veil)

    def _clouds(self) -> Floats:
        heap = 1.5 * self.rim("clouds", 11) + 0.5 * self.rim("clouds", 5)
        shape = 0.09 * self.relief(self.upright, 5) + 0.13 * self.relief(self.fine, 4)
        lit = 0.58 + 0.75 * heap + shape + 0.22 * self.soft + 0.06 * self.fine
        cloud = over(self.colours.shadow, self.colours.lit, np.clip(lit, 0, 1))
        thin = step(-2.2, -0.6, self.soft + 0.7 * self.upright)
        cloud = over(self._sky(), cloud, 0.35 + 0.65 * thin)
        return over(cloud, self.colours.horizon, 0.5 * self.line)

    def _fog(self) -> Floats:
        tone = 1 + 0.05 * self.soft
        fog = over(self._sky(), self.colours.haze, np.full_like(tone, 0.8))
        result: Floats = fog * tone[..., None]
        return result

    def _rainbow(self, across: Floats | None) -> Floats:
        sky = self._sky() * 0.82
        if across is None:
            return sky
        glow = band(across) * (0.55 * self.reading["bow strength"])
        result: Floats = sky + glow * (0.12 + 0.5 * float(self.colours.middle.mean() ** 0.7))
        return result

    def _mountain(self) -> Floats:
        stone = self._stone(0.34)
        shade = np.clip(0.75 + 0.35 * self.relief(self.upright, 3), 0.35, 1.1)
        white = self.colours.lit * shade[..., None]
        cover = snow_cover(self.labels, self.fields, self.reading["snow"])
        return self.hazed(over(stone, white, cover), 0.42)

    def _stone(self, rough: float) -> Floats:
        crags = self.relief(self.upright, 3) + 0.45 * self.relief(self.upright, 8)
        tone = 1 + rough * (crags + 0.5 * self.relief(self.second, 2))
        rosy = over(linear(_ROCK), self.colours.land, np.full_like(tone, 0.22))
        sun = 0.75 + 0.35 * self.reading["sunlit land"]
        result: Floats = rosy * (np.clip(tone, 0.3, 2) * sun)[..., None]
        return result

    def hazed(self, colour: Floats, depth: float) -> Floats:
        """Paler the farther away, and at the foot."""
        mist = self.mist
        foot = np.exp(np.abs(self.above) / -0.045) * (0.5 * mist)
        near = np.exp(np.minimum(self.above, 0) / 0.12)
        haze = 1 - (1 - depth * (0.35 + 0.6 * mist) * near) * (1 - foot)
        return over(colour, self.colours.haze, haze)

    def _hill(self) -> Floats:
        woods = max(self.reading["trees"], 0.0)
        tone = 1 + 0.14 * self.upright + 0.10 * self.soft + 0.5 * self.rim("hill", 9)
        grass = self.land * np.clip(tone, 0.3, 1.8)[..., None]
        trees = step(-0.2, 0.9, self.second + 0.8 * self.soft - 0.8 + 1.4 * woods)
        wood = self._wood()
        return self.hazed(over(grass, wood, 0.75 * trees) * 0.85, 0.22)

    def _wood(self) -> Floats:
        leaf = over(linear(_WOOD), self.land, np.full_like(self.soft, 0.3))
        tone = 0.8 + 0.38 * self.relief(self.second, 2) + 0.12 * self.upright
        result: Floats = leaf * np.clip(tone, 0.15, 2)[..., None] * self.reading["sunlit land"]
        return result

    def _tree(self) -> Floats:
        light = 1 + 1.1 * self.rim("tree", 5) + 0.4 * self.rim("tree", 14)
        return self.hazed(self._wood() * np.clip(light, 0.4, 2.2)[..., None], 0.06)

    def _rock(self) -> Floats:
        light = np.clip(0.85 + 0.9 * self.rim("rock", 6), 0.4, 1.6)
        return self.hazed(self._stone(0.5) * light[..., None] * 0.85, 0.08)

    def _snow(self) -> Floats:
        tone = (
            0.9 + 0.07 * self.soft + 0.10 * self.relief(self.fine, 3) + 0.25 * self.rim("snow", 8)
        )
        blue = over(self.colours.shadow, self.colours.lit, np.clip(tone, 0.2, 1))
        return self.misty(blue * 0.98)

    def _grass(self) -> Floats:
        reading = self.reading
        rows = np.sin(self.fine * 0.8 + 9 / (np.abs(self.above) + 0.12)) * max(
            reading["furrows"], 0
        )
        tone = 1 + 0.18 * self.soft + 0.16 * self.fine + 0.17 * self.stretched + 0.12 * rows
        tone = tone + 0.13 * self.relief(self.second, 2) * np.clip(-2 * self.above, 0, 1)
        return self.misty(self.land * np.clip(tone, 0.25, 2)[..., None])

    def _flowers(self) -> Floats:
        petal = petals(self.reading.shape("land shape")) * self.reading["sunlit land"]
        second = np.roll(petal, 1) * 0.5 + petal * 0.5
        mixed_ = over(petal, second, step(-0.5, 0.5, self.fine))
        return self.misty(over(self._grass(), mixed_, 0.85 * bloom(self.fields)))

    def _sand(self) -> Floats:
        warm = step(-1, 1, np.float32(self.reading["warmth"]) + 0 * self.soft)
        sand = over(linear(_SANDS[0]), linear(_SANDS[1]), warm) * self.reading["sunlit land"]
        tone = 1 + 0.08 * self.soft + 0.10 * self.stretched + 0.05 * self.fine
        return self.misty(sand * (0.9 * tone)[..., None])

    def misty(self, colour: Floats) -> Floats:
        fog = self.line * (0.15 + 0.4 * self.mist)
        return over(colour, self.colours.haze, fog)

    def wet(self, light: Floats) -> Floats:
        """Lay the water: what stands above it mirrored, deeper in colour towards us."""
        water = self.part("sea") + self.part("river")
        if not water.any():
            return light
        calm = self.part("river") / np.maximum(water, 1e-4)
        mirror = self._mirrored(light / np.maximum(1 - water, 0.05)[..., None])
        waves = self.reading["waves"] * (1 - 0.8 * calm) + 0.15
        colours = self.colours
        plain = colours.horizon * 0.45 + colours.middle * 0.55
        mirror = over(mirror, plain, 0.75 * np.clip(waves, 0, 1))
        deep = colours.middle * 0.34 + linear(_DEEP)
        away = np.maximum(-self.above, 0)
        shown = over(deep, mirror * 0.95, np.exp(away * -(0.9 + 2.2 * waves)))
        swell = self.stretched + 0.4 * self.fine
        tone = np.clip(1 + swell * (0.05 + 0.24 * waves), 0.3, 2)
        crest = step(1.1, 2.4, swell) * np.clip(waves - 0.35, 0, 1) * 0.7
        shown = over(shown * tone[..., None], colours.lit * 0.9, crest)
        return light + self.misty(shown) * water[..., None]

    def _mirrored(self, light: Floats) -> Floats:
        """The rows above each stretch of water, upside down and stirred by waves."""
        row, column, is_dry = mirrored_rows(self.labels, self.fields, self.reading["waves"])
        seen = light[row, column]
        far = self.colours.horizon * 0.6 + self.colours.middle * 0.4
        seen = np.where(is_dry[..., None], seen, far)
        result: Floats = np.stack([blurred(seen[..., k], 1.2 * self.pixel) for k in range(3)], -1)
        return result


def _developed(light: Floats, scene: _Scene) -> NDArray[np.uint8]:
    """Linear light to a photograph, exposed for the hour's own colours."""
    colours, reading = scene.colours, scene.reading
    middle = float((0.4 * colours.middle + 0.35 * colours.horizon + 0.25 * colours.land).mean())
    light = np.maximum(light, 0) * (
        (0.27 * 1.35 ** reading["daylight"] / (middle + 0.03)) ** 0.6 * 1.45
    )
    picture = np.power(1 - np.exp(-light), np.float32(1 / 2.2))
    picture += 0.35 * (picture * picture * (3 - 2 * picture) - picture)
    grey = picture.mean(axis=-1, keepdims=True)
    picture = grey + (picture - grey) * (reading["colour"] + 0.08)
    levels: NDArray[np.uint8] = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    return levels
