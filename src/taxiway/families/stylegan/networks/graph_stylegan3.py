"""StyleGAN3's synthesis network in plain operations, from a checkpoint's tensors.

The same as `stylegan3`, without PyTorch. Gains are worked into the filters before a homogeneous
activation, and filters along both axes are two passes.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Node, Operations, Unsupported
from taxiway.families.stylegan.networks.graph_change import Change, unchanged
from taxiway.families.stylegan.networks.graph_mapping import Tensors, dense, normalised
from taxiway.families.stylegan.networks.graph_parts import after_layers

Array = npt.NDArray[np.float32]


def synthesis(
    ops: Operations,
    config: Mapping[str, Any],
    tensors: Tensors,
    noise_mode: str = "const",
    layer: str = "",
    change: Change = unchanged,
) -> dict[str, Node]:
    """ws [N, num_ws, w_dim] and transform [N, 3, 3] to `image`, uint8 [N, H, W, channels].

    With a `layer`, such as L3_52_16, to its `features` [N, C, h, w] instead. There is no noise. A
    transform of zeros is the network's own.
    """
    network = Synthesis(ops, config, tensors, change)
    outputs = network.outputs()
    return {"features": network.features[layer]} if layer else outputs


class Synthesis:
    """One network being written down."""

    def __init__(
        self, ops: Operations, config: Mapping[str, Any], tensors: Tensors, change: Change
    ) -> None:
        self.change = change
        self.ops, self.config, self.tensors = ops, config, tensors
        self.features: dict[str, Node] = {}
        self.ws = ops.input("ws", (config["num_ws"], config["w_dim"]))

    def outputs(self) -> dict[str, Node]:
        wide, high = both(self.config["input"]["size"])
        shape = (len(self.tensors["input.weight"]), high, wide)
        x = self.waves()  # [N, C, h, w]
        x = self.features["input"] = self.change(self.ops, "input", x, shape)
        shapes = [shape]
        for layer in self.config["layers"]:
            shapes.append(self.shape(layer, shapes[-1]))
        parts = after_layers([high for _, high, _ in shapes])
        x = self.ops.exact(x) if parts else x
        for row, layer in enumerate(self.config["layers"], start=1):
            name = layer["name"]
            x = self.layer(layer, x, row)  # [N, out, H, W]
            x = self.features[name] = self.change(self.ops, name, x, shapes[row])
            x = self.ops.kept(x, parts[row]) if row in parts else x
        image = self.ops.mul(x, self.ops.const(self.config["output_scale"]))
        return {"image": self.ops.levels(image)}

    def w(self, row: int) -> Node:
        """One of the ws: [N, w_dim]."""
        return self.ops.part(self.ws, row, 0, self.config["w_dim"])

    def waves(self) -> Node:
        """Sine waves over the plane that w and the transform move, mixed: [N, C, H, W]."""
        ops, given = self.ops, self.config["input"]
        freqs, phases = self.tensor("input.freqs"), self.tensor("input.phases")  # [C, 2], [C]
        moved = self.placement()
        x, y, shift = (
            ops.add(
                ops.mul(ops.const(freqs[None, :, 0]), a), ops.mul(ops.const(freqs[None, :, 1]), b)
            )
            for a, b in zip(*moved, strict=True)
        )  # [N, C] each
        # Waves that the turning made too fast for the sampling rate fade out.
        band, rate = given["bandwidth"], given["sampling_rate"]
        speed = ops.power(ops.add(ops.mul(x, x), ops.mul(y, y)), 0.5)
        slope = 1 / (rate / 2 - band)
        fading = ops.add(ops.mul(speed, ops.const(-slope)), ops.const(1 + band * slope))
        amplitudes = ops.clamp(ops.activation(fading, "relu"), 1.0)  # [N, C]
        wide, high = both(given["size"])
        across = ops.mul(ops.per_channel(x), ops.const(places(wide, rate)[None, None, None]))
        down = ops.mul(ops.per_channel(y), ops.const(places(high, rate)[None, None, :, None]))
        phase = ops.per_channel(ops.add(shift, ops.const(phases[None])))
        turns = ops.add(ops.add(across, down), phase)  # [N, C, H, W]
        waves = ops.sin(ops.mul(turns, ops.const(2 * math.pi)))
        waves = ops.mul(waves, ops.per_channel(amplitudes))
        weight = self.tensor("input.weight") / np.float32(math.sqrt(len(freqs)))
        return ops.conv(waves, ops.const(weight[:, :, None, None]), 0)

    def placement(self) -> tuple[list[Node], list[Node]]:
        """Two rows of the matrix that turns and shifts the plane, each of three [N, 1]."""
        ops = self.ops
        weight, bias = dense(self.tensors, "input.affine")  # [w_dim, 4], [1, 4]
        parts = [
            ops.add(
                ops.matmul(self.w(0), ops.const(weight[:, k : k + 1])),
                ops.const(bias[:, k : k + 1]),
            )
            for k in range(4)
        ]
        squares = ops.add(*(ops.mul(part, part) for part in parts[:2]))
        length = ops.power(squares, 0.5)
        cos, sin, x, y = (ops.div(part, length) for part in parts)
        minus = ops.const(-1.0)
        sin_y, cos_y = ops.mul(sin, y), ops.mul(cos, y)
        first = [cos, ops.mul(sin, minus), ops.add(ops.mul(ops.mul(cos, x), minus), sin_y)]
        second = [sin, cos, ops.mul(ops.add(ops.mul(sin, x), cos_y), minus)]
        user = self.user()
        return self.product(first, user), self.product(second, user)

    def user(self) -> list[list[Node]]:
        """The transform, or where it is zeros the network's own: three rows of three [N, 1]."""
        ops, own = self.ops, self.tensors["input.transform"]
        given = ops.input("transform", (3, 3))
        parts = [[ops.part(given, row, k, k + 1) for k in range(3)] for row in range(3)]
        # The last number of such a matrix is 1.
        missing = ops.add(ops.mul(parts[2][2], ops.const(-1.0)), ops.const(1.0))
        return [
            [ops.add(parts[i][j], ops.mul(missing, ops.const(float(own[i][j])))) for j in range(3)]
            for i in range(3)
        ]

    def product(self, row: list[Node], matrix: list[list[Node]]) -> list[Node]:
        """A row times a matrix."""
        ops = self.ops
        terms = [[ops.mul(row[i], matrix[i][j]) for i in range(3)] for j in range(3)]
        return [ops.add(ops.add(a, b), c) for a, b, c in terms]

    def shape(self, layer: Mapping[str, Any], before: tuple[int, int, int]) -> tuple[int, int, int]:
        """Channels, height and width of what a layer makes of such features."""
        weight = self.tensors[f"{layer['name']}.weight"]
        sides = [side + weight.shape[2] - 1 for side in before[1:]]
        taps = self.tensors.get(f"{layer['name']}.up_filter")
        if taps is not None:
            crops = crops_of(layer, len(taps))
            up = layer["up_factor"]
            sides = [
                (side - 1) * up + len(taps) - sum(crop)
                for side, crop in zip(sides, crops, strict=True)
            ]
        taps = self.tensors.get(f"{layer['name']}.down_filter")
        if taps is not None:
            sides = [(side - len(taps)) // layer["down_factor"] + 1 for side in sides]
        return len(weight), sides[0], sides[1]

    def layer(self, layer: Mapping[str, Any], x: Node, row: int) -> Node:
        """A styled convolution, then an activation at a higher sampling rate.

        [N, in, h, w] to [N, out, H, W].
        """
        ops, name, last = self.ops, layer["name"], layer["is_torgb"]
        weight = self.tensor(f"{name}.weight")  # [out, in, k, k]
        affine, shift = dense(self.tensors, f"{name}.affine")
        styles = ops.add(ops.matmul(self.w(row), ops.const(affine)), ops.const(shift))  # [N, in]
        gain = np.float32(1 / math.sqrt(float(self.tensors[f"{name}.magnitude_ema"])))
        if last:
            weight = weight * (gain / np.float32(math.sqrt(weight.shape[1])))
        else:
            mean = np.square(weight).mean(axis=(1, 2, 3), keepdims=True)
            weight = weight / np.sqrt(mean)
            styles = normalised(ops, styles)
        x = ops.mul(x, ops.per_channel(styles))
        x = ops.conv(x, ops.const(weight), weight.shape[2] - 1)  # [N, out, h + k - 1, w + k - 1]
        if not last:
            squares = np.square(weight).sum(axis=(2, 3)).T  # [in, out]
            norm = ops.matmul(ops.mul(styles, styles), ops.const(squares))  # [N, out]
            gains = ops.power(ops.add(norm, ops.const(1e-8)), -0.5)
            x = ops.mul(x, ops.per_channel(ops.mul(gains, ops.const(gain))))
        x = ops.add(x, ops.const(self.tensor(f"{name}.bias")[None, :, None, None]))
        return self.activated(layer, x)

    def activated(self, layer: Mapping[str, Any], x: Node) -> Node:
        """Sampled more densely, activated, filtered and thinned out: [N, C, h, w] to H, W."""
        ops, name = self.ops, layer["name"]
        gain = 1.0 if layer["is_torgb"] else math.sqrt(2)
        taps = self.tensors.get(f"{name}.up_filter")
        if taps is not None:
            up = layer["up_factor"]
            scaled = np.asarray(taps, np.float32) * np.float32(up * math.sqrt(gain))
            x = ops.fir_up(x, scaled, up, crops_of(layer, len(taps)))
        elif gain != 1:
            x = ops.mul(x, ops.const(gain))
        if not layer["is_torgb"]:
            x = ops.activation(x, "lrelu")
        x = x if layer["conv_clamp"] is None else ops.clamp(x, layer["conv_clamp"])
        taps = self.tensors.get(f"{name}.down_filter")
        if taps is None:
            return x
        return ops.fir_down(x, np.asarray(taps, np.float32), layer["down_factor"])

    def tensor(self, name: str) -> Array:
        return np.asarray(self.tensors[name], np.float32)


def both(size: int | list[int]) -> tuple[int, int]:
    """Width and height, which files of squares have as one number."""
    wide, high = (size, size) if isinstance(size, int) else size
    return wide, high


def crops_of(layer: Mapping[str, Any], taps: int) -> list[tuple[int, int]]:
    """What a transposed convolution makes too much along each axis, before and after.

    Raises Unsupported where it makes too little, which no layer that is known does.
    """
    left, right, top, bottom = layer["padding"]
    up = layer["up_factor"]
    crops = [
        (taps - 1 - before, taps - up - after) for before, after in ((top, bottom), (left, right))
    ]
    if min(map(min, crops)) < 0:
        raise Unsupported(f"The padding of the layer '{layer['name']}' is wider than its filter.")
    return crops


def places(count: int, rate: float) -> Array:
    """Where `count` samples lie along an axis, the origin in the middle, in pictures."""
    return ((np.arange(count) + 0.5 - count / 2) / rate).astype(np.float32)
