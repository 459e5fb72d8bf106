"""onnxruntime as a backend: one small library, quick on every processor that it is built for.

Nothing here imports it before something is compiled. `onnxruntime_gpu` is the same elsewhere.
"""

import importlib.util
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from taxiway.backends import Graph, Unsupported

if TYPE_CHECKING:
    from taxiway.backends.onnxruntime.network import OnnxNetwork
    from taxiway.backends.onnxruntime.providers import Provider

MISSING = "onnxruntime is missing: pip install 'taxiway[onnx]'."


class OnnxRuntimeBackend:
    """onnxruntime on the processor; what it compiled stays, since to measure it takes it twice."""

    device = "cpu"
    distributions: tuple[str, ...] = ("onnxruntime",)

    def __init__(self, device: str = "auto") -> None:
        self.asked = device
        self._compiled: dict[tuple[int, int], tuple[Graph, OnnxNetwork]] = {}

    def available(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"onnxruntime computes on the CPU here, '{self.asked}' was asked for."
        return MISSING if importlib.util.find_spec("onnxruntime") is None else None

    def precisions(self) -> Sequence[str]:
        return ["float32"]

    def threads(self) -> Sequence[int]:
        """One, as they hinder each other on a busy machine; all; between."""
        most = os.cpu_count() or 1
        powers = [1 << shift for shift in range(1, most.bit_length())]
        return list(dict.fromkeys([1, most, *powers]))

    def provider(self, graph: Graph) -> "Provider":
        """Where the graph is to run."""
        from taxiway.backends.onnxruntime.providers import CPU

        return CPU

    def compile(self, graph: Graph, precision: str, threads: int) -> "OnnxNetwork":
        """The graph in onnxruntime. Raises Unsupported if it is not described in operations."""
        from taxiway.backends.onnxruntime.network import OnnxNetwork

        if graph.operations is None:
            raise Unsupported(
                f"onnxruntime does not know how to compute a '{graph.kind}' yet; PyTorch does."
            )
        if precision not in self.precisions():
            raise Unsupported(f"onnxruntime does not compute in {precision} here.")
        key = (id(graph), threads)
        if key not in self._compiled:
            network = OnnxNetwork(graph, self.provider(graph), threads)
            network.run(graph.example)  # so that no call of a player or a measurement compiles
            self._compiled[key] = (graph, network)
        return self._compiled[key][1]


SLOT = OnnxRuntimeBackend
