"""Maps as people paint them: bands, heaps, blobs and strokes with a brush, from a seed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from taxiway.painting.colours import Floats
from taxiway.painting.materials import MATERIALS

_GROUND = ("grass", "grass", "flowers", "sand", "sea", "sea", "river", "snow", "rock", "hill")
_STANDING = ("mountain", "mountain", "hill", "hill", "tree", "rock", "snow")
_ABOVE = ("clouds", "clouds", "clouds", "fog")


@dataclass(frozen=True)
class Sketch:
    """Material numbers [H, W], and how far out in a rainbow's band each place of one lies."""

    labels: NDArray[np.uint8]
    across_bow: Floats


class _Hand:
    """Draws with flat colours, which are material numbers."""

    def __init__(self, seed: int, size: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = size
        self.image = Image.new("L", (size, size), 0)
        self.pen = ImageDraw.Draw(self.image)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def one(self, names: tuple[str, ...]) -> int:
        return MATERIALS.index(names[int(self.rng.integers(len(names)))])

    def blob(self, x: float, y: float, wide: float, high: float, material: int) -> None:
        """A closed wavering line around a place; all in picture widths."""
        angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        waver = self.between(0, 0.3)
        radius = np.ones_like(angle)
        for k in range(2, 7):
            radius = radius + waver / k * math.sqrt(3) * np.sin(
                k * angle + self.between(0, 2 * math.pi)
            )
        points = np.stack([x + wide * radius * np.cos(angle), y + high * radius * np.sin(angle)], 1)
        self.shape(points, material)

    def shape(self, points: Floats, material: int) -> None:
        self.pen.polygon([(float(x), float(y)) for x, y in points * self.size], fill=material)

    def stroke(self, points: Floats, width: float, material: int) -> None:
        """With a round brush."""
        line = [(float(x), float(y)) for x, y in points * self.size]
        thick = max(int(width * self.size), 1)
        self.pen.line(line, fill=material, width=thick, joint="curve")
        for x, y in (line[0], line[-1]):
            r = thick / 2
            self.pen.ellipse((x - r, y - r, x + r, y + r), fill=material)

    def edge(self, level: float, waver: float) -> Floats:
        """A line from the left to the right, straight to hilly."""
        x = np.linspace(-0.02, 1.02, 48)
        y = level + self.between(-0.3, 0.3) * waver * (x - 0.5)
        for k in range(1, 9):
            y = y + waver / k**1.1 * self.between(-0.6, 0.6) * np.sin(
                2 * math.pi * k * x * 0.6 + self.between(0, 6.3)
            )
        return np.stack([x, y], 1)

    def below(self, edge: Floats, material: int) -> None:
        ends = np.array([[1.02, 1.02], [-0.02, 1.02]])
        self.shape(np.concatenate([edge, ends]), material)


def sketch(seed: int, size: int = 256) -> Sketch:
    """The map [size, size] that a seed stands for."""
    hand = _Hand(seed, size)
    across = np.full((size, size), 2, np.float32)
    horizon = hand.between(0.42, 0.8)
    if hand.chance(0.5):
        _bow(hand, across, horizon)
    _clouds(hand, horizon)
    _heights(hand, horizon)
    _ground(hand, horizon)
    _details(hand, horizon)
    if hand.chance(0.2):
        _anything(hand)
    labels = np.asarray(hand.image).copy()
    across[labels != MATERIALS.index("rainbow")] = 2
    return Sketch(labels, across)


def example(size: int = 256) -> NDArray[np.uint8]:
    """A map to start from: a rainbow over mountains, a wood, a meadow in flower and a lake."""
    hand = _Hand(0, size)
    numbers = {name: number for number, name in enumerate(MATERIALS)}
    angle = np.linspace(math.pi * 1.04, math.pi * 1.86, 60)
    arc = np.stack([0.56 + 0.40 * np.cos(angle), 0.62 + 0.46 * np.sin(angle)], 1)
    hand.stroke(arc, 0.055, numbers["rainbow"])
    for x, y, wide, high in (
        (0.2, 0.17, 0.13, 0.05),
        (0.3, 0.14, 0.09, 0.06),
        (0.78, 0.3, 0.1, 0.04),
    ):
        hand.blob(x, y, wide, high, numbers["clouds"])
    ridge = [(-0.02, 0.5), (0.1, 0.4), (0.2, 0.46), (0.36, 0.27), (0.46, 0.38), (0.54, 0.34),
             (0.72, 0.52), (1.02, 0.56)]  # fmt: skip
    hand.below(np.array(ridge), numbers["mountain"])
    hills = [(-0.02, 0.57), (0.2, 0.55), (0.45, 0.58), (0.7, 0.5), (0.88, 0.47), (1.02, 0.5)]
    hand.below(np.array(hills), numbers["hill"])
    hand.below(np.array([(-0.02, 0.63), (1.02, 0.63)]), numbers["grass"])
    hand.below(np.array([(-0.02, 0.67), (0.4, 0.65), (1.02, 0.655)]), numbers["river"])
    shore = [(-0.02, 0.8), (0.15, 0.79), (0.35, 0.86), (0.55, 0.93), (0.8, 0.95), (1.02, 0.9)]
    hand.below(np.array(shore), numbers["grass"])
    hand.blob(0.16, 0.92, 0.13, 0.06, numbers["flowers"])
    for x, y, r in ((0.08, 0.6, 0.05), (0.15, 0.61, 0.035), (0.93, 0.62, 0.06), (0.85, 0.64, 0.03)):
        hand.blob(x, y, r, r, numbers["tree"])
    return np.asarray(hand.image).copy()


def _bow(hand: _Hand, across: Floats, horizon: float) -> None:
    """An arc of a circle, or once in a while a straight stroke, red on its outer side."""
    size, wide = hand.size, hand.between(0.035, 0.16)
    radius = hand.between(0.25, 0.75) if hand.chance(0.85) else hand.between(1, 6)
    x, y = hand.between(0.1, 0.9), horizon + hand.between(-0.15, 0.25)
    if radius >= 1:
        slant = hand.between(-0.8, 0.8)
        x, y = 0.5 - radius * math.sin(slant), hand.between(0.1, 0.5) + radius * math.cos(slant)
    rows, columns = (np.mgrid[:size, :size] + 0.5) / size
    out = (np.hypot(columns - x, rows - y) - radius) / wide + 0.5
    slip = 0.12 * np.sin(np.arctan2(rows - y, columns - x) * 9 + hand.between(0, 6))
    there = (out + slip * hand.between(0, 1) > 0) & (out + slip * hand.between(0, 1) < 1)
    if hand.chance(0.3):
        end = hand.between(0.2, 0.8)
        there &= (columns > end) if hand.chance(0.5) else (columns < end)
    across[there] = np.clip(out[there], 0, 1)
    labels = np.asarray(hand.image).copy()
    labels[there] = MATERIALS.index("rainbow")
    hand.image = Image.fromarray(labels)
    hand.pen = ImageDraw.Draw(hand.image)


def _clouds(hand: _Hand, horizon: float) -> None:
    kind = hand.between(0, 1)
    if kind < 0.12:
        hand.pen.rectangle((0, 0, hand.size, hand.size * hand.between(0.15, 0.9)),
                           fill=MATERIALS.index("clouds"))  # fmt: skip
        return
    for _ in range(int(hand.rng.integers(0, 6))):
        x, y = hand.between(0, 1), hand.between(0.02, horizon)
        material, wide = hand.one(_ABOVE), hand.between(0.04, 0.24)
        if hand.chance(0.4):
            n = int(hand.rng.integers(2, 5))
            points = np.stack([x + np.linspace(0, hand.between(0.05, 0.5), n),
                               y + hand.rng.uniform(-0.04, 0.04, n)], 1)  # fmt: skip
            hand.stroke(points, hand.between(0.02, 0.16), material)
        elif hand.chance(0.5):
            for _ in range(int(hand.rng.integers(2, 6))):
                r = wide * hand.between(0.3, 0.8)
                hand.blob(x + hand.between(-wide, wide), y + hand.between(-0.3, 0.1) * wide, r,
                          r * hand.between(0.5, 1), material)  # fmt: skip
        else:
            hand.blob(x, y, wide, wide * hand.between(0.25, 0.8), material)


def _heights(hand: _Hand, horizon: float) -> None:
    """What stands on the horizon: ridges, peaks, heaps."""
    for _ in range(int(hand.rng.integers(0, 4))):
        material, high = hand.one(_STANDING), hand.between(0.04, 0.42)
        kind = hand.between(0, 1)
        if kind < 0.4:
            hand.below(hand.edge(horizon - 0.6 * high, high), material)
        elif kind < 0.7:
            x, wide = hand.between(0, 1), high * hand.between(0.5, 1.5)
            peak = x + hand.between(-0.4, 0.4) * wide
            points = [
                [x - wide, horizon + 0.02],
                [peak, horizon - high],
                [x + wide, horizon + 0.02],
            ]
            hand.shape(np.array(points), material)
        else:
            hand.blob(hand.between(0, 1), horizon, hand.between(0.1, 0.4), high * 0.7, material)


def _ground(hand: _Hand, horizon: float) -> None:
    level = horizon
    for _ in range(int(hand.rng.integers(1, 4))):
        material = hand.one(_GROUND)
        flat = MATERIALS[material] in ("sea", "river") and level == horizon
        waver = 0.0 if flat or hand.chance(0.3) else hand.between(0, 0.12)
        hand.below(hand.edge(level, waver), material)
        level += hand.between(0.05, 0.3)


def _details(hand: _Hand, horizon: float) -> None:
    """Ponds, rivers, woods, rocks, beds of flowers."""
    for _ in range(int(hand.rng.integers(0, 5))):
        x, y = hand.between(0, 1), hand.between(horizon - 0.02, 1)
        near = 0.25 + 0.75 * (y - horizon) / (1 - horizon)
        kind = hand.between(0, 1)
        if kind < 0.3:
            hand.blob(x, y, 0.3 * near, 0.09 * near, hand.one(("river", "river", "sea", "sand")))
        elif kind < 0.45:
            points = np.array([[x, horizon], [x + hand.between(-0.2, 0.2), horizon + 0.12],
                               [hand.between(0, 1), 1.02]])  # fmt: skip
            for k, wide in enumerate((0.03, 0.12)):
                hand.stroke(points[k : k + 2], wide * hand.between(0.5, 1.5), hand.one(("river",)))
        elif kind < 0.8:
            high = hand.between(0.03, 0.2) * near
            for _ in range(int(hand.rng.integers(1, 7))):
                across, up = hand.between(-0.2, 0.2), high * hand.between(0.2, 0.6)
                material = hand.one(("tree", "tree", "tree", "rock"))
                hand.blob(x + across, y - up, high * hand.between(0.5, 1.1), high, material)
        else:
            hand.blob(
                x, y, 0.25 * near, 0.08 * near, hand.one(("flowers", "grass", "rock", "snow"))
            )


def _anything(hand: _Hand) -> None:
    """Whatever, wherever: a child paints too."""
    for _ in range(int(hand.rng.integers(1, 5))):
        x, y, wide = hand.between(0, 1), hand.between(0, 1), hand.between(0.03, 0.25)
        material = hand.one(tuple(name for name in MATERIALS if name != "rainbow"))
        if hand.chance(0.5):
            hand.blob(x, y, wide, wide * hand.between(0.4, 1.6), material)
        else:
            points = np.clip(np.array([[x, y]]) + hand.rng.uniform(-0.4, 0.4, (3, 2)), -0.1, 1.1)
            hand.stroke(points, wide * 0.6, material)
