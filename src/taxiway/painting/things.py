"""Things that stand in a landscape: each a cover and a colour over a box of its own.

A thing is drawn at x (0 left, 1 right) and y (0 foot, 1 top) of its box, both [H, W]; `edge` is
one pixel in these units, so that its outline is clean at every size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taxiway.painting.colours import Colour, Floats, linear, over, step
from taxiway.painting.noise import fields, look_up
from taxiway.painting.palette import Palette

Drawing = Callable[["Canvas", Palette, np.random.Generator], tuple[Floats, Floats]]
"""Cover [H, W] and linear light [H, W, 3] of a thing."""


@dataclass(frozen=True)
class Canvas:
    """The pixels of a thing's box."""

    x: Floats
    y: Floats
    edge: float

    def below(self, line: Floats | float, values: Floats) -> Floats:
        """1 where `values` are below `line`, with an edge of one pixel."""
        result: Floats = np.clip((line - values) / self.edge + 0.5, 0, 1)
        return result

    def between(self, low: Floats | float, high: Floats | float, values: Floats) -> Floats:
        return self.below(high, values) * (1 - self.below(low, values))

    def disc(self, x: float, y: float, across: float, up: float) -> Floats:
        """A filled ellipse by its middle and its half axes."""
        far = np.hypot((self.x - x) / across, (self.y - y) / up)
        return self.below(1.0, 1 + (far - 1) * min(across, up))

    def grain(self, rng: np.random.Generator, scale: float) -> Floats:
        """An uneven field of deviation 1."""
        u, v = rng.random(2)
        return look_up(fields("fine")[rng.integers(4)], self.x * scale + u, self.y * scale + v)


@dataclass(frozen=True)
class Thing:
    """How a thing is drawn; `width` is to its height as the range says, `high` in the sky or not.

    `size` is its height in parts of the picture's, of one that is near.
    """

    draw: Drawing
    size: tuple[float, float]
    width: tuple[float, float]
    high: bool = False


def painted(canvas: Canvas, colour: Floats, light: Floats | float) -> Floats:
    """A colour [3] under light [H, W]: [H, W, 3]."""
    shade = np.broadcast_to(np.asarray(light, np.float32), canvas.x.shape)
    result: Floats = colour * np.maximum(shade, 0.02)[..., None]
    return result


def any_of(rng: np.random.Generator, *codes: Colour) -> Floats:
    """One of some screen colours, a little changed, in linear light."""
    chosen = np.array(codes[rng.integers(len(codes))]) * rng.uniform(0.85, 1.1, 3)
    red, green, blue = np.clip(chosen, 0, 1).tolist()
    return linear((red, green, blue))


def sun(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A low sun, white to deep orange, brighter in its middle."""
    far = np.hypot(c.x - 0.5, c.y - 0.5) * 2
    tint = any_of(rng, (1, 0.95, 0.8), (1, 0.8, 0.4), (1, 0.62, 0.35), (0.97, 0.97, 1))
    return c.disc(0.5, 0.5, 0.5, 0.5), painted(c, tint, 2.4 - 0.7 * far**2)


def cloud(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Puffs on a flat foot, lit from above."""
    puffs = np.zeros_like(c.x)
    count = rng.integers(4, 8)
    for place in np.linspace(0.14, 0.86, count):
        tall = (0.42 + 0.5 * np.sin(np.pi * place)) * rng.uniform(0.65, 1.05)
        wide = rng.uniform(0.12, 0.2)
        far = np.hypot((c.x - place) / wide, (c.y - tall * 0.45) / (tall * 0.52))
        puffs = np.maximum(puffs, np.clip(1.6 - 1.3 * far, 0, 1))
    grain = c.grain(rng, 0.3)
    cover = step(0.1, 0.42, puffs + 0.07 * grain) * step(0.0, 0.1, c.y) * rng.uniform(0.85, 1)
    lit = np.clip(0.12 + 0.95 * c.y + 0.1 * grain + 0.15 * puffs, 0, 1)
    return cover, over(painted(c, palette.shadow, 1.1), palette.lit, lit)


def balloon(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A striped envelope, two ropes and a basket."""
    one, two = any_of(rng, *BRIGHT), any_of(rng, *BRIGHT, (0.95, 0.93, 0.88))
    side, up = (c.x - 0.5) * 2, (c.y - 0.62) / 0.38
    half = np.where(
        up > 0, np.sqrt(np.clip(1 - up * up, 0, 1)), np.clip(1 - (up / 1.25) ** 2, 0, 1)
    )
    bag = c.below(half * 0.98, np.abs(side)) * (1 - c.below(0.2, c.y))
    turn = np.arcsin(np.clip(side / np.maximum(half, 0.05), -1, 1))
    stripe = step(-0.15, 0.15, np.sin(turn * rng.integers(3, 6) + rng.random() * 6))
    shown = over(painted(c, one, 1), two, stripe) * (0.62 + 0.5 * np.cos(turn - 0.6))[..., None]
    basket = c.between(0, 0.1, c.y) * c.below(0.15, np.abs(side))
    ropes = c.between(0.08, 0.3, c.y) * c.between(0.1, 0.15, np.abs(side) - 0.12 * c.y)
    wood = np.maximum(basket, ropes)
    return np.maximum(bag, wood), over(shown, any_of(rng, (0.36, 0.25, 0.16)), wood * (1 - bag))


def bird(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Two bent wings and a body, seen from afar."""
    lift, thick = rng.uniform(0.5, 0.85), rng.uniform(0.16, 0.26)
    side = np.abs(c.x - 0.5) * 2
    line = 0.2 + lift * np.sin(np.clip(side, 0, 1) * 2.2) * (1 - 0.35 * side)
    wing = c.between(line - thick * (1.05 - side), line + thick * 0.5 * (1.05 - side), c.y)
    body = c.disc(0.5, 0.22, 0.1, 0.22)
    tone = any_of(rng, (0.1, 0.1, 0.12), (0.2, 0.17, 0.15), (0.93, 0.93, 0.93))
    return np.maximum(wing, body), painted(c, tone, 0.8 + 0.3 * c.y)


def hill(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A round mound of the land's colour, lit from one side."""
    lean, grain = rng.uniform(-0.12, 0.12), c.grain(rng, 0.5)
    side = (c.x - 0.5) * 2
    bent = np.clip(side + lean * (1 - side * side), -1, 1)
    top = np.clip(np.cos(bent * np.pi / 2), 0, 1) ** rng.uniform(0.8, 1.5) * 0.97
    light = 0.85 + 0.25 * bent * rng.choice([-1, 1]) + 0.2 * (c.y - 0.5) + 0.1 * grain
    tone = palette.land * rng.uniform(0.6, 1.25, 3).astype(np.float32)
    return c.below(top + 0.006 * grain, c.y), painted(c, tone, light)


def pine(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A conifer: three skirts on a trunk."""
    side, crown = np.abs(c.x - 0.5) * 2, np.zeros_like(c.x)
    for foot, top, wide in ((0.12, 0.55, 1.0), (0.36, 0.8, 0.78), (0.6, 1.0, 0.55)):
        skirt = (top - c.y) / (top - foot) * wide
        crown = np.maximum(crown, c.below(skirt * 0.96, side) * c.between(foot, top, c.y))
    trunk = c.below(0.12, side) * c.below(0.14, c.y)
    grain = c.grain(rng, 0.4)
    leaf = any_of(rng, (0.13, 0.3, 0.18), (0.1, 0.24, 0.2), (0.2, 0.34, 0.16))
    shown = painted(c, leaf, 0.8 + 0.5 * (c.x - 0.5) + 0.3 * grain)
    return np.maximum(crown, trunk), over(shown, any_of(rng, *WOOD), trunk * (1 - crown))


def oak(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A broad crown of a few balls on a trunk."""
    crown = c.disc(0.5, 0.64, 0.4, 0.35)
    for place in rng.uniform(0.24, 0.76, 4):
        crown = np.maximum(crown, c.disc(place, rng.uniform(0.5, 0.78), 0.23, 0.21))
    trunk = c.below(0.07, np.abs(c.x - 0.5)) * c.below(0.5, c.y)
    grain = c.grain(rng, 0.5)
    leaf = any_of(
        rng, (0.25, 0.42, 0.14), (0.4, 0.48, 0.15), (0.72, 0.42, 0.14), (0.62, 0.24, 0.14)
    )
    shown = painted(c, leaf, 0.55 + 0.55 * c.y + 0.25 * grain)
    return np.maximum(crown, trunk), over(shown, any_of(rng, *WOOD), trunk * (1 - crown))


def tree(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A conifer or a broad one."""
    return (pine if rng.random() < 0.5 else oak)(c, palette, rng)


def house(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A wall with door and windows under a gable."""
    eaves, inset = rng.uniform(0.5, 0.62), rng.uniform(0.04, 0.1)
    side = np.abs(c.x - 0.5) * 2
    wall = c.below(1 - 2 * inset, side) * c.below(eaves + 0.02, c.y)
    flat = rng.uniform(0.0, 0.6)
    roof = c.below(flat + (1 - flat) * (1 - c.y) / (1 - eaves), side) * c.between(eaves, 1, c.y)
    plaster = any_of(
        rng, (0.93, 0.9, 0.82), (0.8, 0.62, 0.5), (0.72, 0.3, 0.22), (0.85, 0.75, 0.45)
    )
    shown = painted(c, plaster, 1 - 0.25 * c.x)
    opening = c.between(0.0, eaves * 0.55, c.y) * c.below(0.08, np.abs(c.x - rng.uniform(0.4, 0.6)))
    for place in (0.25, 0.75):
        pane = c.below(0.08, np.abs(c.x - place)) * c.between(eaves * 0.4, eaves * 0.75, c.y)
        opening = np.maximum(opening, pane)
    shown = over(shown, any_of(rng, (0.15, 0.17, 0.22), (0.9, 0.75, 0.35)), opening)
    tiles = any_of(rng, (0.6, 0.25, 0.18), (0.32, 0.3, 0.33), (0.45, 0.33, 0.24))
    shown = over(shown, painted(c, tiles, 0.85 + 0.1 * np.sin(c.y * 60)), roof)
    return np.maximum(wall, roof), shown


def boat(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A hull, a mast and a sail or two."""
    deck, mast = 0.24, rng.uniform(0.4, 0.6)
    side = np.abs(c.x - 0.5) * 2
    hull = c.below(0.72 + 1.1 * c.y, side) * c.below(deck, c.y)
    pole = c.below(0.018, np.abs(c.x - mast)) * c.between(deck, 1, c.y)
    up = np.clip((c.y - deck - 0.06) / (0.94 - deck), 0, 1)
    ahead, aft = rng.uniform(0.3, 0.4), rng.uniform(0.25, 0.4)
    main = c.between(mast + 0.02, mast + 0.02 + ahead * (1 - up), c.x)
    jib = c.between(mast - 0.02 - aft * (1 - up * 1.15), mast - 0.02, c.x)
    sails = np.maximum(main, jib if rng.random() < 0.7 else 0) * c.between(deck + 0.06, 0.98, c.y)
    cloth = any_of(rng, (0.97, 0.96, 0.92), (0.97, 0.96, 0.92), *BRIGHT)
    shown = over(painted(c, cloth, 0.8 + 0.4 * c.x), any_of(rng, *WOOD), pole)
    shown = over(shown, painted(c, any_of(rng, *BRIGHT, *WOOD), 0.6 + 1.6 * c.y), hull)
    return np.maximum(np.maximum(sails, pole), hull), shown


def pond(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Still water that has the sky in it, with an uneven shore."""
    side, up = (c.x - 0.5) * 2, (c.y - 0.5) * 2
    turn = np.arctan2(up, side)
    shore = 0.93
    for waves in (2, 3, 5):
        shore = shore + 0.045 * np.sin(turn * waves + rng.random() * 6) - 0.015
    far = np.hypot(side, up)
    glint = look_up(fields("fine")[0], c.x * 0.3, c.y * 1.3)
    water = over(painted(c, palette.horizon, 0.9), palette.middle * 0.7, 1 - c.y)
    return step(0.03, -0.03, far - shore), water * (1 + 0.12 * glint)[..., None]


def rock(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A grey boulder."""
    grain = c.grain(rng, 0.3)
    far = np.hypot((c.x - 0.5) * 2, c.y * rng.uniform(0.95, 1.05)) + 0.05 * grain
    tone = any_of(rng, (0.45, 0.44, 0.43), (0.35, 0.33, 0.31), (0.6, 0.55, 0.48))
    return c.below(0.93, far), painted(c, tone, 0.5 + 0.6 * c.y + 0.2 * grain)


def post(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A pole, perhaps with a board on it."""
    pole = c.below(0.1, np.abs(c.x - 0.5))
    board = c.between(0.68, 0.95, c.y) * c.below(0.5, np.abs(c.x - 0.5))
    cover = np.maximum(pole, board) if rng.random() < 0.6 else pole
    return cover, painted(c, any_of(rng, *WOOD, *BRIGHT), 0.7 + 0.4 * c.x)


def fence(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Pickets and two rails."""
    count = rng.integers(5, 11)
    near = np.abs((c.x * count) % 1 - 0.5) / count
    picket = c.below(0.16 / count, near) * c.below(0.97, c.y)
    rails = np.maximum(c.between(0.25, 0.38, c.y), c.between(0.62, 0.75, c.y))
    return np.maximum(picket, rails), painted(c, any_of(rng, *WOOD, (0.9, 0.9, 0.88)), 0.9)


def crate(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A box with boards: as square as a house, and none."""
    inside = np.maximum(np.abs(c.x - 0.5), np.abs(c.y - 0.5)) * 2
    boards = 0.85 + 0.15 * np.sin(c.x * 40) - 0.25 * c.between(0.8, 0.95, inside)
    return c.below(0.98, inside), painted(c, any_of(rng, *WOOD, (0.7, 0.55, 0.35)), boards)


def kite(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A bright lozenge in the sky: as bright as a balloon, and none."""
    far = np.abs(c.x - 0.5) * 2 + np.abs(c.y - 0.6) * np.where(c.y > 0.6, 2.5, 1.7)
    halves = over(painted(c, any_of(rng, *BRIGHT), 1), any_of(rng, *BRIGHT), c.below(0.5, c.x))
    return c.below(0.98, far), halves


def flare(c: Canvas, palette: Palette, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What a lens adds: a pale disc that is no sun."""
    ring = c.disc(0.5, 0.5, 0.5, 0.5) * rng.uniform(0.12, 0.3)
    return ring, painted(c, any_of(rng, (0.8, 1, 0.8), (1, 0.8, 0.7), (0.7, 0.8, 1)), 1.3)


BRIGHT: tuple[Colour, ...] = (
    (0.85, 0.2, 0.18),
    (0.95, 0.72, 0.15),
    (0.16, 0.4, 0.75),
    (0.15, 0.55, 0.4),
    (0.55, 0.25, 0.6),
    (0.92, 0.45, 0.12),
)
WOOD: tuple[Colour, ...] = ((0.33, 0.23, 0.15), (0.45, 0.34, 0.23), (0.24, 0.2, 0.17))

THINGS: dict[str, Thing] = {
    "sun": Thing(sun, (0.06, 0.14), (1, 1), high=True),
    "cloud": Thing(cloud, (0.07, 0.17), (1.5, 2.6), high=True),
    "balloon": Thing(balloon, (0.1, 0.3), (0.68, 0.8), high=True),
    "bird": Thing(bird, (0.035, 0.075), (1.9, 2.6), high=True),
    "hill": Thing(hill, (0.1, 0.22), (2.0, 3.4)),
    "pond": Thing(pond, (0.06, 0.12), (2.8, 4.2)),
    "tree": Thing(tree, (0.12, 0.36), (0.5, 0.75)),
    "house": Thing(house, (0.11, 0.26), (0.9, 1.5)),
    "boat": Thing(boat, (0.1, 0.24), (0.8, 1.1)),
}
"""What has a name; the painter's own bow beside them."""
CLUTTER: dict[str, Thing] = {
    "rock": Thing(rock, (0.04, 0.12), (1.2, 2.0)),
    "post": Thing(post, (0.12, 0.34), (0.25, 0.5)),
    "fence": Thing(fence, (0.08, 0.14), (2.0, 4.5)),
    "crate": Thing(crate, (0.07, 0.16), (0.9, 1.2)),
    "kite": Thing(kite, (0.06, 0.14), (0.6, 0.9), high=True),
    "flare": Thing(flare, (0.05, 0.16), (1, 1), high=True),
}
"""What stands about, or in the way, without a name."""
