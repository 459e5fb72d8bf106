"""StyleGAN3's synthesis for playing, not training: the same images, sooner.

Weights are normalised once, gains are worked into the filters, and a batch goes through sample by
sample on a CPU. A lower precision serves the convolutions; the filters stay in float32.
"""

import copy
import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.generator import Noise
from taxiway.families.stylegan.networks.modulated import ModulatedConv, StyledRGB, clamped
from taxiway.families.stylegan.networks.ops import filter_down, filter_up
from taxiway.families.stylegan.networks.stylegan3 import SynthesisLayer, SynthesisNetwork


class FastLayer:
    """A `SynthesisLayer` with its constants worked out: [N, in, h, w] -> float32 [N, out, H, W]."""

    def __init__(self, layer: SynthesisLayer, dtype: torch.dtype) -> None:
        assert layer.up_filter is not None, "all but the last layer have filters"
        assert layer.down_filter is not None
        left, right, top, bottom = layer.padding
        self.padding = ((top, bottom), (left, right))
        self.up, self.down, self.clamp = layer.up, layer.down, layer.clamp
        self.up_filter, self.down_filter = layer.up_filter.clone(), layer.down_filter.clone()
        self.conv = ModulatedConv(
            layer.normalised_weight().detach(),
            layer.bias.detach(),
            layer.affine,
            dtype,
            partial(F.conv2d, padding=layer.weight.shape[2] - 1),
            gain=torch.rsqrt(layer.magnitude_ema),
        )

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        x = self.conv(x, w).float()  # [N, out, h + k - 1, w + k - 1]
        # The gain goes before the activation, which lets a positive factor through.
        x = filter_up(x, self.up_filter, self.up, self.padding, gain=math.sqrt(2))
        x = clamped(F.leaky_relu(x, 0.2, inplace=True), self.clamp)  # [N, out, up * h, up * w]
        return filter_down(x, self.down_filter, self.down)  # [N, out, H, W]


class FastSynthesis(nn.Module):
    """A `SynthesisNetwork` for inference, its convolutions in `dtype`, images in float32."""

    def __init__(self, synthesis: SynthesisNetwork, dtype: torch.dtype) -> None:
        super().__init__()
        self.input = copy.deepcopy(synthesis.input)
        *layers, last = synthesis.layers()
        self.layers = [FastLayer(layer, dtype) for layer in layers]
        self.torgb = StyledRGB(
            last.weight.detach(),
            last.bias.detach(),
            last.affine,
            dtype,
            last.clamp,
            gain=torch.rsqrt(last.magnitude_ema) / math.sqrt(last.weight.shape[1]),
        )
        self.output_scale = synthesis.output_scale

    def forward(
        self, ws: Tensor, noise: Noise = "const", transform: Tensor | None = None
    ) -> Tensor:
        if len(ws) > 1 and ws.device.type == "cpu":
            # One by one, so that a sample's feature maps stay in the cache.
            moves = [None] * len(ws) if transform is None else transform.expand(len(ws), 3, 3)
            pairs = zip(ws, moves, strict=True)
            return torch.cat([self(one[None], noise, move) for one, move in pairs])
        x: Tensor = self.input(ws[:, 0], transform)  # [N, C, h, w]
        for row, layer in enumerate(self.layers, start=1):
            x = layer(x, ws[:, row])  # [N, out, H, W]
        return self.torgb(x, ws[:, -1]) * self.output_scale  # [N, img_channels, H, W]
