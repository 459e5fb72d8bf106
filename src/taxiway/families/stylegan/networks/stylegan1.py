"""StyleGAN (1): a learned constant, then layers that are normalised and styled after each of them.

Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks". The
weights are those of `checkpoint.stylegan1`, which has worked all scales into them: so a layer is an
ordinary convolution, which is what makes this the fastest of the three.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.generator import Noise

SLOPE = 0.2  # of the leaky ReLU below 0
EPSILON = 1e-8  # of the instance norm
BLUR = (1.0, 2.0, 1.0)


class Affine(nn.Module):
    """w [N, w_dim] -> scale and shift [N, C] each; the scale's bias has the + 1 in it."""

    def __init__(self, w_dim: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2 * channels, w_dim) / math.sqrt(w_dim))
        self.bias = nn.Parameter(torch.cat([torch.ones(channels), torch.zeros(channels)]))

    def forward(self, w: Tensor) -> tuple[Tensor, Tensor]:
        scale, shift = F.linear(w, self.weight, self.bias).chunk(2, dim=1)  # [N, C], [N, C]
        return scale[:, :, None, None], shift[:, :, None, None]


class StyledLayer(nn.Module):
    """A 3x3 convolution (none for `inputs` 0), then noise, bias, leaky ReLU, instance norm, style.

    `size` is that of the output in pixels; `up` doubles the input first, and `blur` smooths what
    was doubled. Noise has one strength for each channel.
    """

    noise_const: Tensor
    taps: Tensor
    sums: Tensor | None = None
    """What the weight was divided by [out, 1, 1], where it was."""

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, size: int, up: bool = False, blur: bool = True
    ) -> None:
        super().__init__()
        self.size, self.up, self.blur = size, up, blur
        if inputs:
            weight = torch.randn(outputs, inputs, 3, 3) * math.sqrt(2 / (9 * inputs))
            self.weight: nn.Parameter | None = nn.Parameter(weight)
        else:
            self.weight = None
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise_const", torch.randn(size, size))
        self.register_buffer("taps", torch.tensor(BLUR) / sum(BLUR), persistent=False)
        self.affine = Affine(w_dim, outputs)

    def forward(self, x: Tensor, w: Tensor, noise: Noise = "const") -> Tensor:
        if self.weight is not None:
            x = F.interpolate(x, scale_factor=2.0) if self.up else x  # [N, in, H, W]
            x = F.conv2d(x.to(self.weight.dtype), self.weight, padding=1).float()  # [N, out, H, W]
            x = x if self.sums is None else x * self.sums
        if self.up and self.blur:
            x = smoothed(x, self.taps)
        if noise != "none":
            x = x + self.noise(len(x), noise)
        x = F.leaky_relu(x + self.bias[None, :, None, None], SLOPE)
        scale, shift = self.affine(w)
        y: Tensor = F.instance_norm(x, eps=EPSILON) * scale + shift
        return y

    def noise(self, count: int, noise: Noise) -> Tensor:
        """One value per pixel, times each channel's strength: [1 or count, C, H, W]."""
        if noise == "const":
            values = self.noise_const[None, None]
        else:
            values = torch.randn(count, 1, self.size, self.size, device=self.bias.device)
        return values * self.noise_strength[None, :, None, None]


def smoothed(x: Tensor, taps: Tensor) -> Tensor:
    """x [N, C, H, W] blurred with three taps both ways; beyond the border there are zeros."""
    channels = x.shape[1]
    down = taps.view(1, 1, 3, 1).expand(channels, 1, 3, 1)
    across = taps.view(1, 1, 1, 3).expand(channels, 1, 1, 3)
    x = F.conv2d(x, down, padding=(1, 0), groups=channels)
    return F.conv2d(x, across, padding=(0, 1), groups=channels)


class ToRGB(nn.Module):
    """1x1 convolution from features to a picture, without a style."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1) / math.sqrt(inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:  # [N, in, H, W] -> [N, channels, H, W]
        return F.conv2d(x, self.weight, self.bias)


class Block(nn.Module):
    """One resolution: two layers, and the picture where it is taken from here."""

    def __init__(self, conv0: StyledLayer, conv1: StyledLayer, torgb: ToRGB | None) -> None:
        super().__init__()
        self.const: nn.Parameter | None = None
        self.conv0, self.conv1, self.torgb = conv0, conv1, torgb


class SynthesisNetwork(nn.Module):
    """ws [N, num_ws, w_dim] -> images [N, img_channels, H, W]; blocks `b4`, `b8`, ... in a row.

    `channels` gives each block's feature channels, smallest first. Only the last block makes a
    picture, unless the network had not grown up: `lod` (Karras et al. 2018) says by how many
    halvings, and between two whole numbers two pictures are blended.
    """

    def __init__(self, config: Mapping[str, Any], channels: Mapping[str, int]) -> None:
        super().__init__()
        self.lod: float = config.get("lod", 0.0)
        shown = len(channels) - 1 - int(self.lod)
        fading = self.lod % 1 > 0
        inputs = 0
        for index, (name, outputs) in enumerate(channels.items()):
            size, w_dim = 4 << index, config["w_dim"]
            is_shown = index == shown or (fading and index == shown - 1)
            block = Block(
                StyledLayer(inputs, outputs, w_dim, size, up=index > 0, blur=config["blur"]),
                StyledLayer(outputs, outputs, w_dim, size),
                ToRGB(outputs, config["img_channels"]) if is_shown else None,
            )
            if not index:
                block.const = nn.Parameter(torch.ones(outputs, 4, 4))
            self.add_module(name, block)
            inputs = outputs

    def blocks(self) -> list[Block]:
        """The blocks, smallest first."""
        return [block for block in self.children() if isinstance(block, Block)]

    def forward(self, ws: Tensor, noise: Noise = "const", transform: None = None) -> Tensor:
        blocks = self.blocks()
        const = blocks[0].const
        assert const is not None, "the first block starts from a constant"
        x = const[None].expand(len(ws), -1, -1, -1)  # [N, C, 4, 4]
        pictures: list[Tensor] = []
        for index, block in enumerate(blocks):
            x = block.conv0(x, ws[:, 2 * index], noise)
            x = block.conv1(x, ws[:, 2 * index + 1], noise)
            if block.torgb is not None:
                pictures.append(block.torgb(x))  # [N, channels, size, size]
                if index == len(blocks) - 1 - int(self.lod):
                    break
        image = pictures[-1]
        if len(pictures) == 2:
            smaller = F.interpolate(pictures[0], scale_factor=2.0)
            image = torch.lerp(image, smaller, self.lod % 1)
        grown = 2.0 ** int(self.lod)
        return image if grown == 1 else F.interpolate(image, scale_factor=grown)
