"""How unlike two pictures are, in numbers that a gradient can follow; no downloaded network."""

import torch
import torch.nn.functional as F
from torch import Tensor

from taxiway.training.perceptual import Perceptual

SMALLEST = 8
"""Pixels along the shorter side where the pyramid ends."""
GROWTH = 1.5
"""Each halving counts this many times more: first the gist, then the detail."""
EDGES, EDGE_WEIGHT = 3, 0.3
"""On how many levels edges are compared, and what they weigh beside the colours."""


class Likeness:
    """How far images are from targets [N, C, H, W]: their `distance`, and what is perceived."""

    def __init__(self, targets: Tensor, perceptual: Perceptual | None = None) -> None:
        self.levels = pyramid(targets)
        self._perceptual = None if perceptual is None else perceptual.to(targets.device)
        self._seen = self._perceptual.features_of(coloured(targets)) if self._perceptual else []

    def __call__(self, images: Tensor) -> Tensor:
        """The distance of each image [N, C, H, W] from its target: [N], 0 if equal."""
        far = distance(images, self.levels)
        if self._perceptual is None:
            return far
        perceived: Tensor = self._perceptual(coloured(images), self._seen)
        return far + perceived


def coloured(images: Tensor) -> Tensor:
    """Images [N, C, H, W] of 1, 3 or 4 channels as those of 3, without their alpha."""
    return images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]


def pyramid(images: Tensor) -> list[Tensor]:
    """Images [N, C, H, W] and their halves [N, C, H/2, W/2], ... down to about 8 pixels."""
    levels = [images]
    while min(levels[-1].shape[2:]) >= 2 * SMALLEST:
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


def distance(images: Tensor, targets: list[Tensor]) -> Tensor:
    """How far each image [N, C, H, W] is from its target, given as a `pyramid`: [N], 0 if equal.

    Mean squared error over a pyramid, and the mean absolute difference of the x and y gradients
    of its first levels. Values are -1..1.
    """
    total = images.new_zeros(len(images))
    for level, (image, target) in enumerate(zip(pyramid(images), targets, strict=True)):
        difference = image - target
        total = total + GROWTH**level * difference.square().mean(dim=(1, 2, 3))
        if level < EDGES:
            total = total + EDGE_WEIGHT * edges(difference)
    return total


def edges(x: Tensor) -> Tensor:
    """The mean absolute gradient of x [N, C, H, W] along both axes: [N]."""
    across = (x[..., 1:] - x[..., :-1]).abs().mean(dim=(1, 2, 3))
    down = (x[..., 1:, :] - x[..., :-1, :]).abs().mean(dim=(1, 2, 3))
    return across + down


def psnr(images: Tensor, targets: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of images in -1..1, both [N, C, H, W]: [N]."""
    error = (images.clamp(-1, 1) - targets).square().mean(dim=(1, 2, 3)).clamp(min=1e-10)
    return 10 * torch.log10(4 / error)
