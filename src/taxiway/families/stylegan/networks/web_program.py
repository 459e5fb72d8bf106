"""A generator as a program for browsers: its steps as JSON, its numbers as one block of bytes.

It is written from the very graphs that the backends compute. `website/` has what carries it out:
fewer operations than `taxiway.backends.Operations` has, since what reads a program is downloaded
by every visitor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Graph

HALVED = 4096
"""Numbers from which on it is worth writing them in float16."""


@dataclass(frozen=True)
class Step:
    """A result: its place among the program's steps, and its shape with N = 1."""

    index: int
    shape: tuple[int, ...]


@dataclass
class Weights:
    """The numbers of a model's programs, one after the other, each 4-byte aligned."""

    dtype: str = "float32"
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0

    def put(self, array: npt.NDArray[Any], exactly: bool = False) -> dict[str, Any]:
        """Where an array is from now on. Large ones are float16 if asked for and if they fit."""
        whole = exactly or array.size < HALVED or np.abs(array).max() > np.finfo(np.float16).max
        kind = np.float32 if self.dtype == "float32" or whole else np.float16
        data = np.ascontiguousarray(array, kind).tobytes()
        place = {"at": self.size, "dtype": np.dtype(kind).name}
        data += bytes(-len(data) % 4)
        self.pieces.append(data)
        self.size += len(data)
        return place


def web_program(graph: Graph, weights: Weights, **words: str) -> dict[str, Any]:
    """The steps of a graph for one call, N = 1, and which of them are its outputs by name.

    Each step is `{"op", "of": steps it reads, "shape"}` and what its operation needs. Raises
    NotImplementedError for operations that only bending takes, and for noise drawn at each call.
    """
    assert graph.operations is not None
    ops = WebOperations(weights)
    outputs = graph.operations(ops, **words)
    return {"steps": ops.steps, "outputs": {name: step.index for name, step in outputs.items()}}


class WebOperations:
    """The operations of `taxiway.backends.Operations` as steps; a node knows its whole shape."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.steps: list[dict[str, Any]] = []
        self.inputs: dict[str, Step] = {}

    def step(self, op: str, of: Sequence[Step], shape: Sequence[int], **more: Any) -> Step:
        shape = tuple(int(size) for size in shape)
        self.steps.append({"op": op, "of": [each.index for each in of], "shape": shape, **more})
        return Step(len(self.steps) - 1, shape)

    def input(self, name: str, shape: Sequence[int]) -> Step:
        if name == "transform":  # zeros mean a StyleGAN3's own
            return self.const(np.zeros((1, *shape), np.float32))
        if name not in self.inputs:
            self.inputs[name] = self.step("input", [], (1, *shape), name=name)
        return self.inputs[name]

    def const(self, value: npt.ArrayLike) -> Step:
        array = np.asarray(value, np.float32)
        return self.step("const", [], array.shape or (1,), **self.weights.put(array))

    def add(self, a: Step, b: Step) -> Step:
        return self.step("add", [a, b], np.broadcast_shapes(a.shape, b.shape))

    def mul(self, a: Step, b: Step) -> Step:
        return self.step("mul", [a, b], np.broadcast_shapes(a.shape, b.shape))

    def div(self, a: Step, b: Step) -> Step:
        return self.step("div", [a, b], np.broadcast_shapes(a.shape, b.shape))

    def power(self, x: Step, exponent: float) -> Step:
        return self.step("power", [x], x.shape, exponent=exponent)

    def matmul(self, a: Step, b: Step) -> Step:
        return self.step("matmul", [a, b], (*a.shape[:-1], b.shape[1]))

    def concat(self, parts: Sequence[Step]) -> Step:
        return self.step("concat", parts, (1, sum(part.shape[1] for part in parts)))

    def mean(self, x: Step, axis: int) -> Step:
        return self.step("mean", [x], reduced(x.shape, axis), axis=axis)

    def largest(self, x: Step, axis: int) -> Step:
        return self.step("largest", [x], reduced(x.shape, axis), axis=axis)

    def part(self, x: Step, row: int, start: int, stop: int) -> Step:
        return self.step("part", [x], (1, stop - start), start=row * x.shape[2] + start)

    def per_channel(self, x: Step) -> Step:
        return self.step("reshape", [x], (*x.shape, 1, 1))

    def activation(self, x: Step, name: str) -> Step:
        return x if name == "linear" else self.step("activation", [x], x.shape, name=name)

    def clamp(self, x: Step, limit: float) -> Step:
        return self.step("clamp", [x], x.shape, limit=limit)

    def sin(self, x: Step) -> Step:
        return self.step("sin", [x], x.shape)

    def gather(self, x: Step, places: npt.NDArray[Any]) -> Step:
        spots = self.step("const", [], places.shape, **self.weights.put(places, exactly=True))
        return self.step("gather", [x, spots], (*x.shape[:2], *places.shape))

    def conv(self, x: Step, weight: Step, padding: int, stride: int = 1) -> Step:
        sides = [(side + 2 * padding - weight.shape[2]) // stride + 1 for side in x.shape[2:]]
        shape = (1, weight.shape[0], *sides)
        return self.step("conv", [x, weight], shape, padding=padding, stride=stride)

    def up_conv(self, x: Step, weight: Step, padding: int = 0) -> Step:
        sides = [2 * side - 2 + weight.shape[2] - 2 * padding for side in x.shape[2:]]
        return self.step("up_conv", [x, weight], (1, weight.shape[1], *sides), padding=padding)

    def instance_norm(self, x: Step, epsilon: float) -> Step:
        return self.step("instance_norm", [x], x.shape, epsilon=epsilon)

    def resample(self, x: Step, axis: int, taps: Any, up: int = 1, down: int = 1,
                 crops: tuple[int, int] = (0, 0)) -> Step:  # fmt: skip
        """up - 1 zeros after each sample along an axis of x, zeros around, the filter where all of
        it has samples, what `crops` say fewer (or more) before and after, every down-th of them."""
        shape = list(x.shape)
        length = (shape[axis] - 1) * up + len(taps) - sum(crops)
        shape[axis] = (length - 1) // down + 1
        start = crops[0] - (len(taps) - 1)  # of the first tap, in the spread samples
        listed = [float(tap) for tap in taps]
        return self.step(
            "resample", [x], shape, axis=axis, up=up, down=down, start=start, taps=listed
        )

    def fir(self, x: Step, taps: npt.NDArray[Any], padding: int) -> Step:
        less = len(taps) - 1 - padding
        return self.resample(self.resample(x, 2, taps, crops=(less, less)), 3, taps,
                             crops=(less, less))  # fmt: skip

    def upsample(self, x: Step, taps: npt.NDArray[Any], padding: int) -> Step:
        return self.fir_up(x, taps, 2, [(padding, padding)] * 2)

    def fir_up(
        self, x: Step, taps: npt.NDArray[Any], up: int, crops: Sequence[tuple[int, int]]
    ) -> Step:
        for axis, crop in enumerate(crops, start=2):
            x = self.resample(x, axis, taps, up=up, crops=crop)
        return x

    def fir_down(self, x: Step, taps: npt.NDArray[Any], down: int) -> Step:
        less = (len(taps) - 1, len(taps) - 1)
        if taps.ndim == 1:
            rows = self.resample(x, 2, taps, down=down, crops=less)
            return self.resample(rows, 3, taps, down=down, crops=less)
        sides = [(side - len(taps)) // down + 1 for side in x.shape[2:]]
        kernel = self.const(taps)
        return self.step("plane_filter", [x, kernel], (*x.shape[:2], *sides), down=down)

    def shuffle(self, x: Step) -> Step:
        _, channels, high, wide = x.shape
        return self.step("shuffle", [x], (1, channels // 4, 2 * high, 2 * wide))

    def exact(self, x: Step) -> Step:
        return x

    def levels(self, x: Step) -> Step:
        """The picture as whole levels, a number from 0 to 255 for each channel."""
        return self.step("levels", [x], x.shape)

    def normal(self, shape: Sequence[int]) -> Step:
        raise NotImplementedError("A program draws no noise.")

    def sampled(self, x: Step, places: Step) -> Step:
        raise NotImplementedError("A program does not bend.")

    def max_pool(self, x: Step, reach: int) -> Step:
        raise NotImplementedError("A program does not bend.")

    def above(self, x: Step, level: float) -> Step:
        raise NotImplementedError("A program does not bend.")


def reduced(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """A shape whose axis has become one long."""
    return tuple(1 if index == axis else size for index, size in enumerate(shape))
