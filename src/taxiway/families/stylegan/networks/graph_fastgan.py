"""FastGAN's network in plain operations, from a checkpoint's tensors.

The same as `fastgan`, without PyTorch. Each gated layer is two convolutions, of which the second
one is the gate.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations
from taxiway.checkpoint.shapes import EXCITED
from taxiway.families.stylegan.networks.graph_change import Change, unchanged
from taxiway.families.stylegan.networks.graph_mapping import Tensors, normalised
from taxiway.families.stylegan.networks.graph_stylegan1 import repeated
from taxiway.latent.torch_random import randn

Array = npt.NDArray[np.float32]
FIRST = 4
SEED = 0
"""Of the noise that stays: the files hold none."""


def mapping(ops: Operations, config: Mapping[str, Any]) -> dict[str, Node]:
    """z [N, z_dim] and labels c [N, c_dim] side by side: [N, z_dim + c_dim]."""
    z = ops.input("z", (config["z_dim"],))
    if not config["c_dim"]:
        return {"w": ops.mul(z, ops.const(1.0))}
    return {"w": ops.concat([z, ops.input("c", (config["c_dim"],))])}


def synthesis(
    ops: Operations,
    config: Mapping[str, Any],
    tensors: Tensors,
    noise_mode: str = "const",
    change: Change = unchanged,
) -> dict[str, Node]:
    """z and c side by side, ws [N, 1, z_dim + c_dim], to `image`, uint8 [N, H, W, channels]."""
    return Synthesis(ops, config, tensors, noise_mode, change).outputs()


class Synthesis:
    """One network being written down."""

    def __init__(
        self,
        ops: Operations,
        config: Mapping[str, Any],
        tensors: Tensors,
        noise_mode: str,
        change: Change,
    ) -> None:
        self.ops, self.config, self.tensors, self.noise_mode = ops, config, tensors, noise_mode
        self.change = change
        count, width = config["z_dim"], config["z_dim"] + config["c_dim"]
        ws = ops.input("ws", (1, width))
        self.z = ops.part(ws, 0, 0, count)  # [N, z_dim]
        self.c = ops.part(ws, 0, count, width) if config["c_dim"] else None

    def outputs(self) -> dict[str, Node]:
        ops, features = self.ops, dict[int, Node]()
        x = ops.per_channel(normalised(ops, self.z))  # [N, z_dim, 1, 1]
        size = FIRST
        while f"b{size}.conv0.weight" in self.tensors:
            for name in (f"b{size}.conv0", f"b{size}.conv1"):
                if f"{name}.weight" in self.tensors:
                    x = self.gated(name, x, size)  # [N, C, size, size]
            if size in EXCITED:
                small = EXCITED[size]
                x = ops.mul(x, self.excitation(f"se{size}", features[small], small))
            features[size] = x
            size *= 2
        bias = self.tensor("torgb.bias")[None, :, None, None]
        image = ops.conv(x, ops.const(self.tensor("torgb.weight")), 1)
        return {"image": ops.levels(ops.add(image, ops.const(bias)))}

    def gated(self, name: str, x: Node, size: int) -> Node:
        """A layer whose second half of channels says how much of the first comes through."""
        value, gate = (self.half(name, x, size, half) for half in (0, 1))
        x = self.ops.mul(value, self.ops.activation(gate, "sigmoid"))
        return self.change(self.ops, name, x, (len(self.tensors[f"{name}.bias"]) // 2, size, size))

    def half(self, name: str, x: Node, size: int, half: int) -> Node:
        """Convolution, noise and what the classes scale and shift: [N, C, size, size]."""
        ops = self.ops

        def mine(of: str, axis: int = 0) -> Array:
            """One half of a tensor's channels."""
            return np.split(self.tensor(f"{name}.{of}"), 2, axis=axis)[half]

        weight = mine("weight")  # [C, in, k, k]
        if size == FIRST:
            x = ops.up_conv(x, ops.const(weight.swapaxes(0, 1)))  # from one pixel
        elif name.endswith("conv0"):
            x = ops.up_conv(x, ops.const(repeated(weight).swapaxes(0, 1)), 1)
        else:
            x = ops.conv(x, ops.const(weight), 1)
        x = ops.add(x, ops.const(mine("bias")[None, :, None, None]))
        if f"{name}.noise_strength" in self.tensors and self.noise_mode != "none":
            strength = ops.const(mine("noise_strength")[None, :, None, None])
            x = ops.add(x, ops.mul(self.noise(size), strength))
        if f"{name}.gains" in self.tensors:
            gains, shifts = (
                ops.per_channel(ops.matmul(self.c, ops.const(mine(of, 1))))
                for of in ("gains", "shifts")
            )
            x = ops.add(ops.mul(x, gains), shifts)
        return x

    def noise(self, size: int) -> Node:
        """One value for each pixel: [1 or N, 1, size, size]."""
        if self.noise_mode == "const":
            return self.ops.const(randn(SEED + size, (1, 1, size, size)))
        return self.ops.normal((1, size, size))

    def excitation(self, name: str, small: Node, size: int) -> Node:
        """How much of each channel is to stay, by what smaller features say: [N, C, 1, 1]."""
        ops, reach = self.ops, size // FIRST
        if reach > 1:
            small = ops.fir_down(small, np.full(reach, 1 / reach, np.float32), reach)
        x = ops.conv(small, ops.const(self.tensor(f"{name}.conv0.weight")), 0)
        x = ops.conv(ops.activation(x, "swish"), ops.const(self.tensor(f"{name}.conv1.weight")), 0)
        return ops.activation(x, "sigmoid")

    def tensor(self, name: str) -> Array:
        return np.asarray(self.tensors[name], np.float32)
