"""onnxruntime as a backend: one small library for every processor, and GPUs by its providers.

Nothing here imports it before something is compiled or asked for. Tried is the processor's and, on
Mesa's software device, WebGPU's provider; CUDA's, CoreML's and DirectML's are used as documented.
"""

import importlib.util
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from taxiway.backends import Graph, Unsupported, difference, milliseconds, one_line

if TYPE_CHECKING:
    from taxiway.backends.onnxruntime.network import OnnxNetwork

MISSING = "onnxruntime is missing: pip install 'taxiway[onnx]'."


class OnnxRuntimeBackend:
    """onnxruntime on one device; what it compiled stays, since to measure it takes it twice.

    On `auto` a GPU is taken where it is faster than the processor and gives the same pictures;
    `left_out` says of each that is not taken why.
    """

    def __init__(self, device: str = "auto") -> None:
        self.asked = device
        self.device = "cpu" if device == "auto" else device
        self.left_out: dict[str, str] = {}
        self._compiled: dict[tuple[int, int], tuple[Graph, OnnxNetwork]] = {}

    def available(self) -> str | None:
        if importlib.util.find_spec("onnxruntime") is None:
            return MISSING
        if self.asked in ("auto", "cpu"):
            return None
        from taxiway.backends.onnxruntime.providers import providers

        if not providers(self.asked):
            return f"onnxruntime has no provider for '{self.asked}' here."
        return None

    def precisions(self) -> Sequence[str]:
        return ["float32"]

    def threads(self) -> Sequence[int]:
        """One, as they hinder each other on a busy machine; all; between."""
        most = os.cpu_count() or 1
        powers = [1 << shift for shift in range(1, most.bit_length())]
        return list(dict.fromkeys([1, most, *powers]))

    def compile(self, graph: Graph, precision: str, threads: int) -> "OnnxNetwork":
        """The graph in onnxruntime. Raises Unsupported if it is not described in operations."""
        if graph.operations is None:
            raise Unsupported(
                f"onnxruntime does not know how to compute a '{graph.kind}' yet; PyTorch does."
            )
        if precision not in self.precisions():
            raise Unsupported(f"onnxruntime does not compute in {precision} here.")
        key = (id(graph), threads)
        if key not in self._compiled:
            self._compiled[key] = (graph, self._quickest(graph, threads))
        return self._compiled[key][1]

    def _quickest(self, graph: Graph, threads: int) -> "OnnxNetwork":
        """The graph where it is fastest, compiled; without a trial, as a mapping, the processor."""
        from taxiway.backends.onnxruntime.network import OnnxNetwork
        from taxiway.backends.onnxruntime.providers import CPU, providers

        *gpus, last = providers(self.asked)
        best = OnnxNetwork(graph, CPU if graph.trial is None else last, threads)
        best.run(graph.example)  # so that no call of a player or a measurement compiles
        if graph.trial is None:
            return best
        for gpu in gpus:
            network = OnnxNetwork(graph, gpu, 1)
            try:
                problem = difference(network.run(graph.trial), best.run(graph.trial))
                took = milliseconds(network, graph.example, 0)
            except Exception as error:  # whatever a driver raises; the others can do without it
                self.left_out[gpu.device] = f"{gpu.device} failed: {one_line(error)}"
                continue
            slower = took > milliseconds(best, graph.example, 0)
            if problem or slower:
                self.left_out[gpu.device] = problem or f"{gpu.device} is slower here."
            else:
                self.device, best = gpu.device, network
        return best


SLOT = OnnxRuntimeBackend
