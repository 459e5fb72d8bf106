"""A backend in plain numpy: slow, always there, and what decides whether others are exact."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Arrays, Graph, Inputs, OperationsBackend

Array = npt.NDArray[Any]

ALONE, LEAST = 2**18, 8
"""Multiplications that OpenBLAS leaves to one thread; columns that a call is worth."""
SELU = (1.6732632423543772, 1.0507009873554805)
"""Alpha and scale (Klambauer et al. 2017)."""
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "lrelu": lambda x: np.maximum(x, 0.2 * x),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: sigmoid(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: SELU[1] * np.where(x > 0, x, SELU[0] * np.expm1(np.minimum(x, 0))),
    "softplus": lambda x: np.logaddexp(x, np.float32(0)),
    "swish": lambda x: x * sigmoid(x),
}


class ReferenceBackend(OperationsBackend):
    """A graph worked out step by step in float32, on as many cores as numpy's own library takes."""

    title = "numpy"
    device = "cpu"
    turn = 2
    distributions = ("numpy",)

    def available(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"numpy computes on the CPU, '{self.asked}' was asked for."
        return None

    def precisions(self) -> Sequence[str]:
        return ["float32"]

    def threads(self) -> Sequence[int]:
        return [1]

    def written(self, graph: Graph, precision: str, threads: int) -> "ReferenceNetwork":
        return ReferenceNetwork(graph)


class ReferenceNetwork:
    """A graph that is gone through anew at each call."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def run(self, inputs: Inputs) -> Arrays:
        assert self.graph.operations is not None
        words = {name: value for name, value in inputs.items() if isinstance(value, str)}
        arrays = {name: value for name, value in inputs.items() if name not in words}
        results = self.graph.operations(ReferenceOperations(arrays), **words)
        return {name: np.asarray(result) for name, result in results.items()}


class ReferenceOperations:
    """The operations of `taxiway.backends.Operations`, each carried out at once on arrays."""

    def __init__(self, inputs: Mapping[str, Array]) -> None:
        self.inputs, self.random = inputs, np.random.default_rng()
        self.count = len(next(iter(inputs.values())))

    def input(self, name: str, shape: Sequence[int]) -> Array:
        if name not in self.inputs:  # labels that are not given: no class
            return np.zeros((self.count, *shape), np.float32)
        return np.asarray(self.inputs[name], np.float32)

    def normal(self, shape: Sequence[int]) -> Array:
        return self.random.standard_normal((self.count, *shape), np.float32)

    def const(self, value: npt.ArrayLike) -> Array:
        return np.asarray(value, np.float32)

    def add(self, a: Array, b: Array) -> Array:
        return a + b

    def mul(self, a: Array, b: Array) -> Array:
        return a * b

    def div(self, a: Array, b: Array) -> Array:
        return a / b

    def power(self, x: Array, exponent: float) -> Array:
        return np.power(x, np.float32(exponent))

    def matmul(self, a: Array, b: Array) -> Array:
        return a @ b

    def concat(self, parts: Sequence[Array]) -> Array:
        return np.concatenate(parts, axis=1)

    def mean(self, x: Array, axis: int) -> Array:
        return np.asarray(x.mean(axis=axis, keepdims=True))

    def largest(self, x: Array, axis: int) -> Array:
        return np.asarray(np.abs(x).max(axis=axis, keepdims=True))

    def part(self, x: Array, row: int, start: int, stop: int) -> Array:
        return x[:, row, start:stop]

    def per_channel(self, x: Array) -> Array:
        return x[:, :, None, None]

    def activation(self, x: Array, name: str) -> Array:
        return ACTIVATIONS[name](x)

    def clamp(self, x: Array, limit: float) -> Array:
        return x.clip(-limit, limit)

    def gather(self, x: Array, places: Array) -> Array:
        return x.reshape(*x.shape[:2], -1)[:, :, places]

    def sampled(self, x: Array, places: Array) -> Array:
        high, wide = x.shape[2:]
        columns, rows = mirrored(places[..., 0], wide), mirrored(places[..., 1], high)  # [N, H, W]
        left, top = np.floor(columns).astype(int), np.floor(rows).astype(int)
        who = np.arange(len(x))[:, None, None]
        result = np.zeros((*columns.shape, x.shape[1]), np.float32)  # [N, H, W, C]
        for i, j in np.ndindex(2, 2):
            row, column = np.minimum(top + i, high - 1), np.minimum(left + j, wide - 1)
            share = np.abs(1 - i - (rows - top)) * np.abs(1 - j - (columns - left))
            result += share[..., None] * x[who, :, row, column]
        return np.ascontiguousarray(result.transpose(0, 3, 1, 2))

    def max_pool(self, x: Array, reach: int) -> Array:
        for axis in (2, 3):
            wide = [(0, 0)] * 4
            wide[axis] = (reach, reach)
            rows = np.pad(x, wide, constant_values=-np.inf)
            windows = np.lib.stride_tricks.sliding_window_view(rows, 2 * reach + 1, axis)
            x = windows.max(axis=-1)
        return x

    def above(self, x: Array, level: float) -> Array:
        return (x > level).astype(np.float32)

    def sin(self, x: Array) -> Array:
        return np.sin(x)

    def conv(self, x: Array, weight: Array, padding: int, stride: int = 1) -> Array:
        x = padded(x, padding)  # [N, in, h, w]
        side, parts = weight.shape[2], apart(weight)
        high, wide = ((length - side) // stride + 1 for length in x.shape[2:])
        result = np.zeros((len(x), len(weight), high * wide), np.float32)
        for i, j in np.ndindex(side, side):
            seen = x[:, :, i : i + stride * high : stride, j : j + stride * wide : stride]
            result += product(parts[i, j], seen[..., :high, :wide].reshape(*x.shape[:2], -1))
        return result.reshape(len(x), len(weight), high, wide)

    def up_conv(self, x: Array, weight: Array, padding: int = 0) -> Array:
        (count, channels, high, wide), side = x.shape, weight.shape[2]
        size = (2 * high - 2 + side, 2 * wide - 2 + side)
        result = np.zeros((count, weight.shape[1], *size), np.float32)
        rows, parts = x.reshape(count, channels, -1), apart(weight.swapaxes(0, 1))
        for i, j in np.ndindex(side, side):
            said = product(parts[i, j], rows).reshape(count, -1, high, wide)
            result[:, :, i : i + 2 * high - 1 : 2, j : j + 2 * wide - 1 : 2] += said
        return inner(result, padding)

    def instance_norm(self, x: Array, epsilon: float) -> Array:
        x = x - x.mean(axis=(2, 3), keepdims=True)
        variance = np.square(x).mean(axis=(2, 3), keepdims=True)
        return np.asarray(x / np.sqrt(variance + np.float32(epsilon)))

    def fir(self, x: Array, taps: Array, padding: int) -> Array:
        x = padded(x, padding)
        high, wide = (length - len(taps) + 1 for length in x.shape[2:])
        x = sum(tap * x[:, :, i : i + high] for i, tap in enumerate(taps))
        return np.asarray(sum(tap * x[..., i : i + wide] for i, tap in enumerate(taps)))

    def upsample(self, x: Array, taps: Array, padding: int) -> Array:
        (count, channels, high, wide), reach = x.shape, len(taps) - 1
        spread = np.zeros((count, channels, 2 * high - 1, 2 * wide - 1), np.float32)
        spread[:, :, ::2, ::2] = x
        return inner(self.fir(spread, taps, reach), padding)

    def fir_up(self, x: Array, taps: Array, up: int, crops: Sequence[tuple[int, int]]) -> Array:
        for axis, (before, after) in enumerate(crops, start=2):
            rows = np.moveaxis(x, axis, -1)  # [N, C, other, length]
            length = (rows.shape[-1] - 1) * up + len(taps)
            result = np.zeros((*rows.shape[:-1], length), np.float32)
            for i, tap in enumerate(taps):
                result[..., i : i + length - len(taps) + 1 : up] += tap * rows
            x = np.moveaxis(result[..., before : length - after], -1, axis)
        return x

    def fir_down(self, x: Array, taps: Array, down: int) -> Array:
        kernel = np.outer(taps, taps) if taps.ndim == 1 else taps
        high, wide = ((length - len(kernel)) // down + 1 for length in x.shape[2:])
        result = np.zeros((*x.shape[:2], high, wide), np.float32)
        for (i, j), tap in np.ndenumerate(kernel):
            result += tap * x[:, :, i : i + down * high : down, j : j + down * wide : down]
        return result

    def shuffle(self, x: Array) -> Array:
        count, channels, high, wide = x.shape
        x = x.reshape(count, channels // 4, 2, 2, high, wide).transpose(0, 1, 4, 2, 5, 3)
        return x.reshape(count, channels // 4, 2 * high, 2 * wide)

    def exact(self, x: Array) -> Array:
        return x

    def kept(self, x: Array, part: int) -> Array:
        return x

    def levels(self, x: Array) -> Array:
        values = np.clip(x * np.float32(127.5) + np.float32(128), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(values.transpose(0, 2, 3, 1))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    result: Array = 0.5 * (np.tanh(0.5 * x) + 1)
    return result


def mirrored(place: Array, count: int) -> Array:
    """Places of -1..1 as places between samples 0..count - 1, mirrored at the edges."""
    times, rest = np.divmod(np.abs((place + 1) * count / 2), count)
    return np.asarray((np.where(times % 2 == 0, rest, count - rest) - 0.5).clip(0, count - 1))


def product(a: Array, x: Array) -> Array:
    """a [out, in] times x [N, in, places], in pieces too small for BLAS to wake other threads.

    On a busy machine those wait for each other, spinning: it took four times as long.
    """
    size = max(ALONE // a.size, LEAST)
    places = range(0, x.shape[2], size)
    return np.concatenate([a @ x[:, :, at : at + size] for at in places], axis=2)


def apart(weight: Array) -> Array:
    """weight [out, in, k, k] as [k, k, out, in]: matrices that lie as BLAS multiplies them."""
    return np.ascontiguousarray(weight.transpose(2, 3, 0, 1))


def padded(x: Array, zeros: int) -> Array:
    """x [N, C, h, w] with zeros around each plane."""
    return np.pad(x, ((0, 0), (0, 0), (zeros, zeros), (zeros, zeros))) if zeros else x


def inner(x: Array, less: int) -> Array:
    """x [N, C, h, w] without so many rows and columns at each edge."""
    return x[:, :, less:-less, less:-less] if less else x


SLOT = ReferenceBackend
