"""StyleGAN2 (Karras et al. 2020): w in, images out, one block for each doubling of size."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.generator import Generator, Noise
from taxiway.families.stylegan.networks.mapping import Dense, MappingNetwork
from taxiway.families.stylegan.networks.ops import (
    ACTIVATIONS,
    demodulation,
    kernel_2d,
    per_channel,
    squared_sums,
    up_conv,
    upsample,
)
from taxiway.families.stylegan.networks.upscaler import Upscaler

Size = tuple[int, int]
"""Height and width, in pixels."""


class StyledConv(nn.Module):
    """3x3 convolution whose input channels are scaled by a style; then noise, bias, activation.

    Karras et al. 2020, section 2.2: modulation, convolution, demodulation.

    Scaling the activations rather than the weights keeps one weight for the whole batch.
    `size` is that of the output; `up` is 1 or 2.
    """

    kernel: Tensor
    noise_const: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        w_dim: int,
        size: Size,
        taps: Sequence[float],
        up: int = 1,
        conv_clamp: float | None = None,
        activation: str = "lrelu",
        act_gain: float = math.sqrt(2),
        use_noise: bool = True,
    ) -> None:
        super().__init__()
        self.size, self.up, self.clamp, self.use_noise = size, up, conv_clamp, use_noise
        self.activation, self.act_gain = activation, act_gain
        # Where the layer lies: what is copied at every call cannot be recorded on a GPU.
        self.register_buffer("kernel", kernel_2d(taps, gain=4), persistent=False)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = Dense(w_dim, inputs, bias=1.0)
        if use_noise:
            self.noise_strength = nn.Parameter(torch.zeros([]))
            self.register_buffer("noise_const", torch.randn(*size))

    def forward(self, x: Tensor, w: Tensor, noise: Noise = "const", gain: float = 1.0) -> Tensor:
        styles = self.affine(w)  # [N, in]
        x = x * per_channel(styles).to(x.dtype)  # [N, in, h, w]
        if self.up == 2:
            x = up_conv(x, self.weight, self.kernel.to(x.dtype))  # [N, out, 2h, 2w]
        else:
            x = F.conv2d(x, self.weight, padding=1)  # [N, out, h, w]
        # From here on [N, out, H, W]: the demodulation divides by what the style makes expected.
        x = x * per_channel(demodulation(styles, squared_sums(self.weight))).to(x.dtype)
        x = x + per_channel(self.bias[None]).to(x.dtype)
        if self.use_noise and noise != "none":
            x = x + self.noise(len(x), noise).to(x.dtype)
        x = ACTIVATIONS[self.activation][0](x) * (self.act_gain * gain)
        return x if self.clamp is None else x.clamp(-self.clamp * gain, self.clamp * gain)

    def noise(self, count: int, noise: Noise) -> Tensor:
        """One value per pixel, the same for all channels: [1 or count, 1, H, W]."""
        if noise == "const":
            values = self.noise_const[None, None]
        else:
            values = torch.randn(count, 1, *self.size, device=self.weight.device)
        return values * self.noise_strength


class ToRGB(nn.Module):
    """1x1 convolution from features to an image, styled, without demodulation."""

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, conv_clamp: float | None = None
    ) -> None:
        super().__init__()
        self.clamp = conv_clamp
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.affine = Dense(w_dim, inputs, bias=1.0)
        self.weight_gain = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:  # [N, in, h, w] -> [N, channels, h, w]
        styles = self.affine(w) * self.weight_gain  # [N, in]
        x = F.conv2d(x * per_channel(styles).to(x.dtype), self.weight, self.bias)  # 1x1
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class Skip(nn.Module):
    """1x1 convolution at twice the size, without style: the short cut of a residual block."""

    kernel: Tensor

    def __init__(self, inputs: int, outputs: int, taps: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("kernel", kernel_2d(taps, gain=4), persistent=False)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.weight_gain = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:  # [N, in, h, w] -> [N, out, 2h, 2w]
        # The 1x1 convolution and the filter commute; at the small size it is four times cheaper.
        x = F.conv2d(x, self.weight * (self.weight_gain * math.sqrt(0.5)))  # [N, out, h, w]
        return upsample(x, self.kernel.to(x.dtype))  # [N, out, 2h, 2w]


class Block(nn.Module):
    """One resolution: the constant or an up-convolution, a convolution, and perhaps an image."""

    def __init__(
        self,
        const: Tensor | None,
        conv0: StyledConv | None,
        conv1: StyledConv,
        torgb: ToRGB | None,
        skip: Skip | None,
    ) -> None:
        super().__init__()
        self.const = None if const is None else nn.Parameter(const)
        self.conv0, self.conv1, self.torgb, self.skip = conv0, conv1, torgb, skip
        self.num_convs = 1 if conv0 is None else 2

    def forward(
        self, x: Tensor | None, image: Tensor | None, ws: Tensor, noise: Noise
    ) -> tuple[Tensor, Tensor | None]:
        x = self.features(x, ws, noise)  # [N, out, H, W]
        if image is not None:
            # The image so far [N, channels, H/2, W/2] is brought to this size and added to.
            image = upsample(image, self.conv1.kernel.to(image.dtype))
        if self.torgb is not None:
            rgb = self.torgb(x, ws[:, self.num_convs]).float()  # [N, channels, H, W]
            image = rgb if image is None else image + rgb
        return x, image

    def features(self, x: Tensor | None, ws: Tensor, noise: Noise) -> Tensor:
        """The block's convolutions: [N, in, H/2, W/2] (None for the first) -> [N, out, H, W]."""
        y: Tensor
        if x is None or self.conv0 is None:
            assert self.const is not None, "only the first block starts from nothing"
            start = self.const[None].expand(len(ws), -1, -1, -1)  # [N, out, H, W], all the same
            y = self.conv1(start, ws[:, 0], noise)
        elif self.skip is None:
            y = self.conv1(self.conv0(x, ws[:, 0], noise), ws[:, 1], noise)
        else:
            y = self.conv1(self.conv0(x, ws[:, 0], noise), ws[:, 1], noise, gain=math.sqrt(0.5))
            y = y + self.skip(x)
        return y


class SynthesisNetwork(nn.Module):
    """ws [N, num_ws, w_dim] -> images [N, img_channels, H, W]; blocks `b4`, `b8`, ... in a row.

    `channels` gives each block's feature channels, smallest first; `const` the size (height,
    width) of the learned constant that the first block starts from. A block takes one w per
    convolution and one for its image; that last one is also the next block's first. Where the
    config has an upscaler, the images are what that makes of the last block's.
    """

    def __init__(
        self, config: Mapping[str, Any], channels: Mapping[str, int], const: Size = (4, 4)
    ) -> None:
        super().__init__()
        inputs, size = 0, const
        for name, outputs in channels.items():
            has_rgb = config["architecture"] == "skip" or name == list(channels)[-1]
            self.add_module(name, new_block(config, name, inputs, outputs, size, has_rgb))
            inputs, size = outputs, (2 * size[0], 2 * size[1])
        self.upscaler: Upscaler | None = None
        if config.get("upscaler"):
            self.upscaler = Upscaler(config["img_channels"], **config["upscaler"])

    def blocks(self) -> list[Block]:
        """The blocks, smallest first."""
        return [block for block in self.children() if isinstance(block, Block)]

    def forward(self, ws: Tensor, noise: Noise = "const", transform: None = None) -> Tensor:
        x: Tensor | None = None
        image: Tensor | None = None
        row = 0
        for block in self.blocks():  # x [N, out, H, W] and image [N, channels, H, W] double
            x, image = block(x, image, ws[:, row:], noise)
            row += block.num_convs
        assert image is not None, "the last block always makes an image"
        return image if self.upscaler is None else self.upscaler(image)


CONV_OPTIONS = ("up", "conv_clamp", "activation", "act_gain", "use_noise")


def new_block(
    config: Mapping[str, Any], name: str, inputs: int, outputs: int, size: Size, has_rgb: bool
) -> Block:
    """The block `name` ("b8") with fresh weights; `inputs` 0 makes the first one."""
    w_dim, taps = config["w_dim"], config["resample_filter"]

    def options(layer: str, *names: str) -> dict[str, Any]:
        given = config["layers"].get(f"{name}.{layer}", {})
        return {option: given[option] for option in names if option in given}

    def conv(layer: str, inputs: int) -> StyledConv:
        return StyledConv(inputs, outputs, w_dim, size, taps, **options(layer, *CONV_OPTIONS))

    def rgb() -> ToRGB:
        return ToRGB(outputs, config["img_channels"], w_dim, **options("torgb", "conv_clamp"))

    return Block(
        const=None if inputs else torch.randn(outputs, *size),
        conv0=conv("conv0", inputs) if inputs else None,
        conv1=conv("conv1", outputs),
        torgb=rgb() if has_rgb else None,
        skip=Skip(inputs, outputs, taps) if inputs and config["architecture"] == "resnet" else None,
    )


def new_stylegan2(
    resolution: int,
    channel_base: int = 32768,
    channel_max: int = 512,
    mapping_layers: int = 8,
    z_dim: int = 512,
    w_dim: int = 512,
    c_dim: int = 0,
    img_channels: int = 3,
    use_noise: bool = True,
    conv_clamp: float | None = None,
) -> Generator:
    """A StyleGAN2 of the skip architecture with fresh weights, ready to be trained.

    A block of r x r pixels has min(channel_base // r, channel_max) channels.
    """
    sizes = [2**k for k in range(2, resolution.bit_length())]  # 4, 8, ... resolution
    layers: dict[str, dict[str, Any]] = {}
    for size in sizes:
        for up, conv in [(2, "conv0"), (1, "conv1")][size == 4 :]:
            layers[f"b{size}.{conv}"] = {
                "up": up,
                "conv_clamp": conv_clamp,
                "activation": "lrelu",
                "act_gain": math.sqrt(2),
                "use_noise": use_noise,
            }
        layers[f"b{size}.torgb"] = {"conv_clamp": conv_clamp}
    config = {
        "z_dim": z_dim,
        "w_dim": w_dim,
        "c_dim": c_dim,
        "img_channels": img_channels,
        "img_resolution": [resolution, resolution],
        "num_ws": 2 * len(sizes),
        "architecture": "skip",
        "mapping": {
            "num_layers": mapping_layers,
            "activation": "lrelu",
            "lr_multiplier": 0.01,
            "w_avg_beta": 0.998,
        },
        "resample_filter": [1, 3, 3, 1],
        "layers": layers,
    }
    widths = [z_dim + (w_dim if c_dim else 0)] + mapping_layers * [w_dim]
    channels = {f"b{size}": min(channel_base // size, channel_max) for size in sizes}
    return Generator(
        "stylegan2",
        config,
        MappingNetwork(z_dim, c_dim, widths, lr_multiplier=0.01),
        SynthesisNetwork(config, channels),
    )
