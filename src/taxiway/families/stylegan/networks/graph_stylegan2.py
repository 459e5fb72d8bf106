"""StyleGAN2's synthesis network in plain operations, from a checkpoint's tensors.

The same as `stylegan2`, without PyTorch. Two things are worked out differently, so that numbers
stay near 1 and lower precision loses little: styles and weights are divided by their largest
values, which demodulation undoes; and gains go into what stands before a homogeneous activation.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations
from taxiway.families.stylegan.networks.graph_change import Change, unchanged
from taxiway.families.stylegan.networks.graph_mapping import HOMOGENEOUS, Tensors, dense
from taxiway.families.stylegan.networks.graph_parts import EXACT, after_blocks
from taxiway.families.stylegan.networks.graph_upscaler import upscaled

Array = npt.NDArray[np.float32]


def synthesis(
    ops: Operations,
    config: Mapping[str, Any],
    tensors: Tensors,
    noise_mode: str = "const",
    layer: str = "",
    change: Change = unchanged,
    until: str = "",
) -> dict[str, Node]:
    """ws [N, num_ws, w_dim] to `image`, uint8 [N, H, W, channels].

    With a `layer`, such as b16.conv1, to its `features` [N, C, h, w] instead. `until` is a block of
    `small_blocks`, such as b64: the picture that there is after it.
    """
    network = Synthesis(ops, config, tensors, noise_mode, change)
    outputs = network.outputs(until)
    return {"features": network.features[layer]} if layer else outputs


def small_blocks(tensors: Tensors) -> list[str]:
    """The blocks but the last after which there is a picture, smallest first: of a network that
    adds its picture up block by block, each of them."""
    found = [name.split(".")[0] for name in tensors if name.endswith(".torgb.weight")]
    return sorted(found, key=lambda name: int(name[1:]))[:-1]


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
        self.features: dict[str, Node] = {}
        taps = np.float32(config["resample_filter"])
        self.taps = taps * (2 / taps.sum())  # along one axis; both together bring a gain of 4
        names = {name.split(".")[0] for name in tensors if name.startswith("b")}
        self.blocks = sorted(names, key=lambda name: int(name[1:]))
        self.layers = [
            name.removesuffix(".affine.weight") for name in tensors if "affine.w" in name
        ]
        self.joined = self.all_styles()

    def all_styles(self) -> Node:
        """The styles of all layers from all ws, [N, num_ws, sum of in]: one product is soonest."""
        layers = [dense(self.tensors, f"{name}.affine") for name in self.layers]
        weights, biases = [layer[0] for layer in layers], [layer[1] for layer in layers]
        ws = self.ops.input("ws", (self.config["num_ws"], self.config["w_dim"]))
        joined = self.ops.matmul(ws, self.ops.const(np.concatenate(weights, axis=1)))
        return self.ops.add(joined, self.ops.const(np.concatenate(biases, axis=1)))

    def styles(self, name: str, row: int) -> Node:
        """The scale of each input channel of a layer, from one of the ws: [N, in]."""
        sizes = [len(self.tensors[f"{layer}.affine.bias"]) for layer in self.layers]
        start = sum(sizes[: self.layers.index(name)])
        size = sizes[self.layers.index(name)]
        return self.ops.part(self.joined, row, start, start + size)

    def outputs(self, until: str = "") -> dict[str, Node]:
        x = self.ops.const(self.tensor(f"{self.blocks[0]}.const")[None])  # [1, C, 4, 4]
        image: Node | None = None
        row = 0
        for name in self.blocks:
            if name == self.blocks[0]:
                x = self.conv(f"{name}.conv1", x, row)  # [N, C, 4, 4]
                row += 1
            else:
                x = self.block(name, x, row)  # [N, out, 2h, 2w]
                row += 2
            x, image = self.kept(name, x), self.kept(name, image)
            if image is not None:
                image = self.upsampled(image)  # [N, channels, 2h, 2w]
            if f"{name}.torgb.weight" in self.tensors:
                rgb = self.rgb(f"{name}.torgb", x, row)  # [N, channels, 2h, 2w]
                image = rgb if image is None else self.ops.add(image, rgb)
            if name == until:
                return {"image": self.ops.levels(image)}
            if name in self.blocks[:EXACT][-1:] and not self.config.get("upscaler"):
                x = self.ops.exact(x)
                image = None if image is None else self.ops.exact(image)
        if self.config.get("upscaler"):
            height, width = self.config["img_resolution"]
            image = upscaled(self.ops, self.tensors, image, (height, width))
        return {"image": self.ops.levels(image)}

    def kept(self, name: str, x: Node | None) -> Node | None:
        """What a block gives, where that is kept: before its colours, which share their w with the
        next block."""
        part = after_blocks(self.blocks).get(name)
        if part is None or x is None or self.config.get("upscaler"):
            return x
        return self.ops.kept(x, part)

    def block(self, name: str, x: Node, row: int) -> Node:
        """Two convolutions, and the short cut of a residual block: [N, in, h, w] doubled."""
        y = self.conv(f"{name}.conv0", x, row)
        if self.config["architecture"] != "resnet":
            return self.conv(f"{name}.conv1", y, row + 1)
        y = self.conv(f"{name}.conv1", y, row + 1, gain=math.sqrt(0.5))
        weight = self.tensor(f"{name}.skip.weight")  # [out, in, 1, 1]
        weight = weight * np.float32(math.sqrt(0.5 / weight.shape[1]))
        return self.ops.add(y, self.upsampled(self.ops.conv(x, self.ops.const(weight), 0)))

    def conv(self, name: str, x: Node, row: int, gain: float = 1.0) -> Node:
        """A styled 3x3 convolution, noise, bias and activation: [N, in, h, w] to [N, out, H, W]."""
        ops, options = self.ops, self.config["layers"].get(name, {})
        weight = self.tensor(f"{name}.weight").copy()  # [out, in, 3, 3]
        largest = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
        weight /= np.where(largest == 0, np.float32(1), largest)
        activation = options.get("activation", "lrelu")
        total = options.get("act_gain", math.sqrt(2)) * gain
        early, late = (total, 1.0) if activation in HOMOGENEOUS else (1.0, total)

        styles = self.styles(name, row)  # [N, in]
        styles = ops.div(styles, ops.largest(styles, 1))
        squares = np.square(weight).sum(axis=(2, 3)).T  # [in, out]
        norm = ops.matmul(ops.mul(styles, styles), ops.const(squares))  # [N, out]
        gains = ops.mul(ops.power(ops.add(norm, ops.const(1e-8)), -0.5), ops.const(early))
        x = ops.mul(x, ops.per_channel(styles))  # [N, in, h, w]
        if options.get("up", 1) == 2:
            x = ops.up_conv(x, ops.const(weight.swapaxes(0, 1)))  # [N, out, 2h + 1, 2w + 1]
            x = ops.fir(x, self.taps, 1)  # [N, out, 2h, 2w]
        else:
            x = ops.conv(x, ops.const(weight), 1)  # [N, out, h, w]
        x = ops.mul(x, ops.per_channel(gains))
        bias = self.tensor(f"{name}.bias")[None, :, None, None]  # [1, out, 1, 1]
        x = ops.add(x, ops.const(bias * np.float32(early)))
        if options.get("use_noise", True) and self.noise_mode != "none":
            x = ops.add(x, self.noise(name, early))
        x = ops.activation(x, activation)
        x = x if late == 1 else ops.mul(x, ops.const(late))
        x = self.clamped(x, options.get("conv_clamp"), gain)
        x = self.features[name] = self.change(ops, name, x, (len(weight), *self.size(name)))
        return x

    def size(self, name: str) -> tuple[int, int]:
        """Height and width of what a layer gives."""
        times = 2 ** self.blocks.index(name.split(".")[0])
        height, width = self.tensors[f"{self.blocks[0]}.const"].shape[1:]
        return height * times, width * times

    def noise(self, name: str, gain: float) -> Node:
        """What is added to each pixel, the same for all channels: [1 or N, 1, H, W]."""
        strength = self.tensor(f"{name}.noise_strength") * np.float32(gain)
        plane = self.tensor(f"{name}.noise_const")  # [H, W]
        if self.noise_mode == "const":
            return self.ops.const(plane[None, None] * strength)
        height, width = plane.shape
        return self.ops.mul(self.ops.normal((1, height, width)), self.ops.const(strength))

    def rgb(self, name: str, x: Node, row: int) -> Node:
        """A styled 1x1 convolution without demodulation: [N, in, H, W] to [N, channels, H, W]."""
        ops = self.ops
        weight = self.tensor(f"{name}.weight")  # [channels, in, 1, 1]
        weight = weight * np.float32(1 / math.sqrt(weight.shape[1]))
        x = ops.mul(x, ops.per_channel(self.styles(name, row)))
        bias = self.tensor(f"{name}.bias")[None, :, None, None]
        x = ops.add(ops.conv(x, ops.const(weight), 0), ops.const(bias))
        return self.clamped(x, self.config["layers"].get(name, {}).get("conv_clamp"))

    def upsampled(self, x: Node) -> Node:
        """x [N, C, h, w] at twice the size, smoothed by the filter, zeros outside."""
        return self.ops.upsample(x, self.taps, 1)

    def clamped(self, x: Node, limit: float | None, gain: float = 1.0) -> Node:
        return x if limit is None else self.ops.clamp(x, limit * gain)

    def tensor(self, name: str) -> Array:
        return np.asarray(self.tensors[name], np.float32)
