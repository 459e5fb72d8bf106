"""Drawn clips with exact masks, whose object and ground share colours in part."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Clip = tuple[list[npt.NDArray[np.uint8]], list[Mask]]
"""Frames, uint8 [H, W, 3], and where the object is in each, bool [H, W]."""

RUST, SAND, MOSS = (150, 70, 45), (205, 180, 130), (80, 105, 60)
SLATE, ROSE, STRAW = (70, 85, 110), (190, 100, 110), (215, 195, 110)
NOISE = 3.0
"""Of the camera, in levels."""


def cloud(rng: np.random.Generator, height: int, width: int, cell: int) -> Floats:
    """Smooth noise from 0 to 1, [height, width]: random values, `cell` pixels apart."""
    values = rng.random((height // cell + 3, width // cell + 3))
    y, x = np.arange(height) / cell, np.arange(width) / cell
    top, left = y.astype(int), x.astype(int)
    down, right = eased(y - top)[:, None], eased(x - left)[None]
    above = values[top][:, left] * (1 - right) + values[top][:, left + 1] * right
    below = values[top + 1][:, left] * (1 - right) + values[top + 1][:, left + 1] * right
    return np.asarray(above * (1 - down) + below * down)


def eased(t: Floats) -> Floats:
    """0 to 1 with flat ends."""
    return np.asarray(t * t * (3 - 2 * t))


def texture(seed: int, height: int, width: int, colours: list[tuple[int, int, int]]) -> Floats:
    """A texture between colours, float [height, width, 3] of 0 to 255."""
    rng = np.random.default_rng(seed)
    noise = 0.65 * cloud(rng, height, width, 22) + 0.35 * cloud(rng, height, width, 6)
    noise = np.clip((noise - 0.2) / 0.6, 0, 1)  # [H, W]
    place = noise * (len(colours) - 1)
    low = np.minimum(place.astype(int), len(colours) - 2)
    share = eased(np.clip(place - low, 0, 1))[:, :, None]
    palette = np.array(colours, float)
    return np.asarray(palette[low] * (1 - share) + palette[low + 1] * share)


def sampled(picture: Floats, x: Floats, y: Floats) -> Floats:
    """A picture [h, w, 3] at places [H, W], between its pixels."""
    x, y = np.clip(x, 0, picture.shape[1] - 2), np.clip(y, 0, picture.shape[0] - 2)
    left, top = x.astype(int), y.astype(int)
    right, down = (x - left)[..., None], (y - top)[..., None]
    above = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    below = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return np.asarray(above * (1 - down) + below * down)


def turned(x: Floats, y: Floats, angle: float, size: float) -> tuple[Floats, Floats]:
    """Places seen from an object that has turned and grown."""
    return (
        (x * np.cos(angle) + y * np.sin(angle)) / size,
        (y * np.cos(angle) - x * np.sin(angle)) / size,
    )


Part = tuple[Mask, Floats, Floats]
"""Where a part is, and the places of the object's skin that are seen there."""


def blob(x: Floats, y: Floats, t: float) -> list[Part]:
    """A drop that changes its shape."""
    angle, far = np.arctan2(y, x), np.hypot(x, y)
    rim = 1 + 0.16 * np.sin(3 * angle + 4 * t) + 0.08 * np.sin(5 * angle - 3 * t)
    return [(far <= 46 * rim, x / rim, y / rim)]


def walker(x: Floats, y: Floats, t: float) -> list[Part]:
    """A body with a head, two legs and an arm that swing and take their skin with them."""
    x, y = x / 1.3, (y + 8) / 1.3
    parts = [limb(x, y, 24, 46, 0.45 * np.sin(9 * t + np.pi), 60)]
    parts.append(((x / 21) ** 2 + (y / 34) ** 2 <= 1, x, y))
    parts.append((x**2 + (y + 44) ** 2 <= 17**2, x, y))
    parts.append(limb(x, y, 24, 46, 0.45 * np.sin(9 * t), -60))
    return [*parts, limb(x, y, -16, 40, 0.5 * np.sin(9 * t + 1.5), 30)]


def limb(x: Floats, y: Floats, joint: float, reach: float, swing: float, skin: float) -> Part:
    """A limb below a joint, turned about it; its skin is taken from beside the body's."""
    beside = x * np.cos(swing) - (y - joint) * np.sin(swing)
    along = x * np.sin(swing) + (y - joint) * np.cos(swing)
    end = np.hypot(beside, np.clip(along, 0, reach) - along)
    return end <= 9, beside + skin, along


def ring(x: Floats, y: Floats, t: float) -> list[Part]:
    """A ring, through which the ground is seen."""
    far = np.hypot(x / 1.2, y)
    return [((far <= 52) & (far >= 24 + 4 * np.sin(3 * t)), x, y)]


Shape = Callable[[Floats, Floats, float], list[Part]]
SCENES: dict[str, tuple[Shape, list[tuple[int, int, int]], list[tuple[int, int, int]]]] = {
    "blob": (blob, [RUST, SAND, ROSE], [MOSS, SAND, SLATE]),
    "walker": (walker, [SLATE, STRAW, ROSE], [MOSS, STRAW, SAND]),
    "ring": (ring, [ROSE, SLATE, SAND], [SAND, MOSS, RUST]),
}
"""Shape, colours of the object, colours of the ground: one of three is shared."""


def drawn(name: str, count: int = 36, size: tuple[int, int] = (240, 320), seed: int = 0) -> Clip:
    """A clip of so many frames: the object moves, turns and grows, the ground scrolls.

    Another `seed` is another skin on another ground.
    """
    frames, masks = zip(*pictures(name, count, size, seed), strict=True)
    return list(frames), list(masks)


def pictures(
    name: str, count: int, size: tuple[int, int], seed: int = 0
) -> Iterator[tuple[npt.NDArray[np.uint8], Mask]]:
    """The frames of a clip, each with its mask."""
    shape, inside, outside = SCENES[name]
    seed, (height, width) = 1000 * seed + 10 * list(SCENES).index(name), size
    rng = np.random.default_rng(seed)
    skin = texture(seed + 1, 240, 240, inside)
    ground = texture(seed + 2, height + 80, width + 160, outside)
    down, across = np.mgrid[:height, :width].astype(float)
    for index in range(count):
        t = index / 35
        x = across - width * (0.4 + 0.22 * np.sin(2.1 * t))
        y = down - height * (0.5 + 0.06 * np.sin(5 * t))
        x, y = turned(x, y, 0.35 * np.sin(3 * t), 1 + 0.15 * np.sin(2 * t))
        behind = sampled(ground, across + 90 * t, down + 30 * (1 + np.sin(2 * t)))
        picture, covered = behind, np.zeros((height, width))
        for part, u, v in shape(x, y, t):
            share = part.astype(float)
            seen = sampled(skin, u + 120, v + 120)
            picture = picture + (seen - picture) * share[..., None]
            covered = np.maximum(covered, share)
        picture = blurred(picture) + rng.normal(0, NOISE, picture.shape)
        yield np.clip(np.round(picture), 0, 255).astype(np.uint8), covered >= 0.5


def blurred(picture: Floats) -> Floats:
    """A picture as a lens gives it: each pixel with a little of those beside it."""
    for axis in (0, 1):
        picture = 0.6 * picture + 0.2 * (np.roll(picture, 1, axis) + np.roll(picture, -1, axis))
    return picture


def iou(one: Mask, other: Mask) -> float:
    """The share that two masks have in common of what either has."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 1.0
