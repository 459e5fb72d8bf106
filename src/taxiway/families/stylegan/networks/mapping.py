"""The mapping network of StyleGAN 1, 2 and 3: z and a label in, w out."""

import copy
import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from taxiway.families.stylegan.networks.ops import ACTIVATIONS, normalise

HOMOGENEOUS = [ACTIVATIONS[name][0] for name in ("linear", "lrelu", "relu")]


class Dense(nn.Module):
    """A fully connected layer whose weight is scaled at run time (equalised learning rate).

    `lr` is the learning rate multiplier: parameters are stored 1/lr times as large as used.
    """

    def __init__(self, inputs: int, outputs: int, lr: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr)
        self.bias = nn.Parameter(torch.full([outputs], bias / lr))
        self.weight_gain = lr / math.sqrt(inputs)
        self.bias_gain = lr

    def forward(self, x: Tensor) -> Tensor:  # [N, inputs] -> [N, outputs]
        return F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


class Prescaled:
    """A `Dense` layer with its gains worked into the weights: faster, no longer to be trained."""

    def __init__(self, layer: Dense, gain: float = 1.0) -> None:
        self.weight = (layer.weight.detach() * (layer.weight_gain * gain)).T.contiguous()
        self.bias = layer.bias.detach() * (layer.bias_gain * gain)  # weight: [in, out]

    def __call__(self, x: Tensor) -> Tensor:  # [N, inputs] -> [N, outputs]
        return torch.addmm(self.bias, x, self.weight)


class MappingNetwork(nn.Module):
    """z [N, z_dim] and labels c [N, c_dim] -> w [N, w_dim]; `fc0`, `fc1`, ... in a row.

    `widths` are the sizes between the layers: the input of fc0 first, w_dim last. Karras et al.
    2019, section 2; the label enters through a linear embedding beside z, each normalised, or
    with `joins_labels` (before StyleGAN2-ADA) both of them together. With `class_centres`
    (StyleGAN-XL) there is an average w for each class, too: `class_w_avg` [c_dim, w_dim].
    """

    w_avg: Tensor

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        widths: list[int],
        lr_multiplier: float = 0.01,
        activation: str = "lrelu",
        embed_lr_multiplier: float = 1.0,
        joins_labels: bool = False,
        class_centres: bool = False,
    ) -> None:
        super().__init__()
        self.joins_labels = joins_labels
        self.z_dim, self.c_dim, self.num_layers = z_dim, c_dim, len(widths) - 1
        self.activation, self.gain = ACTIVATIONS[activation]
        if c_dim:
            self.embed = Dense(c_dim, widths[0] - z_dim, lr=embed_lr_multiplier)
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            self.add_module(f"fc{i}", Dense(inputs, outputs, lr=lr_multiplier))
        self.register_buffer("w_avg", torch.zeros(widths[-1]))
        if class_centres:
            self.register_buffer("class_w_avg", torch.zeros(c_dim, widths[-1]))
        self.prescaled: list[Prescaled] | None = None

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x = z.to(self.w_avg.dtype)  # [N, z_dim]
        if self.c_dim:
            label = self.embed(self.labels(c, z))  # [N, widths[0] - z_dim]
            parts = (x, label) if self.joins_labels else (normalise(x), normalise(label))
            x = torch.cat(parts, dim=1)  # [N, widths[0]]
        x = x if self.c_dim and not self.joins_labels else normalise(x)
        for layer in self.prescaled or self.layers():
            x = self.activation(layer(x))  # [N, the layer's width]
            x = x if self.gain == 1 else x * self.gain
        return x  # [N, w_dim]

    def layers(self) -> list[Dense]:
        """The layers fc0, fc1, ..."""
        layers = (self.get_submodule(f"fc{i}") for i in range(self.num_layers))
        return [layer for layer in layers if isinstance(layer, Dense)]

    def labels(self, c: Tensor | None, z: Tensor) -> Tensor:
        """Labels c as given, or zeros (no class) where none are: [N, c_dim]."""
        return self.w_avg.new_zeros(len(z), self.c_dim) if c is None else c.to(self.w_avg)


class Unmapped(MappingNetwork):
    """What stands for a mapping network where there is none: z and c side by side.

    z [N, z_dim] and c [N, c_dim] -> [N, z_dim + c_dim], which is what a FastGAN's layers take.
    """

    def __init__(self, z_dim: int, c_dim: int) -> None:
        nn.Module.__init__(self)
        self.z_dim, self.c_dim, self.num_layers = z_dim, c_dim, 0
        self.activation, self.gain = ACTIVATIONS["linear"]
        self.register_buffer("w_avg", torch.zeros(z_dim + c_dim, device="cpu"), persistent=False)
        self.prescaled: list[Prescaled] | None = None

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        return torch.cat([z.to(self.w_avg.dtype), self.labels(c, z)], dim=1)


def fast_mapping(mapping: MappingNetwork) -> MappingNetwork:
    """A copy of a mapping network that does not scale its weights again at every call."""
    fast = copy.deepcopy(mapping)
    # gain * lrelu(x) is lrelu(gain * x): the gain of such an activation goes into the weights too.
    gain = fast.gain if fast.activation in HOMOGENEOUS else 1.0
    fast.prescaled = [Prescaled(layer, gain) for layer in fast.layers()]
    fast.gain /= gain
    return fast
