"""The discriminator of StyleGAN2 (Karras et al. 2020): residual, with minibatch deviation.

Of pictures with classes it is a projection discriminator (Miyato and Koyama 2018).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.mapping import Dense
from taxiway.families.stylegan.networks.ops import fir, kernel_2d, normalise

GROUP = 4
"""How many samples are compared with each other."""
_DEPTH = 8


class Conv(nn.Module):
    """A convolution with its weight scaled at run time, bias and leaky ReLU.

    Without `bias` there is no activation either. Gains go into the weight: a leaky ReLU lets
    positive factors through, and a weight is smaller than a picture.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain = 1 / math.sqrt(inputs * kernel * kernel)
        self.padding = kernel // 2

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        return self._activated(x, gain, stride=1, padding=self.padding)

    def halving(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """The same at every second pixel of x, which has been blurred and padded for it."""
        return self._activated(x, gain, stride=2, padding=0)

    def _activated(self, x: Tensor, gain: float, stride: int, padding: int) -> Tensor:
        if self.bias is None:
            return F.conv2d(x, self.weight * (self.gain * gain), None, stride, padding)
        gain = gain * math.sqrt(2)
        x = F.conv2d(x, self.weight * (self.gain * gain), self.bias * gain, stride, padding)
        return F.leaky_relu(x, 0.2)


class DownBlock(nn.Module):
    """Features [N, in, S, S] -> [N, out, S/2, S/2]; the image enters at the largest block."""

    def __init__(self, inputs: int, outputs: int, img_channels: int) -> None:
        super().__init__()
        self.fromrgb = Conv(img_channels, inputs, 1)
        self.conv0 = Conv(inputs, inputs, 3)
        self.conv1 = Conv(inputs, outputs, 3)
        self.skip = Conv(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel = kernel_2d((1, 3, 3, 1)).to(x)
        short = self.skip.halving(fir(x, kernel, padding=1), gain=math.sqrt(0.5))
        x = fir(self.conv0(x), kernel, padding=2)
        return short + self.conv1.halving(x, gain=math.sqrt(0.5))


class LabelMapping(nn.Module):
    """Labels c [N, c_dim] -> directions [N, width] in which features count for their class.

    Karras et al. 2020, "Training GANs with limited data": 8 layers that learn slowly, after a
    linear embedding.
    """

    def __init__(self, c_dim: int, width: int) -> None:
        super().__init__()
        self.embed = Dense(c_dim, width)
        for i in range(_DEPTH):
            self.add_module(f"fc{i}", Dense(width, width, lr=0.01))

    def forward(self, c: Tensor) -> Tensor:
        x = normalise(self.embed(c))
        for i in range(_DEPTH):
            x = F.leaky_relu(self.get_submodule(f"fc{i}")(x), 0.2) * math.sqrt(2)
        return x


class Head(nn.Module):
    """Features [N, C, 4, 4] -> so many numbers each [N, outputs]."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.conv = Conv(channels + 1, channels, 3)
        self.fc = Dense(channels * 16, channels)
        self.out = Dense(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(torch.cat([x, deviation(x)], dim=1))
        x = F.leaky_relu(self.fc(x.flatten(1)), 0.2) * math.sqrt(2)
        result: Tensor = self.out(x)
        return result


def deviation(x: Tensor) -> Tensor:
    """How much groups of 4 samples differ: one plane [N, 1, H, W] (Karras et al. 2018)."""
    groups = x.reshape(min(GROUP, len(x)), -1, *x.shape[1:])
    spread = (groups.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    plane = spread.repeat(len(groups))[:, None, None, None]
    return plane.expand(-1, 1, *x.shape[2:])


class Discriminator(nn.Module):
    """Images [N, C, S, S] and labels c [N, c_dim] -> how real each looks [N], positive for real.

    With labels: how real it looks as one of its class. `fade` below 1 mixes in the image at half
    size, past the largest block: how a network grown by one block starts (Karras et al. 2018).
    """

    def __init__(
        self,
        resolution: int,
        channel_base: int,
        channel_max: int,
        c_dim: int = 0,
        img_channels: int = 3,
    ) -> None:
        super().__init__()
        self.sizes = [2**k for k in range(resolution.bit_length() - 1, 2, -1)]
        for size in self.sizes:
            inputs, outputs = (min(channel_base // s, channel_max) for s in (size, size // 2))
            self.add_module(f"b{size}", DownBlock(inputs, outputs, img_channels))
        width = min(channel_base // 4, channel_max)
        self.b4 = Head(width, width if c_dim else 1)
        self.mapping = LabelMapping(c_dim, width) if c_dim else None

    def forward(self, images: Tensor, fade: float = 1.0, c: Tensor | None = None) -> Tensor:
        x = self._block(0).fromrgb(images)
        for i in range(len(self.sizes)):
            x = self._block(i)(x)
            if i == 0 and fade < 1:
                small = self._block(1).fromrgb(F.avg_pool2d(images, 2))
                x = small + (x - small) * fade
        return self._verdict(self.b4(x), c)

    def _verdict(self, features: Tensor, c: Tensor | None) -> Tensor:
        """What the head says [N, 1], or of [N, width] how much lies in the label's direction."""
        if self.mapping is None:
            return features[:, 0]
        assert c is not None
        with torch.autocast(c.device.type, enabled=False):
            directions = self.mapping(c)
        verdict: Tensor = (features.float() * directions).sum(dim=1) / math.sqrt(features.shape[1])
        return verdict

    def learning(self, frozen: int) -> list[nn.Parameter]:
        """The parameters that learn when so many blocks, the largest first, do not."""
        for i in range(min(frozen, len(self.sizes))):
            self._block(i).requires_grad_(False)
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def _block(self, i: int) -> DownBlock:
        block = self.get_submodule(f"b{self.sizes[i]}")
        assert isinstance(block, DownBlock)
        return block
