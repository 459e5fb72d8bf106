"""onnxruntime as a backend: one small library, quick on every processor that it is built for.

Nothing here imports it before something is compiled. `onnxruntime_gpu` is the same elsewhere.
"""

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from taxiway.backends import Graph, OperationsBackend

if TYPE_CHECKING:
    from taxiway.backends.onnxruntime.network import OnnxNetwork
    from taxiway.backends.onnxruntime.providers import Provider

MISSING = "onnxruntime is missing: pip install 'taxiway[onnx]'."


class OnnxRuntimeBackend(OperationsBackend):
    """onnxruntime on the processor."""

    title = "onnxruntime"
    device = "cpu"
    distributions: tuple[str, ...] = ("onnxruntime",)

    def available(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"onnxruntime computes on the CPU here, '{self.asked}' was asked for."
        return MISSING if importlib.util.find_spec("onnxruntime") is None else None

    def precisions(self) -> Sequence[str]:
        return ["float32"]

    def provider(self, graph: Graph) -> "Provider":
        """Where the graph is to run."""
        from taxiway.backends.onnxruntime.providers import CPU

        return CPU

    def written(self, graph: Graph, precision: str, threads: int) -> "OnnxNetwork":
        from taxiway.backends.onnxruntime.network import OnnxNetwork

        return OnnxNetwork(graph, self.provider(graph), threads)


SLOT = OnnxRuntimeBackend
