"""A slot: one file is one way to compute a network, such as PyTorch.

A family describes its networks as graphs, without saying what computes them; `choose` runs them
for about a second on every backend that is there and takes what is fastest on this machine.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from taxiway.core import slots
from taxiway.core.errors import InvalidArgument, MissingDependency, TaxiwayError

Arrays = dict[str, npt.NDArray[Any]]
Inputs = Mapping[str, Any]
"""A network's inputs by name: arrays, and words such as a noise mode."""

PRECISIONS = ("float32", "bfloat16", "float16")
WORTH = 1.15
"""How much faster a lower precision must be to be taken: it costs a level here and there."""

EXACT = "torch"
"""The backend whose float32 decides what is exact, where it is there: the tests hold it closest."""
MEAN, MOST = 0.5, 8
"""How many levels of 255 pictures may be off, on average and in all but NEARLY_ALL percent.

In bfloat16 a few pixels in ten thousand on sharp edges are further off, whoever computes.
"""
NEARLY_ALL = 99.9


class Unsupported(TaxiwayError):
    """A backend does not know this graph, or not in this precision; another one may."""


@dataclass(frozen=True)
class Graph:
    """One network, described once for every backend by plain values.

    `kind` names what is computed ("mapping", "stylegan2", "stylegan3"), `config` is the
    checkpoint's own description, `tensors` its weights by name; `example` are one call's inputs,
    to measure with. `torch(dtype, device)` builds it in PyTorch: called with tensors under the
    inputs' names it gives tensors under the outputs'. `operations(ops, **words)` writes it down in
    a backend's own operations, and gives the outputs' nodes by name; words are those inputs that
    are no arrays. `trial` are inputs by which a quick setting is checked against an exact one.
    """

    kind: str
    config: Mapping[str, Any]
    tensors: Mapping[str, npt.NDArray[Any]]
    example: Inputs
    torch: Callable[[Any, Any], Callable[..., dict[str, Any]]] | None = None
    operations: "Callable[..., dict[str, Node]] | None" = None
    trial: Inputs | None = None


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

    def conv(self, x: Node, weight: Node, padding: int, stride: int = 1) -> Node:
        """x [N, in, h, w] and weight [out, in, k, k] to [N, out, H, W]."""

    def up_conv(self, x: Node, weight: Node) -> Node:
        """Transposed, stride 2: x [N, in, h, w], weight [in, out, k, k] to [N, out, 2h+k-2, ..]."""

    def fir(self, x: Node, taps: npt.NDArray[Any], padding: int) -> Node:
        """Every channel of x [N, C, h, w] filtered along both axes with symmetric taps [k]."""

    def upsample(self, x: Node, taps: npt.NDArray[Any], padding: int) -> Node:
        """A zero after each sample of x [N, C, h, w], then `fir`, `padding` fewer at each end."""

    def levels(self, x: Node) -> Node:
        """x [N, C, H, W] of about -1..1 to uint8 [N, H, W, C]: 127.5 x + 128, cut, not rounded."""


class Network(Protocol):
    """A graph that was compiled."""

    def run(self, inputs: Inputs) -> Arrays:
        """The outputs by name of one call; arrays come and go in the computer's own memory."""


class Backend(Protocol):
    """A member of the slot, made for a device: auto, cpu, cuda or mps. Nothing is loaded by that.

    `device` is where it computes once that is known.
    """

    device: str

    def available(self) -> str | None:
        """None if it can compute on this machine, else a sentence: what is missing, what to do."""

    def precisions(self) -> Sequence[str]:
        """The precisions worth trying here, the likely winner first, float32 always among them."""

    def threads(self) -> Sequence[int]:
        """The numbers of threads worth trying here, at least one."""

    def compile(self, graph: Graph, precision: str, threads: int) -> Network:
        """The graph ready to run. Raises Unsupported for one that it does not know."""


class Setting(NamedTuple):
    """One way to run a network."""

    backend: str
    precision: str
    threads: int


@dataclass(frozen=True)
class Choice:
    """How networks run here, and what was measured to decide it: milliseconds of one call.

    `left_out` says of backends, or of one in some precision, why they were not taken.
    """

    setting: Setting
    device: str
    milliseconds: dict[Setting, float]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """The choice as a model's facts have it."""
        taken = round(self.milliseconds[self.setting], 1)
        facts = {"device": self.device, **self.setting._asdict(), "ms_per_image": taken}
        return facts | ({"left_out": self.left_out} if self.left_out else {})


def choose(
    graphs: Sequence[Graph],
    device: str = "auto",
    precision: str = "auto",
    seconds: float = 1.0,
    among: Collection[str] | None = None,
) -> tuple[list[Network], Choice]:
    """The graphs compiled as the first of them is fastest on this machine; the others in float32.

    Trying a backend stops after about `seconds`, likely candidates first; at least one call is made
    of each (or of those `among` which to choose). What fails, or is not exact, is left out. Raises
    InvalidArgument for a precision or device that is not there, MissingDependency if nothing can
    compute at all, and Unsupported if nothing can compute these.
    """
    if precision not in ("auto", *PRECISIONS):
        known = ", ".join(PRECISIONS)
        raise InvalidArgument(f"'precision' takes auto, {known}, got {precision}.", "precision")
    usable = members(device, among)
    measured: dict[Setting, float] = {}
    left_out: dict[str, str] = {}
    for name, backend in usable.items():
        try:
            measured |= measure(name, backend, graphs[0], precision, seconds)
        except Unsupported as error:
            left_out[name] = str(error)
        except TaxiwayError:  # about the model
            raise
        except Exception as error:  # whatever a library raises; the others can do without it
            left_out[name] = f"{name} failed: {one_line(error)}"
    if not measured:
        raise Unsupported(" ".join(left_out.values()))
    if precision in ("auto", "float32"):
        best = checked(graphs[0], usable, measured, left_out)
    else:
        best = fastest(measured)  # asked for, however exact it is
    backend = usable[best.backend]
    first = backend.compile(graphs[0], best.precision, best.threads)
    rest = [backend.compile(graph, "float32", best.threads) for graph in graphs[1:]]
    return [first, *rest], Choice(best, backend.device, measured, left_out)


def checked(
    graph: Graph,
    usable: Mapping[str, Backend],
    measured: dict[Setting, float],
    left_out: dict[str, str],
) -> Setting:
    """The fastest setting that is exact; those that are not come into `left_out`.

    Exact is what the first of them in float32 says: that of EXACT, or the fastest backend's own.
    """
    able = {setting.backend for setting in measured}
    candidates = dict(measured)
    best = fastest(candidates)
    exact = Setting(EXACT if EXACT in able else best.backend, "float32", best.threads)
    wanted: Arrays | None = None
    while graph.trial is not None and best[:2] != exact[:2]:
        wanted = wanted or compiled(usable, graph, exact).run(graph.trial)
        problem = difference(compiled(usable, graph, best).run(graph.trial), wanted)
        if problem is None:
            return best
        left_out[f"{best.backend} {best.precision}"] = problem
        candidates = {key: value for key, value in candidates.items() if key[:2] != best[:2]}
        if not candidates:
            network = compiled(usable, graph, exact)
            measured[exact] = candidates[exact] = milliseconds(network, graph.example, 0)
        best = fastest(candidates)
    return best


def compiled(usable: Mapping[str, Backend], graph: Graph, setting: Setting) -> Network:
    """A graph in a setting."""
    return usable[setting.backend].compile(graph, setting.precision, setting.threads)


def difference(got: Arrays, wanted: Arrays) -> str | None:
    """How far pictures are off, in a sentence; None if that is little enough."""
    for name, array in wanted.items():
        off = np.abs(got[name].astype(np.float32) - array)
        most = np.percentile(off, NEARLY_ALL)
        if not (off.mean() <= MEAN and most <= MOST):
            return f"Not exact: pictures are {off.mean():.1f} levels off, up to {most:.0f}."
    return None


def one_line(error: Exception) -> str:
    """An error of a library in one sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{lines[-1].strip().rstrip('.')}."


def members(device: str = "auto", among: Collection[str] | None = None) -> dict[str, Backend]:
    """Every backend that can compute on `device`, by name, or those of them that are `among` some.

    Raises InvalidArgument or MissingDependency with their reasons if none can.
    """
    usable, reasons = offered(device, among)
    if not usable:
        said = " ".join(reasons.values())
        raise MissingDependency(said) if device == "auto" else InvalidArgument(said, "device")
    return usable


def offered(
    device: str = "auto", among: Collection[str] | None = None
) -> tuple[dict[str, Backend], dict[str, str]]:
    """The backends that can compute on `device`, and of the others why not, by name."""
    usable: dict[str, Backend] = {}
    reasons: dict[str, str] = {}
    for name in slots.members("backends"):
        if among is not None and name not in among:
            continue
        try:
            backend: Backend = slots.load("backends", name)(device)
            reason = backend.available()
        except TaxiwayError as error:  # one that is broken hurts no other
            reason = str(error)
        if reason is None:
            usable[name] = backend
        else:
            reasons[name] = reason
    return usable, reasons


def measure(
    name: str, backend: Backend, graph: Graph, precision: str, seconds: float
) -> dict[Setting, float]:
    """The milliseconds of a call in the settings of one backend, for about `seconds` in all.

    First every number of threads in the likely precision, then the others with the best of these.
    """
    likely, *others = backend.precisions() if precision == "auto" else [precision]
    deadline = time.monotonic() + seconds
    measured: dict[Setting, float] = {}

    def settings() -> Iterator[Setting]:
        for threads in backend.threads():
            yield Setting(name, likely, threads)
        for other in others:
            yield Setting(name, other, fastest(measured).threads)

    for setting in settings():
        if not measured or time.monotonic() < deadline:
            network = backend.compile(graph, setting.precision, setting.threads)
            measured[setting] = milliseconds(network, graph.example, seconds / 8)
    return measured


def fastest(measured: Mapping[Setting, float]) -> Setting:
    """The fastest setting, where a lower precision has to be worth it."""
    penalty = {"float32": 1.0}
    return min(measured, key=lambda key: measured[key] * penalty.get(key.precision, WORTH))


def milliseconds(network: Network, example: Inputs, seconds: float) -> float:
    """The least time that one call took over about `seconds`, at least once."""
    deadline, least = time.perf_counter() + seconds, float("inf")
    while least == float("inf") or time.perf_counter() < deadline:
        start = time.perf_counter()
        network.run(example)
        least = min(least, time.perf_counter() - start)
    return least * 1000
