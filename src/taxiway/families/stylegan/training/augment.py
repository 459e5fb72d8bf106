"""Adaptive augmentation (Karras et al. 2020, "Training GANs with limited data").

With few pictures a discriminator learns them by heart. It is shown real and made ones changed at
random instead, each change with a probability p that follows how sure it is of the real ones; the
generator does not learn the changes as long as they leave some pictures as they are.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from taxiway.training.features import Pictures
from taxiway.training.metrics import kid

Matrices = NDArray[np.float64]
TARGET = 0.6
"""The mean sign of the verdict on real pictures that p is steered to."""
EVERY = 4
"""Steps between two changes of p."""
_SAMPLE = 400
_ALIKE = 0.02  # kernel distance up to which changed pictures still look like the others
_FEWEST = 40


@dataclass(frozen=True)
class Augment:
    """Which changes are used: `moves` shifts, scales and mild colours, `turns` rotates by any
    angle, `hues` turns colours around and brightness upside down; `mirror` shows every picture
    both ways round from the start, whatever p is.
    """

    moves: bool = False
    turns: bool = False
    hues: bool = False
    mirror: bool = True

    def __bool__(self) -> bool:
        return self.moves or self.turns or self.hues


KINDS = {
    "none": Augment(),
    "sky": Augment(moves=True),
    "full": Augment(moves=True, turns=True, hues=True),
}
"""By name: "sky" is for pictures where up is up and the order of colours matters."""


def fitting(pictures: Pictures) -> Augment:
    """The changes after which pictures [N, S, S, C] still look like others of their set.

    Half of them, turned or with colours exchanged, is held against the other half; what moves it
    away carries meaning and must not be taught away.
    """
    places = np.linspace(0, len(pictures) - 1, min(_SAMPLE, len(pictures))).astype(int)
    some, others = pictures[places[::2]], pictures[places[1::2]]
    if len(others) < _FEWEST:
        return KINDS["sky"]
    limit = _ALIKE + 2 * abs(kid(some, others))

    def alike(*changed: Pictures) -> bool:
        return all(kid(np.ascontiguousarray(one), others) < limit for one in changed)

    return Augment(
        moves=True,
        turns=alike(some[:, ::-1], np.rot90(some, 1, (1, 2))),
        hues=alike(*recoloured(some)),
        mirror=alike(some[:, :, ::-1]),
    )


def recoloured(pictures: Pictures) -> list[Pictures]:
    """Pictures [N, S, S, C] in other colours: exchanged, or of grey ones light for dark."""
    if pictures.shape[3] == 1:
        return [255 - pictures]
    colours, alpha = pictures[..., :3], pictures[..., 3:]
    exchanged = (colours[..., ::-1], np.roll(colours, 1, axis=3))
    return [np.concatenate([each, alpha], axis=3) for each in exchanged]


def steered(p: float, signs: list[float], kimg: float, batch: int) -> float:
    """The next p after the mean signs of some steps; it takes `kimg` from 0 to 1."""
    step = np.sign(np.mean(signs) - TARGET) * batch * len(signs) / (1000 * kimg)
    return float(np.clip(p + step, 0, 1))


def drawn(kind: Augment, p: float, count: int, size: int, rng: np.random.Generator) -> Tensor:
    """Random changes for `count` pictures of `size` pixels, as rows [N, 18] for `changed`."""
    places, colours = placed(kind, p, count, size, rng), coloured(kind, p, count, rng)
    rows = np.concatenate([places[:, :2].reshape(count, 6), colours.reshape(count, 12)], axis=1)
    return torch.from_numpy(rows.astype(np.float32))


def changed(images: Tensor, rows: Tensor) -> Tensor:
    """Images [N, C, H, W] changed by rows [N, 18]; differentiable, twice.

    Of 1 channel, the mean of what becomes of three equal ones; alpha moves, and keeps its value.
    """
    place, colour = rows[:, :6].view(-1, 2, 3), rows[:, 6:].view(-1, 3, 4)
    grid = F.affine_grid(place, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    colours, alpha = images[:, :3].flatten(2), images[:, 3:]
    if images.shape[1] == 1:
        colour = colour.mean(dim=1, keepdim=True)
        colour = torch.cat([colour[:, :, :3].sum(dim=2, keepdim=True), colour[:, :, 3:]], dim=2)
    mixed = colour[:, :, :-1] @ colours + colour[:, :, -1:]
    mixed = mixed.view_as(images[:, :3])
    return torch.cat([mixed, alpha], dim=1) if alpha.shape[1] else mixed


def placed(kind: Augment, p: float, count: int, size: int, rng: np.random.Generator) -> Matrices:
    """Where each pixel comes from, [N, 3, 3], in coordinates of -1 to 1 across the picture."""
    chance = _Chance(p, count, rng)
    matrices = np.tile(np.eye(3), (count, 1, 1))
    if kind.moves:
        whole = np.round(rng.uniform(-0.125, 0.125, (count, 2)) * size) / size
        matrices = matrices @ shift(chance.times(2 * whole, 0.0))
        matrices = matrices @ scale(chance.times(2 ** (0.2 * rng.standard_normal(count)), 1.0), 1)
        matrices = matrices @ scale(chance.times(2 ** (0.2 * rng.standard_normal(count)), 1.0), -1)
        matrices = matrices @ shift(chance.times(0.25 * rng.standard_normal((count, 2)), 0.0))
    if kind.turns:
        matrices = matrices @ turn(chance.times(rng.integers(0, 4, count) * np.pi / 2, 0.0))
        matrices = matrices @ turn(chance.times(rng.uniform(-np.pi, np.pi, count), 0.0))
    return matrices


def coloured(kind: Augment, p: float, count: int, rng: np.random.Generator) -> Matrices:
    """What becomes of red, green, blue and 1: [N, 3, 4], for colours of -1 to 1."""
    chance = _Chance(p, count, rng)
    strength = 1.0 if kind.hues else 0.4
    made = np.tile(np.eye(3, 4), (count, 1, 1))
    if kind.moves or kind.hues:
        made[:, :, 3] += chance.times(0.2 * strength * rng.standard_normal(count), 0.0)[:, None]
        contrast = chance.times(2 ** (0.5 * strength * rng.standard_normal(count)), 1.0)
        made *= contrast[:, None, None]
        vivid = chance.times(2 ** (strength * rng.standard_normal(count)), 1.0)[:, None, None]
        made = (GREY + (np.eye(3) - GREY) * vivid) @ made
    if kind.hues:
        flip = chance.times(np.where(rng.random(count) < 0.5, 2.0, 0.0), 0.0)[:, None, None]
        made = (np.eye(3) - GREY * flip) @ made
        made = around_grey(chance.times(rng.uniform(-np.pi, np.pi, count), 0.0)) @ made
    return made


class _Chance:
    """Leaves each picture's change out with a probability of 1 - p."""

    def __init__(self, p: float, count: int, rng: np.random.Generator) -> None:
        self.p, self.count, self.rng = p, count, rng

    def times(self, values: Matrices, neutral: float) -> Matrices:
        """The values [N, ...] of the pictures it happens to; `neutral` for the others."""
        happens = self.rng.random(self.count) < self.p
        shape = (self.count,) + (1,) * (values.ndim - 1)
        return np.where(happens.reshape(shape), values, neutral)


GREY = np.full((3, 3), 1 / 3)
"""What makes a colour grey."""


def shift(by: Matrices) -> Matrices:
    """Matrices [N, 3, 3] that move by [N, 2]."""
    made = np.tile(np.eye(3), (len(by), 1, 1))
    made[:, :2, 2] = by
    return made


def scale(by: Matrices, other: int) -> Matrices:
    """Matrices that scale across by [N], and down by that or, with `other` -1, by its inverse."""
    made = np.tile(np.eye(3), (len(by), 1, 1))
    made[:, 0, 0], made[:, 1, 1] = by, by**other
    return made


def turn(by: Matrices) -> Matrices:
    """Matrices that turn by angles [N]."""
    made = np.tile(np.eye(3), (len(by), 1, 1))
    made[:, 0, 0] = made[:, 1, 1] = np.cos(by)
    made[:, 0, 1], made[:, 1, 0] = -np.sin(by), np.sin(by)
    return made


def around_grey(by: Matrices) -> Matrices:
    """Matrices [N, 3, 3] that turn colours around the grey axis by angles (Rodrigues)."""
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    cos, sin = np.cos(by)[:, None, None], np.sin(by)[:, None, None]
    made: Matrices = cos * np.eye(3) + sin * cross + (1 - cos) * GREY
    return made
