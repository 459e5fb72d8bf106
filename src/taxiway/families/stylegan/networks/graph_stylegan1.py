"""StyleGAN1's synthesis network in plain operations, from a checkpoint's tensors.

The same as `stylegan1`, without PyTorch. Doubling a picture and convolving it is one transposed
convolution of stride 2, whose weight sums what falls on the same sample: 4 products a pixel, not 9.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations
from taxiway.families.stylegan.networks.graph_change import Change, unchanged
from taxiway.families.stylegan.networks.graph_mapping import Tensors
from taxiway.families.stylegan.networks.graph_parts import EXACT, after_blocks

Array = npt.NDArray[np.float32]

EPSILON = 1e-8
BLUR: Array = np.array([0.25, 0.5, 0.25], np.float32)
TWICE: Array = np.ones(2, np.float32)
"""Taps that repeat each sample."""


def synthesis(
    ops: Operations,
    config: Mapping[str, Any],
    tensors: Tensors,
    noise_mode: str = "const",
    layer: str = "",
    change: Change = unchanged,
) -> dict[str, Node]:
    """ws [N, num_ws, w_dim] to `image`, uint8 [N, H, W, channels].

    With a `layer`, such as b16.conv1, to its `features` [N, C, h, w] instead.
    """
    network = Synthesis(ops, config, tensors, noise_mode, change)
    outputs = network.outputs()
    return {"features": network.features[layer]} if layer else outputs


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
        self.blocks = [f"b{4 << index}" for index in range(config["num_ws"] // 2)]
        self.layers = [f"{block}.conv{index}" for block in self.blocks for index in (0, 1)]
        self.joined = self.all_styles()

    def all_styles(self) -> Node:
        """Scales and shifts of all layers from all ws: [N, num_ws, sum of 2 out], one product."""
        weights = [self.tensor(f"{name}.affine.weight").T for name in self.layers]  # [w_dim, 2 out]
        biases = [self.tensor(f"{name}.affine.bias") for name in self.layers]
        ws = self.ops.input("ws", (self.config["num_ws"], self.config["w_dim"]))
        joined = self.ops.matmul(ws, self.ops.const(np.concatenate(weights, axis=1)))
        return self.ops.add(joined, self.ops.const(np.concatenate(biases)[None, None]))

    def outputs(self) -> dict[str, Node]:
        lod = self.config.get("lod", 0.0)
        shown = len(self.blocks) - 1 - int(lod)
        x = self.ops.const(self.tensor("b4.const")[None])  # [1, C, 4, 4]
        images: list[Node] = []
        parts = after_blocks(self.blocks[: shown + 1])
        for index, name in enumerate(self.blocks[: shown + 1]):
            x = self.layer(f"{name}.conv0", x, 2 * index)  # [N, out, H, W]
            x = self.layer(f"{name}.conv1", x, 2 * index + 1)  # [N, out, H, W]
            if f"{name}.torgb.weight" in self.tensors:
                images.append(self.rgb(f"{name}.torgb", x))  # [N, channels, H, W]
            if index == EXACT - 1:
                x, images = self.ops.exact(x), list(map(self.ops.exact, images))
            if part := parts.get(name):
                x = self.ops.kept(x, part)
                images = [self.ops.kept(each, part) for each in images]
        image = images[-1]
        if len(images) == 2:  # between two whole sizes both are blended
            share = np.float32(lod % 1)
            smaller = self.ops.mul(self.twice(images[0]), self.ops.const(share))
            image = self.ops.add(self.ops.mul(image, self.ops.const(1 - share)), smaller)
        for _ in range(int(lod)):
            image = self.twice(image)
        return {"image": self.ops.levels(image)}

    def layer(self, name: str, x: Node, row: int) -> Node:
        """Convolution, noise, bias, activation, normalisation, style: [N, in, h, w] to [N, out, H,
        W]. The very first has no convolution, and those at even rows else double the size.
        """
        ops, up = self.ops, row > 0 and row % 2 == 0
        if row > 0:
            weight = self.tensor(f"{name}.weight")  # [out, in, 3, 3]
            x = self.up_conv(x, weight) if up else ops.conv(x, ops.const(weight), 1)
        if up and self.config["blur"]:
            x = ops.fir(x, BLUR, 1)
        x = self.with_noise(name, x)
        x = ops.instance_norm(ops.activation(x, "lrelu"), EPSILON)
        start = sum(len(self.tensors[f"{layer}.affine.bias"]) for layer in self.layers[:row])
        size = len(self.tensors[f"{name}.bias"])
        scale = ops.part(self.joined, row, start, start + size)  # [N, out]
        shift = ops.part(self.joined, row, start + size, start + 2 * size)
        x = ops.add(ops.mul(x, ops.per_channel(scale)), ops.per_channel(shift))
        side = 4 << row // 2
        x = self.features[name] = self.change(ops, name, x, (size, side, side))
        return x

    def up_conv(self, x: Node, weight: Array) -> Node:
        """x [N, in, h, w], each sample repeated, and convolved: [N, out, 2h, 2w]."""
        return self.ops.up_conv(x, self.ops.const(repeated(weight).swapaxes(0, 1)), 1)

    def with_noise(self, name: str, x: Node) -> Node:
        """x [N, C, H, W] with its bias, and noise of a strength for each channel."""
        ops = self.ops
        bias = self.tensor(f"{name}.bias")[None, :, None, None]  # [1, C, 1, 1]
        if self.noise_mode == "none":
            return ops.add(x, ops.const(bias))
        strength = self.tensor(f"{name}.noise_strength")[None, :, None, None]
        plane = self.tensor(f"{name}.noise_const")  # [H, W]
        if self.noise_mode == "const":
            return ops.add(x, ops.const(plane[None, None] * strength + bias))
        noise = ops.mul(ops.normal((1, *plane.shape)), ops.const(strength))
        return ops.add(ops.add(x, noise), ops.const(bias))

    def rgb(self, name: str, x: Node) -> Node:
        """A 1x1 convolution without a style: [N, in, H, W] to [N, channels, H, W]."""
        weight, bias = self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")
        x = self.ops.conv(x, self.ops.const(weight), 0)
        return self.ops.add(x, self.ops.const(bias[None, :, None, None]))

    def twice(self, x: Node) -> Node:
        """x [N, C, h, w] with each sample repeated along both axes."""
        return self.ops.upsample(x, TWICE, 0)

    def tensor(self, name: str) -> Array:
        return np.asarray(self.tensors[name], np.float32)


def repeated(weight: Array) -> Array:
    """A weight [out, in, 3, 3] for samples of which each is repeated: [out, in, 4, 4]."""
    whole = np.zeros((*weight.shape[:2], 4, 4), np.float32)
    for down in (0, 1):
        for across in (0, 1):
            whole[..., down : down + 3, across : across + 3] += weight[..., ::-1, ::-1]
    return whole
