"""StyleGAN2 written as the paper has it: the baseline that the fast forms are compared with.

One modulated weight per sample, a grouped convolution over the whole batch, and a mapping network
that rescales its weights at every call: what a careful reading of Karras et al. 2020 gives, with
PyTorch's own layouts and operators.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.mapping import Dense
from taxiway.families.stylegan.networks.stylegan2 import Block, StyledConv, SynthesisNetwork, ToRGB

KERNEL = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64


def dense(x: Tensor, layer: Dense) -> Tensor:
    """A fully connected layer; the stored weight is scaled now."""
    return torch.addmm(layer.bias * layer.bias_gain, x, (layer.weight * layer.weight_gain).t())


def mapping(g: Generator, z: Tensor) -> Tensor:
    """z [N, z_dim] -> w [N, w_dim], without labels."""
    x = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
    for i in range(g.mapping.num_layers):
        layer = g.mapping.get_submodule(f"fc{i}")
        assert isinstance(layer, Dense)
        x = F.leaky_relu(dense(x, layer), 0.2) * math.sqrt(2)
    return x


def modulated_conv(
    x: Tensor, weight: Tensor, styles: Tensor, demodulate: bool = True, up: bool = False
) -> Tensor:
    """Scale the weight by the styles, bring it to unit norm; each sample has its own."""
    n, inputs, height, width = x.shape
    outputs, _, k, _ = weight.shape
    w = weight[None] * styles[:, None, :, None, None]  # [N, out, in, k, k]
    if demodulate:
        w = w * torch.rsqrt(w.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8)
    x = x.reshape(1, n * inputs, height, width)
    if up:
        w = w.transpose(1, 2).reshape(n * inputs, outputs, k, k)
        x = F.conv_transpose2d(x, w, stride=2, groups=n)
        x = smooth(x, padding=1)
    else:
        x = F.conv2d(x, w.reshape(n * outputs, inputs, k, k), padding=k // 2, groups=n)
    return x.reshape(n, outputs, *x.shape[2:])


def smooth(x: Tensor, padding: int) -> Tensor:
    """The 4x4 filter on every channel, with the gain of 4 that the inserted zeros need."""
    channels = x.shape[1]
    kernel = (KERNEL.to(x.device) * 4)[None, None].repeat(channels, 1, 1, 1)
    return F.conv2d(x, kernel, padding=padding, groups=channels)


def upsample_image(x: Tensor) -> Tensor:
    """Twice the size: zeros between the pixels, then the filter."""
    n, channels, height, width = x.shape
    x = F.pad(x.reshape(n, channels, height, 1, width, 1), (0, 1, 0, 0, 0, 1))
    x = F.pad(x.reshape(n, channels, 2 * height, 2 * width), (2, 1, 2, 1))
    return smooth(x, padding=0)


def styled_conv(x: Tensor, w: Tensor, layer: StyledConv) -> Tensor:
    """Modulated convolution, noise, bias, leaky ReLU, clamp."""
    x = modulated_conv(x, layer.weight, dense(w, layer.affine), up=layer.up == 2)
    if layer.use_noise:
        x = x + layer.noise_const * layer.noise_strength
    x = F.leaky_relu(x + layer.bias[None, :, None, None], 0.2) * layer.act_gain
    return x if layer.clamp is None else x.clamp(-layer.clamp, layer.clamp)


def to_rgb(x: Tensor, w: Tensor, layer: ToRGB) -> Tensor:
    """1x1 modulated convolution without demodulation, bias, clamp."""
    styles = dense(w, layer.affine) * layer.weight_gain
    x = modulated_conv(x, layer.weight, styles, demodulate=False)
    x = x + layer.bias[None, :, None, None]
    return x if layer.clamp is None else x.clamp(-layer.clamp, layer.clamp)


def block(x: Tensor | None, image: Tensor | None, ws: Tensor, b: Block) -> tuple[Tensor, Tensor]:
    """One resolution of the skip architecture."""
    if b.const is not None:
        x = b.const[None].repeat(len(ws), 1, 1, 1)
    if b.conv0 is not None:
        assert x is not None
        x = styled_conv(x, ws[:, 0], b.conv0)
    assert x is not None
    assert b.torgb is not None
    x = styled_conv(x, ws[:, b.num_convs - 1], b.conv1)
    rgb = to_rgb(x, ws[:, b.num_convs], b.torgb)
    return x, rgb if image is None else upsample_image(image) + rgb


def synthesis(g: Generator, ws: Tensor) -> Tensor:
    """ws [N, num_ws, w_dim] -> images [N, C, H, W], noise const."""
    assert isinstance(g.synthesis, SynthesisNetwork)
    x: Tensor | None = None
    image: Tensor | None = None
    row = 0
    for b in g.synthesis.blocks():
        x, image = block(x, image, ws[:, row:], b)
        row += b.num_convs
    assert image is not None
    return image
