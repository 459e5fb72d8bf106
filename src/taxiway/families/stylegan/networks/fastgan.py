"""FastGAN (Liu et al. 2021): z to a picture by gated convolutions, without a mapping network.

The weights are those of `checkpoint.fastgan`, which has worked all normalisation into them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.checkpoint.shapes import EXCITED
from taxiway.families.stylegan.networks.generator import Noise
from taxiway.families.stylegan.networks.ops import normalise

Shapes = Mapping[str, Sequence[int]]
FIRST = 4
SEED = 0
"""Of the noise that stays: the files hold none."""


class GatedLayer(nn.Module):
    """A convolution, noise, what the classes scale and shift, and a gate; called with x and c.

    `shapes` are those of its tensors, by what follows `path`. `size` is that of its output in
    pixels; the first layer, at 4, makes its features of z [N, z_dim, 1, 1].
    """

    noise_strength: Tensor
    noise_const: Tensor
    gains: Tensor
    shifts: Tensor
    sums: Tensor | None = None
    """What the weight was divided by [2 C, 1, 1], where it was."""

    def __init__(self, shapes: Shapes, path: str, size: int, up: bool) -> None:
        super().__init__()
        self.size, self.up = size, up
        own = {
            name.removeprefix(f"{path}."): shape
            for name, shape in shapes.items()
            if name.startswith(f"{path}.")
        }
        scale = 1 / math.sqrt(math.prod(own["weight"][1:]))
        self.weight = nn.Parameter(torch.randn(*own["weight"]) * scale)
        self.bias = nn.Parameter(torch.zeros(*own["bias"]))
        for name in ("noise_strength", "gains", "shifts"):
            value = nn.Parameter(torch.ones(*own[name])) if name in own else None
            self.register_parameter(name, value)
        self.has_noise, self.has_classes = "noise_strength" in own, "gains" in own
        if self.has_noise:
            drawn = torch.Generator().manual_seed(SEED + size)
            values = torch.empty(1, 1, size, size).normal_(generator=drawn)
            self.register_buffer("noise_const", values, persistent=False)

    def forward(self, x: Tensor, c: Tensor, noise: Noise = "const") -> Tensor:
        if self.size == FIRST:
            x = torch.einsum("nz,ozhw->nohw", x, self.weight)  # [N, 2 C, 4, 4]
            x = x + self.bias[:, None, None]
        else:
            x = F.interpolate(x, scale_factor=2.0) if self.up else x
            x = F.conv2d(x.to(self.weight.dtype), self.weight, padding=1).float()
            x = x if self.sums is None else x * self.sums
            x = x + self.bias[:, None, None]  # [N, 2 C, H, W]
        if self.has_noise and noise != "none":
            x = x + self.noise(len(x), noise, x)
        if self.has_classes:
            gains, shifts = F.linear(c, self.gains.T), F.linear(c, self.shifts.T)  # [N, 2 C] each
            x = x * gains[:, :, None, None] + shifts[:, :, None, None]
        return F.glu(x, dim=1)  # [N, C, H, W]

    def noise(self, count: int, noise: Noise, x: Tensor) -> Tensor:
        """One value per pixel, times each channel's strength: [1 or count, 2 C, H, W]."""
        if noise == "const":
            values = self.noise_const
        else:
            values = torch.randn(count, 1, *x.shape[2:], device=x.device)
        return values * self.noise_strength[None, :, None, None]


class Block(nn.Module):
    """One size: a layer that doubles it, and another one unless the network is a lite one."""

    def __init__(self, conv0: GatedLayer, conv1: GatedLayer | None) -> None:
        super().__init__()
        self.conv0, self.conv1 = conv0, conv1

    def forward(self, x: Tensor, c: Tensor, noise: Noise) -> Tensor:
        x = self.conv0(x, c, noise)
        return x if self.conv1 is None else self.conv1(x, c, noise)


class Excitation(nn.Module):
    """Weighs the channels of large features by what small ones say, once for each picture."""

    def __init__(self, channels: int, inputs: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(inputs, channels, 4, bias=False)
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor, small: Tensor) -> Tensor:  # [N, C, H, W], [N, in, h, w]
        said = F.silu(self.conv0(F.adaptive_avg_pool2d(small, FIRST)))  # [N, C, 1, 1]
        return x * torch.sigmoid(self.conv1(said))


class SynthesisNetwork(nn.Module):
    """z and c, side by side as [N, 1, z_dim + c_dim], -> images [N, img_channels, H, W].

    c [N, c_dim] weighs the classes. Blocks are `b4`, `b8`, ..., excitations `se64` and so on.
    """

    def __init__(self, config: Mapping[str, Any], shapes: Shapes) -> None:
        super().__init__()
        self.z_dim: int = config["z_dim"]
        channels: dict[int, int] = {}
        self.sizes = [
            FIRST << index for index in range(config["img_resolution"][0].bit_length() - 2)
        ]
        for size in self.sizes:
            path = f"synthesis.b{size}"
            single = size == FIRST or config["lite"]
            conv0 = GatedLayer(shapes, f"{path}.conv0", size, up=size > FIRST)
            conv1 = None if single else GatedLayer(shapes, f"{path}.conv1", size, up=False)
            self.add_module(f"b{size}", Block(conv0, conv1))
            channels[size] = shapes[f"{path}.conv{0 if single else 1}.bias"][0] // 2
            if size in EXCITED:
                self.add_module(f"se{size}", Excitation(channels[size], channels[EXCITED[size]]))
        self.torgb = nn.Conv2d(channels[self.sizes[-1]], config["img_channels"], 3, padding=1)

    def layers(self) -> list[GatedLayer]:
        """The gated layers, first to last."""
        return [layer for layer in self.modules() if isinstance(layer, GatedLayer)]

    def forward(self, ws: Tensor, noise: Noise = "const", transform: None = None) -> Tensor:
        z, c = ws[:, 0, : self.z_dim], ws[:, 0, self.z_dim :]
        x = normalise(z)
        features: dict[int, Tensor] = {}
        for size in self.sizes:
            x = self.get_submodule(f"b{size}")(x, c, noise)  # [N, C, size, size]
            if size in EXCITED:
                x = self.get_submodule(f"se{size}")(x, features[EXCITED[size]])
            features[size] = x
        image: Tensor = self.torgb(x)
        return image
