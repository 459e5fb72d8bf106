"""FastGAN (Liu et al. 2021) as Projected GAN (Sauer et al. 2021) pickles it: z only, no w.

Its convolutions are stored with what spectral normalisation divides them by, and batch norms with
their statistics. Both are worked into plain weights on reading, and so is what a class scales and
shifts: a layer is then a convolution, a bias, noise and a gate.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from taxiway.checkpoint.contents import Found
from taxiway.checkpoint.limits import Broken, Budget
from taxiway.checkpoint.modules import Network
from taxiway.checkpoint.shapes import EXCITED, shape_of
from taxiway.checkpoint.tensors import Array, last_axes

FIRST = "synthesis.init.init.0.weight_orig"
"""What only a FastGAN begins with."""
PLAIN = {"big": ((1, 2, 3), (5, 6, 7)), "lite": ((1, None, 2),)}
"""Numbers of a block's convolutions, their noise and batch norm, without classes."""
CLASSES = (("conv1", "noise", "bn1"), ("conv2", "noise", "bn2"))
"""The same with classes."""
_CONVOLUTION = {
    "stride": 1, "dilation": 1, "groups": 1, "padding_mode": "zeros", "output_padding": 0,
}  # fmt: skip
SETTINGS: dict[str, dict[str, object]] = {
    "Conv2d": _CONVOLUTION,
    "ConvTranspose2d": {**_CONVOLUTION, "padding": 0},
    "Upsample": {"size": None, "scale_factor": 2.0, "mode": "nearest"},
    "AdaptiveAvgPool2d": {"output_size": 4},
    "BatchNorm2d": {"affine": True, "track_running_stats": True},
    "Embedding": {"max_norm": None},
}
"""What torch's layers have recorded in a FastGAN; one that has another value computes otherwise."""


def fastgan_checkpoint(network: Network, budget: Budget) -> Found:
    """What such a generator holds. Raises Broken for layers that FastGAN does not have."""
    check_layers(network)
    arrays = {
        name: tensor.read(budget).astype(np.float32)
        for name, tensor in network.tensors.items()
        if not name.endswith("num_batches_tracked")
    }
    used: set[str] = set()
    folder = Folder(network, arrays, used)
    top = network.attributes("")
    size = top.whole("img_resolution")
    sizes = [8 << index for index in range(max(size, 8).bit_length() - 3)]
    classes = top.whole("c_dim")
    lite = not classes and "synthesis.feat_8.5" not in network.modules
    tensors = dict(folder.first())
    for each in sizes:
        for index, names in enumerate(CLASSES if classes else PLAIN["lite" if lite else "big"]):
            path = f"synthesis.feat_{each}"
            tensors |= folder.layer(path, names, f"synthesis.b{each}.conv{index}")
    for big in (each for each in sizes if each in EXCITED):
        for index, number in enumerate((1, 3)):
            weight = folder.weight(f"synthesis.se_{big}.main.{number}")
            tensors[f"synthesis.se{big}.conv{index}.weight"] = weight
    tensors["synthesis.torgb.weight"] = folder.weight("synthesis.to_big")
    tensors["synthesis.torgb.bias"] = folder.array("synthesis.to_big.bias", 1)
    config = {
        "z_dim": top.whole("z_dim"),
        "w_dim": 0,
        "num_ws": 0,
        "c_dim": classes,
        "img_channels": top.whole("img_channels"),
        "img_resolution": [size, size],
        "lite": lite,
    }
    about = {"format": "Projected GAN pickle (FastGAN)", "notes": folder.left_over(size)}
    return Found("fastgan", config, tensors, about)


def check_layers(network: Network) -> None:
    """Raise Broken if one of torch's layers does something else than in a FastGAN."""
    for path, module in network.modules.items():
        for name, only in SETTINGS.get(module.name.rpartition(".")[2], {}).items():
            value = module.state.get(name, only)
            values = value if isinstance(value, tuple) else (value,)
            if any(each != only for each in values):
                raise Broken(f"has a layer '{path}' with '{name}' {value!r:.20}, which none has")


class Folder:
    """Works spectral and batch norms into weights; `used` are the names of what was looked at."""

    def __init__(self, network: Network, arrays: Mapping[str, Array], used: set[str]) -> None:
        self.network, self.arrays, self.used = network, arrays, used

    def array(self, name: str, axes: int) -> Array:
        """A tensor that must be there."""
        shape_of(self.arrays, name, axes)
        self.used.add(name)
        return self.arrays[name]

    def weight(self, path: str, axes: int = 4, output: int = 0) -> Array:
        """A convolution's weight [out, in, k, k], divided by its largest singular value.

        The value is what the stored vectors u and v make of the weight, as at evaluation. Axis
        `output` is that of the outputs where it is stored.
        """
        stored = np.moveaxis(self.array(f"{path}.weight_orig", axes).astype(np.float64), output, 0)
        matrix = stored.reshape(len(stored), -1)
        u, v = (self.array(f"{path}.weight_{each}", 1).astype(np.float64) for each in "uv")
        if matrix.shape != (len(u), len(v)):
            raise Broken(f"has vectors of spectral normalisation that do not fit '{path}'")
        with np.errstate(all="ignore"):  # broken weights stay broken
            return np.ascontiguousarray(stored / (u @ matrix @ v), np.float32)

    def first(self) -> Iterator[tuple[str, Array]]:
        """The layer that makes 4x4 features of z."""
        weight = self.weight("synthesis.init.init.0", output=1)  # [out, z, 4, 4]
        scale, shift = self._norm("synthesis.init.init.1")
        yield "synthesis.b4.conv0.weight", scaled(weight, scale)
        yield "synthesis.b4.conv0.bias", shift.astype(np.float32)

    def layer(self, path: str, names: tuple[Any, ...], new: str) -> dict[str, Array]:
        """A convolution, noise and batch norm as one layer's tensors, and its classes' rows."""
        conv, norm = f"{path}.{names[0]}", f"{path}.{names[2]}"
        scale, shift = self._norm(norm)
        tensors = {
            f"{new}.weight": scaled(self.weight(conv), scale),
            f"{new}.bias": shift.astype(np.float32),
        }
        if names[1] is not None:
            strength = last_axes(self.array(f"{path}.{names[1]}.weight", 1), 0)
            tensors[f"{new}.noise_strength"] = (scale * strength).astype(np.float32)
        if f"{norm}.gain.weight_orig" in self.arrays:
            tensors[f"{new}.gains"] = self._rows(f"{norm}.gain", 1.0)
            tensors[f"{new}.shifts"] = self._rows(f"{norm}.bias", 0.0)
        return tensors

    def _rows(self, path: str, more: float) -> Array:
        """What each class scales or shifts channels by [classes, C]."""
        weight = self.weight(path, axes=2).astype(np.float64)
        features = self.array("synthesis.embed.weight", 2).astype(np.float64)
        if features.shape[1] != weight.shape[1]:
            raise Broken(f"has classes that do not fit its layer '{path}'")
        rows: Array = features @ weight.T + self.array(f"{path}.bias", 1) + more
        return rows.astype(np.float32)

    def _norm(self, path: str) -> tuple[Array, Array]:
        """What a batch norm multiplies each channel by, and adds, in float64."""
        eps = self.network.attributes(path).number("eps")
        kind = "running" if f"{path}.running_mean" in self.arrays else "stored"
        mean, variance = (self.array(f"{path}.{kind}_{each}", 1) for each in ("mean", "var"))
        with np.errstate(all="ignore"):
            scale = 1 / np.sqrt(variance.astype(np.float64) + eps)
        if kind == "running":
            scale = scale * self.array(f"{path}.weight", 1)
            return scale, self.array(f"{path}.bias", 1) - mean * scale
        return scale, -mean * scale

    def left_over(self, size: int) -> list[str]:
        """A note for tensors of no layer; those of larger sizes are always there."""
        larger = re.compile(r"synthesis\.(feat|se)_(\d+)\.")
        extra = [
            name
            for name in self.arrays
            if name not in self.used
            and not ((match := larger.match(name)) and int(match[2]) > size)
        ]
        listed = ", ".join(f"{name:.80}" for name in extra[:5])
        return [f"ignored tensors that a FastGAN has no use for: {listed}"] if extra else []


def scaled(weight: Array, scale: Array) -> Array:
    """A weight [out, ...] whose outputs are multiplied by `scale` [out], in float32."""
    wide = scale.reshape(-1, *[1] * (weight.ndim - 1))
    if len(scale) != len(weight):
        raise Broken(f"has a batch norm of {len(scale)} channels after {len(weight)}")
    return (weight * wide).astype(np.float32)
