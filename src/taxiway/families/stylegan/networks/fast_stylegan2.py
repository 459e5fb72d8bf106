"""StyleGAN2's synthesis for playing, not training: the same images, sooner.

All that does not depend on w is worked out once, activations are channels-last, and each layer
takes the cheaper of two equal forms: scaling its input or scaling its weight.
"""

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.generator import Noise
from taxiway.families.stylegan.networks.modulated import ModulatedConv, StyledRGB, clamped
from taxiway.families.stylegan.networks.ops import ACTIVATIONS, fir, upsample
from taxiway.families.stylegan.networks.stylegan2 import Block, StyledConv, SynthesisNetwork, ToRGB
from taxiway.families.stylegan.networks.upscaler import fast_upscaler

CHUNK_BYTES = 8 << 20
"""A batch whose feature maps outgrow this is finished sample by sample, in a CPU's cache."""

SCALABLE: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "lrelu": lambda x: F.leaky_relu(x, 0.2, inplace=True),
    "relu": lambda x: F.relu(x, inplace=True),
}
"""Activations that let a positive factor through, so that the gain can be applied before them."""


class FastConv:
    """A `StyledConv` with its constants worked out; called with x [N, in, h, w], w [N, w_dim]."""

    def __init__(self, layer: StyledConv, dtype: torch.dtype, gain: float = 1.0) -> None:
        self.dtype, self.size = dtype, layer.size
        plain, _ = ACTIVATIONS[layer.activation]
        self.activation = SCALABLE.get(layer.activation, plain)
        total = layer.act_gain * gain
        early, self.late = (total, 1.0) if layer.activation in SCALABLE else (1.0, total)
        self.clamp = None if layer.clamp is None else layer.clamp * gain
        self.kernel = layer.kernel
        self.conv = ModulatedConv(
            layer.weight.detach(),
            layer.bias.detach() * early,
            layer.affine,
            dtype,
            self.up_conv if layer.up == 2 else partial(F.conv2d, padding=1),
            gain=early,
            transposed=layer.up == 2,
        )
        self.strength = self.plane = None
        if layer.use_noise:
            self.strength = layer.noise_strength.detach() * early
            self.plane = (layer.noise_const * self.strength).to(dtype)

    def __call__(self, x: Tensor, w: Tensor, noise: Noise) -> Tensor:
        x = self.conv(x, w)  # [N, out, H, W]
        plane = self.noise(len(w), noise)
        x = self.activation(x if plane is None else x.add_(plane))  # [N, out, H, W], in place
        if self.late != 1:
            x = x.mul_(self.late)
        return clamped(x, self.clamp)

    def up_conv(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve x [N, in, h, w] with weight [in, out, 3, 3] into [N, out, 2h, 2w]."""
        return fir(F.conv_transpose2d(x, weight, stride=2), self.kernel, padding=1, bias=bias)

    def noise(self, count: int, noise: Noise) -> Tensor | None:
        """What to add to each pixel, the same for all channels: [1 or count, 1, H, W]."""
        if noise == "none" or self.strength is None:
            return None
        if noise == "const":
            return self.plane
        values = torch.randn(count, 1, *self.size, device=self.strength.device)
        return (values * self.strength).to(self.dtype)


def fast_rgb(layer: ToRGB, dtype: torch.dtype) -> StyledRGB:
    """A `ToRGB` with its constants worked out."""
    weight, bias = layer.weight.detach(), layer.bias.detach()
    return StyledRGB(weight, bias, layer.affine, dtype, layer.clamp, layer.weight_gain)


class FastBlock:
    """A `Block` of fast layers."""

    def __init__(self, block: Block, dtype: torch.dtype) -> None:
        self.num_convs = block.num_convs
        self.const = (
            None if block.const is None else block.const.detach()[None].to(dtype, copy=True)
        )
        self.conv0 = None if block.conv0 is None else FastConv(block.conv0, dtype)
        self.skip = None if block.skip is None else copy.deepcopy(block.skip).to(dtype)
        self.conv1 = FastConv(block.conv1, dtype, math.sqrt(0.5) if block.skip else 1.0)
        self.torgb = None if block.torgb is None else fast_rgb(block.torgb, dtype)
        self.kernel = self.conv1.kernel
        self.sample_bytes = block.conv1.bias.numel() * math.prod(self.conv1.size) * dtype.itemsize

    def __call__(
        self, x: Tensor | None, image: Tensor | None, ws: Tensor, noise: Noise
    ) -> tuple[Tensor, Tensor | None]:
        x = self.features(x, ws, noise)  # [N, out, H, W]
        if image is not None:
            image = upsample(image, self.kernel)  # [N, channels, H, W]
        if self.torgb is not None:
            rgb = self.torgb(x, ws[:, self.num_convs])  # float32 [N, channels, H, W]
            image = rgb if image is None else image.add_(rgb)
        return x, image

    def features(self, x: Tensor | None, ws: Tensor, noise: Noise) -> Tensor:
        """The block's convolutions: [N, in, H/2, W/2] (None for the first) -> [N, out, H, W]."""
        if self.const is not None:
            return self.conv1(self.const, ws[:, 0], noise)
        assert x is not None, "only the first block starts from nothing"
        assert self.conv0 is not None
        y = self.conv1(self.conv0(x, ws[:, 0], noise), ws[:, 1], noise)
        return y if self.skip is None else y.add_(self.skip(x))


class FastSynthesis(nn.Module):
    """A `SynthesisNetwork` for inference in `dtype`; feature maps in it, images in float32."""

    def __init__(self, synthesis: SynthesisNetwork, dtype: torch.dtype) -> None:
        super().__init__()
        self.upscaler = fast_upscaler(synthesis.upscaler, dtype)
        # What is upscaled needs more digits than the eight of bfloat16.
        exactly = self.upscaler is not None and dtype == torch.bfloat16
        kind = torch.float32 if exactly else dtype
        self.blocks = [FastBlock(block, kind) for block in synthesis.blocks()]

    def forward(self, ws: Tensor, noise: Noise = "const", transform: None = None) -> Tensor:
        images = self.small(ws, noise)
        if self.upscaler is None:
            return images
        # one at a time, in a CPU's cache
        parts = images.chunk(len(images)) if images.device.type == "cpu" else [images]
        return torch.cat([self.upscaler(part) for part in parts])

    def small(self, ws: Tensor, noise: Noise = "const") -> Tensor:
        """The images before they are upscaled."""
        return self.run(self.blocks, None, None, ws, noise)

    def run(
        self,
        blocks: list[FastBlock],
        x: Tensor | None,
        image: Tensor | None,
        ws: Tensor,
        noise: Noise,
    ) -> Tensor:
        """The images that `blocks` make of x and the image so far; `ws` begins with their rows."""
        for i, block in enumerate(blocks):
            if len(ws) > 1 and x is not None and self.outgrown(block, ws):
                parts = zip(
                    x.chunk(len(ws)), image_parts(image, ws), ws.chunk(len(ws)), strict=True
                )
                return torch.cat([self.run(blocks[i:], *part, noise) for part in parts])
            x, image = block(x, image, ws, noise)  # [N, out, H, W], [N, channels, H, W]
            ws = ws[:, block.num_convs :]  # the image's row is the next block's first
        assert image is not None, "the last block always makes an image"
        return image

    def outgrown(self, block: FastBlock, ws: Tensor) -> bool:
        """Whether a whole batch of this block's feature maps is too much for a CPU's cache."""
        return ws.device.type == "cpu" and len(ws) * block.sample_bytes > CHUNK_BYTES


def image_parts(image: Tensor | None, ws: Tensor) -> Sequence[Tensor | None]:
    """One image (or none yet) for each sample."""
    return [None] * len(ws) if image is None else image.chunk(len(ws))
