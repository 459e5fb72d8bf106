"""A small network that finishes a generator's pictures at four times the size; no style."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.checkpoint.contents import UPSCALED


class Upscaler(nn.Module):
    """Images [N, channels, H, W] -> [N, channels, 4 H, 4 W]; H and W are even.

    What it makes is added to the picture, enlarged smoothly: `depth` residual pairs of 3x3
    convolutions at half the size, where they see far, then three doublings by pixel shuffle.
    """

    def __init__(self, channels: int = 3, width: int = 32, deep: int = 48, depth: int = 3) -> None:
        super().__init__()
        self.shape = {"width": width, "deep": deep, "depth": depth}  # as a checkpoint's config says
        self.first = _conv(channels, width)
        self.down = _conv(width, deep, stride=2)
        self.pairs = nn.ModuleList(_conv(deep, deep) for _ in range(2 * depth))
        self.up = _conv(deep, 4 * width)
        self.middle = _conv(width, 2 * width)
        self.last = _conv(width // 2, 4 * channels)

    def forward(self, images: Tensor) -> Tensor:
        return self.smooth(images) + self.detail(images)

    def smooth(self, images: Tensor) -> Tensor:
        """The images, merely enlarged."""
        result: Tensor = F.interpolate(images, scale_factor=UPSCALED, mode="bilinear")
        return result

    def detail(self, images: Tensor) -> Tensor:
        """What is added to that, in the type of the weights: [N, channels, 4 H, 4 W]."""
        first = self.first(images.to(self.first.weight.dtype))
        fine = _bent(first).to(self.down.weight.dtype)  # [N, width, H, W]
        x = _bent(self.down(fine))  # [N, deep, H / 2, W / 2]
        for conv0, conv1 in zip(self.pairs[::2], self.pairs[1::2], strict=True):
            x = x + conv1(_bent(conv0(x)))
        x = _bent(F.pixel_shuffle(self.up(x), 2) + fine)  # [N, width, H, W]
        x = _bent(F.pixel_shuffle(self.middle(x), 2))  # [N, width / 2, 2 H, 2 W]
        return F.pixel_shuffle(self.last(x), 2)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1)


def _bent(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class FastUpscaler(nn.Module):
    """An `Upscaler` whose convolutions are in `dtype`; images in and out stay float32.

    The first sees them so: edges become sharper here, and with them what they are off.
    """

    def __init__(self, upscaler: Upscaler, dtype: torch.dtype) -> None:
        super().__init__()
        self.layers = copy.deepcopy(upscaler).to(dtype)
        self.layers.first = copy.deepcopy(upscaler.first)
        self.layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        detail = self.layers.detail(images.contiguous(memory_format=torch.channels_last))
        result: Tensor = self.layers.smooth(images) + detail
        return result


def fast_upscaler(upscaler: Upscaler | None, dtype: torch.dtype) -> FastUpscaler | None:
    """A copy for inference, or none of none."""
    return None if upscaler is None else FastUpscaler(upscaler, dtype)
