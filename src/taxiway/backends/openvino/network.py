"""A graph as OpenVINO runs it: written down in its operations, compiled, arrays in and out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.backends import Arrays, Graph, Inputs, is_large
from taxiway.backends.openvino.kept import Digest, Kept
from taxiway.backends.openvino.library import openvino, ov
from taxiway.backends.openvino.parts import RANDOM, Chain, Parts, named

HINTS = {"float32": "f32", "bfloat16": "bf16"}
EXACTLY = {"INFERENCE_PRECISION_HINT": HINTS["float32"]}
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "lrelu": lambda x: ov.prelu(x, ov.constant(np.full(1, 0.2, np.float32))),
    "relu": ov.relu,
    "tanh": ov.tanh,
    "sigmoid": ov.sigmoid,
    "elu": lambda x: ov.elu(x, 1.0),
    "selu": lambda x: ov.selu(
        x,
        ov.constant(np.float32(1.6732632423543772)),
        ov.constant(np.float32(1.0507009873554805)),
    ),
    "softplus": ov.softplus,
    "swish": ov.swish,
}


@cache
def core() -> Any:
    """OpenVINO itself, which takes a moment to start."""
    return openvino.Core()


SIZES = (8, 1)
"""Batches that networks with feature maps are compiled for: 1.4 times as fast as one for any."""
WRITERS = ("network.py", "parts.py")
"""What writes down a network here, and cuts it."""
WORTH_KEEPING = 1 << 24
"""Bytes of weights up to which it takes less to find and load what was compiled than to compile:
rainbow's six save two fifths, of 24 a tenth, and of 100 it would take twice as long."""


class OpenVinoNetwork:
    """A graph for a number of threads, compiled when first called in a mode and batch size."""

    def __init__(self, graph: Graph, precision: str, threads: int) -> None:
        self.graph, self.sizes = graph, sizes_of(graph)
        self.settings = settings_for(precision, threads)
        self.forms: dict[tuple[Any, ...], Chain] = {}
        self.keeps = False

    def run(self, inputs: Inputs) -> Arrays:
        arrays = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
        words = {name: value for name, value in inputs.items() if isinstance(value, str)}
        start, parts = 0, []
        for size in parts_of(len(next(iter(arrays.values()))), self.sizes):
            part = {name: array[start : start + size] for name, array in arrays.items()}
            parts.append(self.form(size, words).run(part, size, self.keeps))
            start += size
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def form(self, size: int, words: Mapping[str, str]) -> Chain:
        """The graph in a mode, for batches of one size (any, if the graph has no sizes)."""
        batch = size if self.sizes else -1
        key = (batch, *sorted(words.items()))
        if key not in self.forms:
            self.forms[key] = Chain(*self.compiled(batch, words))
        return self.forms[key]

    def compiled(self, size: int, words: Mapping[str, str]) -> "tuple[list[str], list[Any]]":
        """The outputs' names, and one model or several: what was kept of them, or compiled anew."""
        assert self.graph.operations is not None
        weights = sum(array.nbytes for array in self.graph.tensors.values())
        if self.graph.kept is None or weights > WORTH_KEEPING:
            return compiled(self.graph, words, size, self.settings)
        kept, digest = Kept(self.graph.kept), Digest()
        names = list(self.graph.operations(digest, **words))
        digest.note((names, size, sorted(self.settings.items()), circumstances()))
        if blobs := kept.find(str(digest)):
            with suppress(RuntimeError):  # a file of another user of the same key
                hints = settings_of(blobs, self.settings)
                return names, [loaded(*each) for each in zip(blobs, hints, strict=True)]
        names, models = compiled(self.graph, words, size, self.settings)
        kept.keep(str(digest), [model.export_model().getvalue() for model in models])
        return names, models


def settings_for(precision: str, threads: int) -> dict[str, Any]:
    """OpenVINO's settings for a precision and a number of threads."""
    return {
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
        "ENABLE_HYPER_THREADING": True,
    }


def sizes_of(graph: Graph) -> Sequence[int]:
    """The batches that a graph is compiled for; none where one form takes any."""
    if graph.kind == "mapping":
        return ()
    return SIZES[-1:] if is_large(graph) else SIZES


def parts_of(count: int, sizes: Sequence[int]) -> list[int]:
    """A batch as parts of these sizes, largest first; as it is if there are none."""
    if not sizes:
        return [count]
    parts: list[int] = []
    for size in sizes:
        parts += (count - sum(parts)) // size * [size]
    return parts


@cache
def circumstances() -> tuple[str, ...]:
    """What else than the network and its settings decides what is compiled."""
    about = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
    code = [Path(__file__).with_name(name).read_text("utf-8") for name in WRITERS]
    return (openvino.get_version(), *code, *(str(core().get_property("CPU", a)) for a in about))


def loaded(blob: memoryview, settings: Mapping[str, Any]) -> Any:
    """A model that was compiled before."""
    tensor = openvino.Tensor(np.frombuffer(blob, np.uint8))
    return core().import_model(tensor, "CPU", settings)


def compiled(
    graph: Graph, words: Mapping[str, str], size: int, settings: Mapping[str, Any]
) -> tuple[list[str], list[Any]]:
    """The outputs' names, and the models of the graph's parts.

    OpenVINO computes a whole model in one precision: so what is to be exact is a part of its own,
    the first, in float32.
    """
    assert graph.operations is not None
    ops = OpenVinoOperations(size)
    outputs = graph.operations(ops, **words)
    models = ops.parts.models(list(outputs.values()), graph.kind)
    pairs = zip(models, settings_of(models, settings), strict=True)
    return list(outputs), [core().compile_model(model, "CPU", hint) for model, hint in pairs]


def settings_of(models: Sequence[Any], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of each of the models, of which the first of several is the exact one."""
    exactly = [{**settings, **EXACTLY}] if len(models) > 1 else []
    return [*exactly, *({**settings} for _ in models[len(exactly) :])]


class OpenVinoOperations:
    """The operations of `taxiway.backends.Operations` as nodes of OpenVINO.

    `size` is the batch, -1 for any.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.parts = Parts()
        self.drawn = 0

    def exact(self, x: Any) -> Any:
        return self.parts.taken(0, x)

    def kept(self, x: Any, part: int) -> Any:
        if self.size != 1:  # no fader moves a batch: its pictures differ from the start
            return x
        return self.parts.taken(part, x)

    def input(self, name: str, shape: Sequence[int]) -> Any:
        return named(ov.parameter([self.size, *shape], np.float32, name=name), name)

    def normal(self, shape: Sequence[int]) -> Any:
        self.drawn += 1
        return self.input(f"{RANDOM}{self.drawn}", shape)

    def const(self, value: npt.ArrayLike) -> Any:
        return ov.constant(np.ascontiguousarray(value, np.float32))

    def add(self, a: Any, b: Any) -> Any:
        return ov.add(a, b)

    def mul(self, a: Any, b: Any) -> Any:
        return ov.multiply(a, b)

    def div(self, a: Any, b: Any) -> Any:
        return ov.divide(a, b)

    def power(self, x: Any, exponent: float) -> Any:
        return ov.power(x, self.const(exponent))

    def matmul(self, a: Any, b: Any) -> Any:
        return ov.matmul(a, b, False, False)

    def concat(self, parts: Sequence[Any]) -> Any:
        return ov.concat(list(parts), 1)

    def mean(self, x: Any, axis: int) -> Any:
        return ov.reduce_mean(x, integers(axis), True)

    def largest(self, x: Any, axis: int) -> Any:
        return ov.reduce_max(ov.absolute(x), integers(axis), True)

    def part(self, x: Any, row: int, start: int, stop: int) -> Any:
        first, last = integers(row, start), integers(row + 1, stop)
        x = ov.slice(x, first, last, integers(1, 1), integers(1, 2))  # [N, 1, stop - start]
        return ov.squeeze(x, integers(1))

    def per_channel(self, x: Any) -> Any:
        x = ov.unsqueeze(x, integers(2, 3))
        # After the first part: they scale whole channels.
        return self.parts.taken(0, x) if len(self.parts) > 1 else x

    def activation(self, x: Any, name: str) -> Any:
        return ACTIVATIONS[name](x)

    def clamp(self, x: Any, limit: float) -> Any:
        return ov.clamp(x, -limit, limit)

    def gather(self, x: Any, places: npt.NDArray[Any]) -> Any:
        channels = x.get_output_partial_shape(0)[1].get_length()
        flat = ov.reshape(x, integers(0, channels, -1), True)  # [N, C, h * w]
        return ov.gather(flat, integers(*places.ravel(), shape=places.shape), integers(2))

    def sampled(self, x: Any, places: Any) -> Any:
        return ov.grid_sample(x, places, {"mode": "bilinear", "padding_mode": "reflection"})

    def max_pool(self, x: Any, reach: int) -> Any:
        pads, kernel = [reach] * 2, [2 * reach + 1] * 2
        pooled = ov.max_pool(x, [1, 1], [1, 1], pads, pads, kernel)
        return pooled.output(0)

    def above(self, x: Any, level: float) -> Any:
        return ov.convert(ov.greater(x, self.const(level)), np.float32)

    def sin(self, x: Any) -> Any:
        return ov.sin(x)

    def conv(self, x: Any, weight: Any, padding: int, stride: int = 1) -> Any:
        return ov.convolution(x, weight, [stride] * 2, [padding] * 2, [padding] * 2, [1, 1])

    def up_conv(self, x: Any, weight: Any, padding: int = 0) -> Any:
        pads = [padding] * 2
        return ov.convolution_backprop_data(x, weight, [2, 2], None, pads, pads)

    def shuffle(self, x: Any) -> Any:
        return ov.depth_to_space(x, "depth_first", 2)

    def instance_norm(self, x: Any, epsilon: float) -> Any:
        return ov.mvn(x, integers(2, 3), True, epsilon, "inside_sqrt")

    def fir_up(
        self, x: Any, taps: npt.NDArray[np.float32], up: int, crops: Sequence[tuple[int, int]]
    ) -> Any:
        for axis, crop in enumerate(crops):
            (before, after), strides = padded(axis, *crop), [1, 1]
            strides[axis] = up
            weight = self.along(x, taps, axis)
            x = ov.group_convolution_backprop_data(x, weight, strides, None, before, after)
        return x

    def fir_down(self, x: Any, taps: npt.NDArray[np.float32], down: int) -> Any:
        if taps.ndim == 2:
            channels = x.get_output_partial_shape(0)[1].get_length()
            weight = self.const(np.broadcast_to(taps, (channels, 1, 1, *taps.shape)))
            return ov.group_convolution(x, weight, [down, down], [0, 0], [0, 0], [1, 1])
        for axis in (0, 1):
            strides = [1, 1]
            strides[axis] = down
            weight = self.along(x, taps, axis)
            x = ov.group_convolution(x, weight, strides, [0, 0], [0, 0], [1, 1])
        return x

    def along(self, x: Any, taps: npt.NDArray[np.float32], axis: int) -> Any:
        """A filter of every channel along one axis: [C, 1, 1, k, 1] or [C, 1, 1, 1, k]."""
        channels = x.get_output_partial_shape(0)[1].get_length()
        shape = [1, 1]
        shape[axis] = len(taps)
        return self.const(np.broadcast_to(taps.reshape(shape), (channels, 1, 1, *shape)))

    def fir(self, x: Any, taps: npt.NDArray[np.float32], padding: int) -> Any:
        for axis in (0, 1):
            pads, _ = padded(axis, padding)
            x = ov.group_convolution(x, self.along(x, taps, axis), [1, 1], pads, pads, [1, 1])
        return x

    def upsample(self, x: Any, taps: npt.NDArray[np.float32], padding: int) -> Any:
        channels = x.get_output_partial_shape(0)[1].get_length()
        kernel = np.outer(taps, taps)
        weight = self.const(np.broadcast_to(kernel, (channels, 1, 1, *kernel.shape)))
        pads = [padding] * 2
        return ov.group_convolution_backprop_data(x, weight, [2, 2], None, pads, pads)

    def levels(self, x: Any) -> Any:
        x = self.add(self.mul(x, self.const(127.5)), self.const(128))
        x = ov.floor(ov.clamp(x, 0.0, 255.0))
        return ov.transpose(ov.convert(x, np.uint8), integers(0, 2, 3, 1))


def padded(axis: int, before: int, after: int = 0) -> tuple[list[int], list[int]]:
    """Padding along one of two axes, before and after it."""
    pads = [0, 0], [0, 0]
    pads[0][axis], pads[1][axis] = before, after
    return pads


def integers(*numbers: int, shape: Sequence[int] | None = None) -> Any:
    array = np.array(numbers, np.int64)
    return ov.constant(array if shape is None else array.reshape(shape))
