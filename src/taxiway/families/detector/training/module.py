"""The network in PyTorch."""

import math
import re
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from taxiway.families.detector.network import STRIDES, Layer, Shape, layers, wired
from taxiway.families.detector.own import all_places
from taxiway.families.detector.weights import EPSILON, NORM, Weights


class Detector(nn.Module):
    """`forward` takes pictures [N, 3, size, size], -1 to 1.

    It gives boxes [N, A, 4] (left, top, right, bottom in pixels) and logits [N, A, C] of all A
    places; `places` [A, 2] are their middles, `strides` [A, 1] how far they are apart.
    """

    places: Tensor
    strides: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleDict(
            {name.replace(".", "_"): _Layer(layer) for name, layer in layers(shape).items()}
        )
        for stride in STRIDES:  # hardly anything anywhere, until it has learnt
            out = cast(_Layer, self.layers[f"class{stride}_out"]).conv
            nn.init.constant_(cast(Tensor, out.bias), math.log(0.01 / 0.99))
        places, strides = map(torch.from_numpy, all_places(shape.size))
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        found = wired(_TorchKit(self.layers), pictures)
        sides = torch.cat([side.flatten(2) for side, _ in found], 2).transpose(1, 2)
        logits = torch.cat([logit.flatten(2) for _, logit in found], 2).transpose(1, 2)
        away = sides.clamp(-4, 4).exp() * 2 * self.strides  # [N, A, 4]
        return torch.cat([self.places - away[..., :2], self.places + away[..., 2:]], -1), logits


class _Layer(nn.Module):
    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.kernel // 2,
            bias=not layer.normed,
        )  # fmt: skip
        if layer.normed:
            nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")
        else:
            nn.init.normal_(self.conv.weight, std=0.01)
            nn.init.zeros_(cast(Tensor, self.conv.bias))
        self.norm = nn.BatchNorm2d(layer.outputs, EPSILON, 0.03) if layer.normed else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x if self.norm is None else F.relu(self.norm(x), inplace=True)


class _TorchKit:
    def __init__(self, modules: nn.ModuleDict) -> None:
        self.modules = modules

    def layer(self, name: str, x: Tensor) -> Tensor:
        return cast(Tensor, self.modules[name.replace(".", "_")](x))

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b

    def concat(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, 1)

    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 5, 1, 2)

    def up(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode="nearest")


PARTS = dict(zip(NORM, ("weight", "bias", "running_mean", "running_var"), strict=True))
"""What PyTorch calls the parts of a norm."""


def tensors_of(network: Detector) -> dict[str, Tensor]:
    """A network's own tensors by their names in files."""
    found, state = {}, network.state_dict()
    for name, layer in layers(network.shape).items():
        module = f"layers.{name.replace('.', '_')}"
        found[f"{name}.weight"] = state[f"{module}.conv.weight"]
        if layer.normed:
            found |= {
                f"{name}.{part}": state[f"{module}.norm.{own}"] for part, own in PARTS.items()
            }
        else:
            found[f"{name}.bias"] = state[f"{module}.conv.bias"]
    return found


def arrays(network: Detector) -> dict[str, NDArray[np.float32]]:
    """Copies of them."""
    return {name: x.detach().cpu().numpy().copy() for name, x in tensors_of(network).items()}


@torch.no_grad()
def fill(network: Detector, weights: Weights) -> None:
    """Put another network's tensors in: of classes those of the same name, of layers those of the
    same shape."""
    known = weights.shape.classes
    rows = {at: known.index(name) for at, name in enumerate(network.shape.classes) if name in known}
    for name, own in tensors_of(network).items():
        given = torch.from_numpy(weights.tensors[name])
        if re.fullmatch(r"class\d+\.out\.(weight|bias)", name):
            if rows and given.shape[1:] == own.shape[1:]:
                own[list(rows)] = given[list(rows.values())].to(own)
        elif given.shape == own.shape:
            own.copy_(given)
