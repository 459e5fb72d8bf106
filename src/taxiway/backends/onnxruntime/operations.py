"""A graph written down as an ONNX model: for onnxruntime to run here, and to be given away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends.onnxruntime import protobuf
from taxiway.backends.onnxruntime.protobuf import Kind
from taxiway.core.errors import InvalidArgument

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "lrelu": ("LeakyRelu", {"alpha": 0.2}),
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "softplus": ("Softplus", {}),
}


@dataclass(frozen=True)
class OnnxNode:
    """A result by its name; `channels` and, of constants, `rows` are its second and first axis."""

    name: str
    channels: int
    rows: int = 0


class OnnxOperations:
    """The operations of `taxiway.backends.Operations` as nodes of ONNX.

    `inputs` are what comes with each call by name, `random` the names of those among them that are
    to be drawn anew.
    """

    def __init__(self) -> None:
        self.inputs: dict[str, Kind] = {}
        self.random: list[str] = []
        self.nodes: list[protobuf.Pieces] = []
        self.constants: list[protobuf.Pieces] = []

    def file(
        self,
        outputs: Mapping[str, OnnxNode],
        kinds: Mapping[str, Kind] | None = None,
        name: str = "network",
        facts: Mapping[str, str] | None = None,
    ) -> bytes:
        """The whole model; `kinds` are the outputs' types and shapes, for others to read.

        Raises InvalidArgument for one that is larger than the format allows.
        """
        named = [protobuf.node("Identity", [node.name], out) for out, node in outputs.items()]
        data = protobuf.model(
            [*self.nodes, *named],
            self.constants,
            [protobuf.value(given, kind) for given, kind in self.inputs.items()],
            [protobuf.value(out, (kinds or {}).get(out)) for out in outputs],
            name,
            facts or {},
        )
        if len(data) > protobuf.LARGEST:
            raise InvalidArgument(
                f"ONNX allows 2 GB in one file, this network takes {len(data) / 1e9:.1f} GB."
            )
        return data

    def node(self, kind: str, *inputs: OnnxNode, channels: int = 0, **attributes: Any) -> OnnxNode:
        """The result of one operation, which has as many channels as its inputs if not said."""
        made = OnnxNode(
            f"{kind.lower()}{len(self.nodes)}", channels or max(each.channels for each in inputs)
        )
        names = [each.name for each in inputs]
        self.nodes.append(protobuf.node(kind, names, made.name, **attributes))
        return made

    def integers(self, *numbers: int) -> OnnxNode:
        """A list of whole numbers that stay."""
        return self.array(np.array(numbers, np.int64))

    def array(self, array: npt.NDArray[Any]) -> OnnxNode:
        """Numbers that stay, of any type."""
        name = f"constant{len(self.constants)}"
        self.constants.append(protobuf.tensor(name, array))
        rows, channels = (*array.shape, 1, 1)[:2]
        return OnnxNode(name, channels if array.ndim > 1 else 1, rows)

    def input(self, name: str, shape: Sequence[int]) -> OnnxNode:
        self.inputs[name] = ("float32", ["batch", *shape])
        return OnnxNode(name, shape[0])

    def normal(self, shape: Sequence[int]) -> OnnxNode:
        self.random.append(f"random{len(self.random)}")
        return self.input(self.random[-1], shape)

    def const(self, value: npt.ArrayLike) -> OnnxNode:
        return self.array(np.asarray(value, np.float32))

    def add(self, a: OnnxNode, b: OnnxNode) -> OnnxNode:
        return self.node("Add", a, b)

    def mul(self, a: OnnxNode, b: OnnxNode) -> OnnxNode:
        return self.node("Mul", a, b)

    def div(self, a: OnnxNode, b: OnnxNode) -> OnnxNode:
        return self.node("Div", a, b)

    def power(self, x: OnnxNode, exponent: float) -> OnnxNode:
        return self.node("Pow", x, self.const(exponent))

    def matmul(self, a: OnnxNode, b: OnnxNode) -> OnnxNode:
        return self.node("MatMul", a, b, channels=b.channels)

    def concat(self, parts: Sequence[OnnxNode]) -> OnnxNode:
        return self.node("Concat", *parts, channels=sum(part.channels for part in parts), axis=1)

    def mean(self, x: OnnxNode, axis: int) -> OnnxNode:
        return self.node("ReduceMean", x, axes=[axis], keepdims=1)

    def largest(self, x: OnnxNode, axis: int) -> OnnxNode:
        return self.node("ReduceMax", self.node("Abs", x), axes=[axis], keepdims=1)

    def part(self, x: OnnxNode, row: int, start: int, stop: int) -> OnnxNode:
        first, last = self.integers(row, start), self.integers(row + 1, stop)
        x = self.node("Slice", x, first, last, self.integers(1, 2))  # [N, 1, stop - start]
        return self.node("Squeeze", x, self.integers(1), channels=stop - start)

    def per_channel(self, x: OnnxNode) -> OnnxNode:
        return self.node("Unsqueeze", x, self.integers(2, 3), channels=x.channels)

    def activation(self, x: OnnxNode, name: str) -> OnnxNode:
        if name == "linear":
            return x
        if name == "swish":
            return self.mul(x, self.node("Sigmoid", x))
        kind, options = ACTIVATIONS[name]
        return self.node(kind, x, **options)

    def clamp(self, x: OnnxNode, limit: float) -> OnnxNode:
        return self.node("Clip", x, self.const(-limit), self.const(limit))

    def gather(self, x: OnnxNode, places: npt.NDArray[Any]) -> OnnxNode:
        flat = self.node("Reshape", x, self.integers(0, x.channels, -1), channels=x.channels)
        found = self.array(places.astype(np.int64))
        return self.node("Gather", flat, found, channels=x.channels, axis=2)

    def sampled(self, x: OnnxNode, places: OnnxNode) -> OnnxNode:
        return self.node("GridSample", x, places, channels=x.channels, padding_mode="reflection")

    def max_pool(self, x: OnnxNode, reach: int) -> OnnxNode:
        return self.node(
            "MaxPool", x, channels=x.channels,
            kernel_shape=[2 * reach + 1] * 2, pads=[reach] * 4, strides=[1, 1],
        )  # fmt: skip

    def above(self, x: OnnxNode, level: float) -> OnnxNode:
        greater = self.node("Greater", x, self.const(level), channels=x.channels)
        return self.node("Cast", greater, channels=x.channels, to=1)

    def sin(self, x: OnnxNode) -> OnnxNode:
        return self.node("Sin", x)

    def conv(self, x: OnnxNode, weight: OnnxNode, padding: int, stride: int = 1) -> OnnxNode:
        return self.node(
            "Conv", x, weight, channels=weight.rows, pads=[padding] * 4, strides=[stride] * 2
        )

    def up_conv(self, x: OnnxNode, weight: OnnxNode, padding: int = 0) -> OnnxNode:
        channels, pads = weight.channels, [padding] * 4
        return self.node("ConvTranspose", x, weight, channels=channels, strides=[2, 2], pads=pads)

    def instance_norm(self, x: OnnxNode, epsilon: float) -> OnnxNode:
        scale, bias = self.const(np.ones(x.channels)), self.const(np.zeros(x.channels))
        return self.node(
            "InstanceNormalization", x, scale, bias, channels=x.channels, epsilon=epsilon
        )

    def fir(self, x: OnnxNode, taps: npt.NDArray[np.float32], padding: int) -> OnnxNode:
        kernel = np.outer(taps, taps)  # at once: passes along each axis take as long here
        weight = self.const(np.broadcast_to(kernel, (x.channels, 1, *kernel.shape)))
        return self.node("Conv", x, weight, group=x.channels, pads=[padding] * 4)

    def upsample(self, x: OnnxNode, taps: npt.NDArray[np.float32], padding: int) -> OnnxNode:
        kernel = np.outer(taps, taps)
        weight = self.const(np.broadcast_to(kernel, (x.channels, 1, *kernel.shape)))
        return self.node(
            "ConvTranspose", x, weight, group=x.channels, strides=[2, 2], pads=[padding] * 4
        )

    def fir_up(
        self,
        x: OnnxNode,
        taps: npt.NDArray[np.float32],
        up: int,
        crops: Sequence[tuple[int, int]],
    ) -> OnnxNode:
        for axis, (before, after) in enumerate(crops):
            strides, pads = [1, 1], [0, 0, 0, 0]
            strides[axis], pads[axis], pads[axis + 2] = up, before, after
            weight = self.along(x, taps, axis)
            x = self.node(
                "ConvTranspose", x, weight, channels=x.channels,
                group=x.channels, strides=strides, pads=pads,
            )  # fmt: skip
        return x

    def fir_down(self, x: OnnxNode, taps: npt.NDArray[np.float32], down: int) -> OnnxNode:
        if taps.ndim == 2:
            weight = self.const(np.broadcast_to(taps, (x.channels, 1, *taps.shape)))
            return self.node(
                "Conv", x, weight, channels=x.channels, group=x.channels, strides=[down] * 2
            )
        for axis in (0, 1):
            strides = [1, 1]
            strides[axis] = down
            weight = self.along(x, taps, axis)
            x = self.node("Conv", x, weight, channels=x.channels, group=x.channels, strides=strides)
        return x

    def along(self, x: OnnxNode, taps: npt.NDArray[np.float32], axis: int) -> OnnxNode:
        """A filter of every channel along one axis: [C, 1, k, 1] or [C, 1, 1, k]."""
        shape = [1, 1]
        shape[axis] = len(taps)
        return self.const(np.broadcast_to(taps.reshape(shape), (x.channels, 1, *shape)))

    def shuffle(self, x: OnnxNode) -> OnnxNode:
        return self.node("DepthToSpace", x, channels=x.channels // 4, blocksize=2, mode="CRD")

    def exact(self, x: OnnxNode) -> OnnxNode:
        return x

    def kept(self, x: OnnxNode, part: int) -> OnnxNode:
        return x

    def levels(self, x: OnnxNode) -> OnnxNode:
        x = self.add(self.mul(x, self.const(127.5)), self.const(128))
        x = self.node("Floor", self.node("Clip", x, self.const(0), self.const(255)))
        return self.node("Cast", self.node("Transpose", x, perm=[0, 2, 3, 1]), to=2)
