"""onnxruntime as a backend: one small library, quick on every processor that it is built for.

Nothing here imports it before something is compiled. `onnxruntime_gpu` is the same elsewhere.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from taxiway.backends import Graph, Network, OperationsBackend
from taxiway.core.extras import install_line, is_here

if TYPE_CHECKING:
    from taxiway.backends.onnxruntime.providers import Provider


class OnnxRuntimeBackend(OperationsBackend):
    """onnxruntime on the processor."""

    title = "onnxruntime"
    device = "cpu"
    computes_files = True
    distributions: tuple[str, ...] = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")

    def available(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"onnxruntime computes on the CPU here, '{self.asked}' was asked for."
        here = is_here("onnxruntime")
        return None if here else f"onnxruntime is missing: {install_line('onnx')}."

    def precisions(self) -> Sequence[str]:
        return ["float32"]

    def provider(self, graph: Graph) -> "Provider":
        """Where the graph is to run."""
        from taxiway.backends.onnxruntime.providers import CPU

        return CPU

    def written(self, graph: Graph, precision: str, threads: int) -> Network:
        if graph.file is not None:
            from taxiway.backends.onnxruntime.file import FileNetwork

            return FileNetwork(graph.file, self.provider(graph), threads)
        from taxiway.backends.onnxruntime.network import OnnxNetwork

        return OnnxNetwork(graph, self.provider(graph), threads)


SLOT = OnnxRuntimeBackend
