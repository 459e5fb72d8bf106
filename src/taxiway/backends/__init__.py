"""A slot: one file is one way to compute a network, such as PyTorch.

A family describes its networks as graphs, without saying what computes them; the room `choosing`
takes what is fastest on this machine.
"""

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy.typing as npt

from taxiway.core import slots
from taxiway.core.errors import TaxiwayError
from taxiway.core.faults import blamed

Arrays = dict[str, npt.NDArray[Any]]
Inputs = Mapping[str, Any]
"""A network's inputs by name: arrays, and words such as a noise mode."""

TURNS = (0, 1, 2)
"""When backends are tried: see `Backend`."""
PRECISIONS = ("float32", "bfloat16", "float16")


class Unsupported(TaxiwayError):
    """A backend does not know this graph, or not in this precision; another one may."""


class NoMemory(Unsupported):
    """An accelerator has too little memory left for this graph now; at another time it may have."""


@dataclass(frozen=True)
class Graph:
    """One network, described once for every backend by plain values.

    `kind` names what is computed ("mapping", "stylegan2", "stylegan3"), `config` is the
    checkpoint's own description, `tensors` its weights by name; `example` are one call's inputs,
    to measure with. `torch(dtype, device)` builds it in PyTorch: called with tensors under the
    inputs' names it gives tensors under the outputs'. `operations(ops, **words)` writes it down in
    a backend's own operations, and gives the outputs' nodes by name; words are those inputs that
    are no arrays. `trial` are inputs by which a setting is checked: against `referee`, the name of
    a backend that is exact, or "" where that would take too long, against its own float32.
    Where it is `low_in_torch` only PyTorch computes it well in lower precision: it keeps what must
    not lose digits. `file` is a network of somebody else's, an ONNX file, instead of tensors and
    operations; its inputs and outputs are arrays under the file's own names. `key` names the
    network with its numbers, such as by its file's SHA-256; "" if nothing does. `kept` is a folder
    for what a backend has compiled of it, or None.
    """

    kind: str
    config: Mapping[str, Any]
    tensors: Mapping[str, npt.NDArray[Any]]
    example: Inputs
    torch: Callable[[Any, Any], Callable[..., dict[str, Any]]] | None = None
    operations: "Callable[..., dict[str, Node]] | None" = None
    trial: Inputs | None = None
    key: str = ""
    referee: str = ""
    low_in_torch: bool = False
    kept: Path | None = None
    file: Path | None = None


LARGE_BYTES = 50 * 2**20
"""Weights from which on a processor computes one picture at a time. Of 512 px and 512 channels a
batch of eight takes 2.4 GB beside the 1.1 GB for one, and is a tenth faster."""


def is_large(graph: Graph) -> bool:
    """Whether a processor does better to compute the graph one picture after the other."""
    weights = sum(tensor.nbytes for tensor in graph.tensors.values())
    return graph.kind != "mapping" and weights >= LARGE_BYTES


Node = Any
"""What a backend calls a result of an operation while a graph is written down."""


class Operations(Protocol):
    """What a graph is written down with: each gives a node of float32, [N, ...] or a constant.

    Shapes broadcast as numpy's do. Weights and taps are those of a correlation, zeros outside.
    """

    def input(self, name: str, shape: Sequence[int]) -> Node:
        """An array [N, *shape] that comes with each call, under this name."""

    def normal(self, shape: Sequence[int]) -> Node:
        """Standard normal numbers [N, *shape], drawn anew at each call."""

    def const(self, value: npt.ArrayLike) -> Node:
        """Numbers that stay."""

    def add(self, a: Node, b: Node) -> Node: ...
    def mul(self, a: Node, b: Node) -> Node: ...
    def div(self, a: Node, b: Node) -> Node: ...

    def power(self, x: Node, exponent: float) -> Node:
        """Each number of x to a power."""

    def matmul(self, a: Node, b: Node) -> Node:
        """[N, ..., in] and [in, out] to [N, ..., out]."""

    def concat(self, parts: Sequence[Node]) -> Node:
        """Parts [N, C] one beside the other."""

    def mean(self, x: Node, axis: int) -> Node:
        """The mean over an axis, which stays with a length of 1."""

    def largest(self, x: Node, axis: int) -> Node:
        """The largest absolute value over an axis, which stays with a length of 1."""

    def part(self, x: Node, row: int, start: int, stop: int) -> Node:
        """x [N, rows, C] to a part of a row, [N, stop - start]."""

    def per_channel(self, x: Node) -> Node:
        """[N, C] to [N, C, 1, 1]."""

    def activation(self, x: Node, name: str) -> Node:
        """linear, lrelu (0.2 below 0), relu, tanh, sigmoid, elu, selu, softplus or swish."""

    def clamp(self, x: Node, limit: float) -> Node:
        """x cut to -limit..limit."""

    def gather(self, x: Node, places: npt.NDArray[Any]) -> Node:
        """x [N, C, h, w] to [N, C, H, W]: at each place the pixel of that number, row by row."""

    def sampled(self, x: Node, places: Node) -> Node:
        """x [N, C, h, w] at places [N, H, W, 2], across and down in -1..1 from edge to edge, each
        between the four samples around it; x goes on as its mirror image."""

    def max_pool(self, x: Node, reach: int) -> Node:
        """The largest of what is up to `reach` places away along both axes of x [N, C, h, w]."""

    def above(self, x: Node, level: float) -> Node:
        """1 where x is above the level, else 0."""

    def sin(self, x: Node) -> Node:
        """The sine of x in radians."""

    def conv(self, x: Node, weight: Node, padding: int, stride: int = 1) -> Node:
        """x [N, in, h, w] and weight [out, in, k, k] to [N, out, H, W]."""

    def up_conv(self, x: Node, weight: Node, padding: int = 0) -> Node:
        """Transposed, stride 2: x [N, in, h, w], weight [in, out, k, k] to [N, out, H, W].

        H is 2h - 2 + k, less `padding` at each end.
        """

    def instance_norm(self, x: Node, epsilon: float) -> Node:
        """Each channel of x [N, C, h, w] less its mean, by the root of its variance + epsilon."""

    def fir(self, x: Node, taps: npt.NDArray[Any], padding: int) -> Node:
        """Every channel of x [N, C, h, w] filtered along both axes with symmetric taps [k]."""

    def upsample(self, x: Node, taps: npt.NDArray[Any], padding: int) -> Node:
        """A zero after each sample of x [N, C, h, w], then `fir`, `padding` fewer at each end."""

    def fir_up(
        self, x: Node, taps: npt.NDArray[Any], up: int, crops: Sequence[tuple[int, int]]
    ) -> Node:
        """up - 1 zeros after each sample of x [N, C, h, w], then `fir` with zeros around, and what
        `crops` say fewer before and after, along height and width."""

    def fir_down(self, x: Node, taps: npt.NDArray[Any], down: int) -> Node:
        """`fir` without padding, of which every down-th sample stays; taps [k], or [k, k] where
        they cannot be split into two axes."""

    def shuffle(self, x: Node) -> Node:
        """x [N, 4C, h, w], whose every four channels are the pixels of one, to [N, C, 2h, 2w]."""

    def exact(self, x: Node) -> Node:
        """x itself, which is worth all its digits where what follows is computed with fewer.

        What comes before is a part of its own, 0, as far as nothing else takes from it.
        """

    def kept(self, x: Node, part: int) -> Node:
        """x itself, which goes from a part, 1 or more, to the next: worth keeping, so that only
        what follows is computed where only that changed. All that goes there passes by this."""

    def levels(self, x: Node) -> Node:
        """x [N, C, H, W] of about -1..1 to uint8 [N, H, W, C]: 127.5 x + 128, cut, not rounded."""


class Network(Protocol):
    """A graph that was compiled.

    One that can leave out what its last call has computed already has `keeps`, which is False, so
    that whoever measures measures all of it, and is set where it is played.
    """

    def run(self, inputs: Inputs) -> Arrays:
        """The outputs by name of one call; arrays come and go in the computer's own memory."""


class Backend(Protocol):
    """A member of the slot, made for a device: auto, cpu, cuda or mps. Nothing is loaded by that.

    `device` is where it computes once that is known. It may also have `distributions`: what pip
    calls the packages that it computes with, whose versions tell when to measure anew; and a
    `turn` above 0, if a start is not to load it where a backend of an earlier turn works. One that
    keeps what it compiled has `forget(but)`, which frees all of it but that of a precision and
    number of threads (of nothing, for None). One that has `computes_files = True` compiles graphs
    that are a `file`.
    """

    device: str

    def available(self) -> str | None:
        """None if it can compute on this machine, else a sentence: what is missing, what to do."""

    def precisions(self) -> Sequence[str]:
        """The precisions worth trying here, the likely winner first, float32 always among them."""

    def threads(self) -> Sequence[int]:
        """The numbers of threads worth trying here, at least one."""

    def compile(self, graph: Graph, precision: str, threads: int) -> Network:
        """The graph ready to run: its next call is measured, so that what loads first is loaded.

        Raises Unsupported for one that it does not know, NoMemory where another time may do.
        """


class OperationsBackend:
    """What backends that write graphs down in `Operations` share, whatever library computes them.

    One is made for the processor, and has a `title`, `precisions` and `written`. What it compiled
    stays until `forget`, since to measure it takes it twice.
    """

    title: ClassVar[str]
    computes_files: ClassVar[bool] = False

    def __init__(self, device: str = "auto") -> None:
        self.asked = device
        self._compiled: dict[tuple[int, str, int], tuple[Graph, Network]] = {}

    def precisions(self) -> Sequence[str]:
        raise NotImplementedError

    def threads(self) -> Sequence[int]:
        return thread_counts(cores())

    def written(self, graph: Graph, precision: str, threads: int) -> Network:
        """The graph in the library's own form."""
        raise NotImplementedError

    def compile(self, graph: Graph, precision: str, threads: int) -> Network:
        """The graph ready to run. Raises Unsupported if it is not described in operations."""
        if graph.operations is None and not (graph.file and self.computes_files):
            raise Unsupported(
                f"{self.title} does not know how to compute a '{graph.kind}' yet; PyTorch does."
            )
        if precision not in self.precisions():
            raise Unsupported(f"{self.title} does not compute in {precision} here.")
        key = (id(graph), precision, threads)
        if key not in self._compiled:
            network = self.written(graph, precision, threads)
            network.run(graph.example)  # so that no call of a player or a measurement compiles
            self._compiled[key] = (graph, network)
        return self._compiled[key][1]

    def forget(self, but: tuple[str, int] | None) -> None:
        """Free what was compiled, but for a precision and number of threads."""
        kept = {key: value for key, value in self._compiled.items() if key[1:] == but}
        self._compiled = kept


def cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_counts(most: int) -> list[int]:
    """Numbers of threads worth trying: one, as they hinder each other on a busy machine; all; and
    what is between."""
    powers = [1 << shift for shift in range(1, most.bit_length())]
    return list(dict.fromkeys([1, most, *powers]))


def offered(
    device: str = "auto", among: Collection[str] | None = None, turns: Collection[int] = TURNS
) -> tuple[dict[str, Backend], dict[str, str]]:
    """The backends that can compute on `device`, and of the others why not, by name.

    Those of some `turns`; the others are neither asked nor mentioned.
    """
    usable: dict[str, Backend] = {}
    reasons: dict[str, str] = {}
    for name in slots.members("backends"):
        if among is not None and name not in among:
            continue
        try:
            backend = made(name, device)
            with blamed(backend, f"'{name}'"):
                if turn_of(backend) not in turns:
                    continue
                reason = backend.available()
        except (TaxiwayError, OSError) as error:  # one that is broken hurts no other
            reason = str(error)
        if reason is None:
            usable[name] = backend
        else:
            reasons[name] = reason
    return usable, reasons


def made(name: str, device: str) -> Backend:
    """The backend of that name. Raises a TaxiwayError, with file and line, if that fails."""
    kind = slots.load("backends", name)
    with blamed(kind, f"'{name}'"):
        backend: Backend = kind(device)
        return backend


def turn_of(backend: Backend) -> int:
    """When a backend is tried: 0 at every start, more where none before it works."""
    return int(getattr(backend, "turn", 0))
