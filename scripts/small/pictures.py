"""What the small networks learn from: drawn rooms and landscapes, their depth, colours, edges."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from taxiway.latent.sample import z_of_seed
from taxiway.painting import direction, paint
from taxiway.painting.layers import layers
from taxiway.painting.materials import compose
from taxiway.painting.noise import fields, look_up
from taxiway.painting.sketches import sketch

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
HELD_OUT = 1_000_000
"""Seeds from here on are never trained on."""


def seen(seed: int, size: int) -> tuple[Picture, Floats]:
    """A picture [H, W, 3] and how near each place is [H, W], 0 farthest to 1 nearest."""
    rng = np.random.default_rng(seed)
    picture, away, horizon = _landscape(seed, size) if rng.random() < 0.5 else _room(rng, size)
    for _ in range(int(rng.integers(0, 6))):
        _object(rng, picture, away, horizon)
    nearness = 1 / (1 + away / 4)
    low, high = nearness.min(), nearness.max()
    shown = _photographed(rng, picture)
    return shown, ((nearness - low) / max(high - low, 1e-6)).astype(np.float32)


def _landscape(seed: int, size: int) -> tuple[Floats, Floats, float]:
    z = z_of_seed(seed, 512)
    found = layers(z, size)
    ground = np.isfinite(found.distance).any(axis=1)
    picture = paint(z, size).astype(np.float32) / 255
    return picture, found.distance.copy(), float(np.argmax(ground)) / size


def _room(rng: np.random.Generator, size: int) -> tuple[Floats, Floats, float]:
    """Floor, ceiling and walls of a box around the camera, each with a pattern."""
    horizon, focal = rng.uniform(0.3, 0.6), rng.uniform(0.8, 1.6)
    rows, columns = (np.mgrid[:size, :size] + 0.5) / size
    x, y = (columns - rng.uniform(0.3, 0.7)) * 2 / focal, (horizon - rows) * 2 / focal
    walls = [(y, -1.0), (y, rng.uniform(0.6, 2)), (x, -rng.uniform(1, 4)), (x, rng.uniform(1, 4))]
    back = rng.uniform(2.5, 9)
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = [np.where(axis * at > 0, at / axis, np.inf) for axis, at in walls]
    meets.append(np.full_like(x, back))
    z = np.min(meets, axis=0)
    which = np.argmin(meets, axis=0)
    picture = np.zeros((size, size, 3), np.float32)
    for number in range(5):
        across, up = ((x * z, z), (x * z, z), (z, y * z), (z, y * z), (x * z, y * z))[number]
        colour = rng.uniform(0.15, 0.95) + rng.uniform(-0.15, 0.15, 3)
        pattern = _pattern(rng, across, up)
        shown = colour * pattern[..., None] * rng.uniform(0.8, 1.1)
        picture = np.where((which == number)[..., None], shown, picture)
    light = 1 / (1 + (z / rng.uniform(3, 12)) ** 2) if rng.random() < 0.6 else np.ones_like(z)
    picture = picture * (0.4 + 0.7 * light)[..., None]
    away = z * np.sqrt(1 + x * x + y * y)
    return np.clip(picture, 0, 1).astype(np.float32), away.astype(np.float32), horizon


def _pattern(rng: np.random.Generator, u: Floats, v: Floats) -> Floats:
    """Noise, with boards or tiles on some."""
    field = fields("fine" if rng.random() < 0.6 else "soft")[int(rng.integers(4))]
    scale = rng.uniform(0.03, 0.4)
    tone = 1 + rng.uniform(0.02, 0.2) * look_up(field, u * scale + rng.random(), v * scale)
    kind, width = rng.random(), rng.uniform(0.15, 1)
    if kind < 0.35:
        tone = tone * (1 - 0.35 * (np.mod(u / width, 1) < 0.06))
    if kind < 0.2 or kind > 0.9:
        tone = tone * (1 - 0.35 * (np.mod(v / width, 1) < 0.06))
    return tone


def _object(rng: np.random.Generator, picture: Floats, away: Floats, horizon: float) -> None:
    """Something that stands on the ground, as far away as the ground at its foot."""
    size = len(picture)
    foot = horizon + (1.15 - horizon) * rng.uniform(0.08, 1) ** 1.3
    row = min(int(foot * size), size - 1)
    column = int(rng.uniform(0, size - 1))
    distance = float(away[row, column])
    if not math.isfinite(distance):
        return
    if foot > 1:
        distance *= (1 - horizon) / (foot - horizon)
    high = (foot - horizon) * rng.uniform(0.3, 1.9)
    wide = high * rng.uniform(0.2, 1.0)
    mask = _silhouette(rng, size, column / size, foot, wide, high) & (away > distance)
    rows, columns = np.mgrid[:size, :size] / size
    u, v = (columns - column / size) / max(high, 1e-3), (rows - foot) / max(high, 1e-3)
    tone = _pattern(rng, u * 2, v * 2) * (1 + rng.uniform(-0.5, 0.5) * u - rng.uniform(0, 0.3) * v)
    colour = rng.uniform(0.05, 0.95) + rng.uniform(-0.25, 0.25, 3)
    shown = np.clip(colour * tone[..., None], 0, 1)
    haze = 1 - math.exp(-distance / 90)
    shown = shown + (picture[max(int(horizon * size) - 1, 0)].mean(0) - shown) * haze
    picture[mask] = shown[mask].astype(np.float32)
    away[mask] = distance


def _silhouette(
    rng: np.random.Generator, size: int, x: float, foot: float, wide: float, high: float
) -> NDArray[np.bool_]:
    image = Image.new("1", (size, size))
    pen, kind = ImageDraw.Draw(image), rng.random()
    box = [(x - wide / 2) * size, (foot - high) * size, (x + wide / 2) * size, foot * size]
    if kind < 0.35:
        pen.rectangle(box, fill=1)
    elif kind < 0.6:
        pen.ellipse(box, fill=1)
    elif kind < 0.8:  # a trunk with a crown, or a person
        middle, head = (box[0] + box[2]) / 2, box[1] + (box[3] - box[1]) * rng.uniform(0.3, 0.7)
        pen.ellipse((box[0], box[1], box[2], head), fill=1)
        thick = (box[2] - box[0]) * rng.uniform(0.08, 0.45)
        pen.rectangle((middle - thick, head - 2, middle + thick, box[3]), fill=1)
    else:
        angle = np.linspace(0, 2 * math.pi, 14, endpoint=False)
        radius = rng.uniform(0.6, 1, 14)
        across = (box[0] + box[2]) / 2 + radius * np.cos(angle) * wide * size / 2
        down = (box[1] + box[3]) / 2 + radius * np.sin(angle) * high * size / 2
        pen.polygon(list(zip(across.tolist(), down.tolist(), strict=True)), fill=1)
    return np.asarray(image)


def _photographed(rng: np.random.Generator, picture: Floats) -> Picture:
    """Another exposure, white balance, grain, once in a while grey or mirrored colours."""
    shown = np.clip(picture, 1e-3, 1) ** rng.uniform(0.6, 1.6) * rng.uniform(0.75, 1.15)
    shown = shown * (1 + rng.uniform(-0.12, 0.12, 3))
    if rng.random() < 0.15:
        shown = np.repeat(shown.mean(-1, keepdims=True), 3, -1)
    shown = shown + rng.normal(0, rng.uniform(0, 0.03), shown.shape)
    return (np.clip(shown, 0, 1) * 255).astype(np.uint8)


_PLAIN = (1.7 * direction("blue sky") + 0.9 * direction("meadow") - 0.6 * direction("violet sky")
          - 0.6 * direction("rose sky") - 0.4 * direction("teal sky"))  # fmt: skip


def coloured(seed: int, size: int) -> Picture:
    """A landscape mostly by fair daylight: blue sky, green land, as grey pictures mostly were."""
    z = z_of_seed(seed, 512) + _PLAIN
    if seed % 3 == 0:
        return paint(z, size)
    drawn = layers(z, size) if seed % 3 == 1 else sketch(seed, size)
    return compose(drawn.labels, z, drawn.across_bow)


def sharp(seed: int, size: int) -> Picture:
    """A picture with edges, lines, letters and texture; every third is a landscape."""
    if seed % 3 == 0:
        return coloured(seed, size)
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (2 * size, 2 * size), _colour(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(8, 40))):
        _mark(rng, pen, 2 * size)
    picture = np.asarray(image.resize((size, size), Image.Resampling.BOX)).astype(np.float32)
    rows, columns = np.mgrid[:size, :size] / size
    field = fields("fine")[int(rng.integers(4))]
    grain = look_up(field, columns * rng.uniform(0.2, 1.5), rows * rng.uniform(0.2, 1.5))
    shown = picture * (1 + rng.uniform(0, 0.2) * grain)[..., None]
    return np.clip(shown, 0, 255).astype(np.uint8)


def _mark(rng: np.random.Generator, pen: ImageDraw.ImageDraw, size: int) -> None:
    x, y, r = (*(rng.random(2) * size), rng.uniform(0.02, 0.3) * size)
    colour, kind = _colour(rng), rng.random()
    if kind < 0.3:
        ends = rng.random(4) * size
        pen.line(ends.tolist(), fill=colour, width=int(rng.integers(1, 18)))
    elif kind < 0.5:
        pen.ellipse((x - r, y - r, x + r, y + r * rng.uniform(0.3, 1)), fill=colour)
    elif kind < 0.75:
        count = int(rng.integers(3, 9))
        angle = np.sort(rng.random(count)) * 2 * math.pi
        points = np.stack([x + r * np.cos(angle), y + r * np.sin(angle)], 1)
        pen.polygon([(float(a), float(b)) for a, b in points], fill=colour)
    elif kind < 0.88:
        letters = "".join(map(chr, rng.integers(33, 126, 8)))
        pen.text((x - r, y), letters, fill=colour, font=ImageFont.load_default(int(r * 0.6) + 12))
    else:
        pen.arc((x - r, y - r, x + r, y + r), 0, rng.uniform(90, 360), fill=colour,
                width=int(rng.integers(2, 14)))  # fmt: skip


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    grey = rng.uniform(0, 255)
    red, green, blue = np.clip(grey + rng.uniform(-90, 90, 3), 0, 255).astype(int).tolist()
    return red, green, blue
