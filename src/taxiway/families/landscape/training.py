"""What the landscape network learns from: maps, and what the painter makes of them."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from taxiway.families.landscape.given import given
from taxiway.latent.sample import z_of_seed
from taxiway.painting.layers import layers
from taxiway.painting.materials import SWING, compose
from taxiway.painting.sketches import sketch

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Maps, moods and grains as the network takes them, and the pictures it should make."""
HELD_OUT = 1_000_000
"""Maps from this seed on are never trained on."""


def example(seed: int, size: int) -> tuple[NDArray[np.float32], ...]:
    """A map [14, H, W], a mood [34], the grain [12, H, W] and a picture [3, H, W] of 0..1.

    Every third map is a painted landscape's own, the others are as by hand.
    """
    z = z_of_seed(seed, 512)
    drawn = layers(z, size) if seed % 3 == 0 else sketch(seed, size)
    picture = compose(drawn.labels, z, drawn.across_bow).transpose(2, 0, 1)
    inputs = [value[0] for value in given(drawn.labels, z).values()]
    return (*inputs, picture.astype(np.float32) / 255)


def batch(seeds: range, size: int) -> Batch:
    """Examples [N, ...] as tensors."""
    parts = zip(*(example(seed, size) for seed in seeds), strict=True)
    where, mood, grain, picture = (torch.from_numpy(np.stack(part)) for part in parts)
    return where, mood, grain, picture


def mirrored(some: Batch) -> Batch:
    """The same the other way round, the light from the other side."""
    where, mood, grain, picture = some
    turned = mood.clone()
    turned[:, SWING] *= -1
    return where.flip(3), turned, grain.flip(3), picture.flip(3)


def unlike(made: Tensor, picture: Tensor) -> Tensor:
    """How far two batches of pictures are apart: places, edges of three scales, broad colours."""
    loss = (made - picture).abs().mean()
    for k in (1, 2, 4):
        a, b = (F.avg_pool2d(made, k), F.avg_pool2d(picture, k)) if k > 1 else (made, picture)
        for axis in (2, 3):
            loss = loss + 0.7 * (a.diff(dim=axis) - b.diff(dim=axis)).abs().mean()
    return loss + (F.avg_pool2d(made, 16) - F.avg_pool2d(picture, 16)).abs().mean()
