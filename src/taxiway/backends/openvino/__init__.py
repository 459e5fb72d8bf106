"""OpenVINO as a backend: Intel's inference library, which is quick on any processor of a PC.

Nothing here imports it, or PyTorch, before something is compiled or asked for.
"""

from collections.abc import Sequence

from taxiway.backends import Graph, Network, OperationsBackend
from taxiway.core.extras import install_line, is_here


class OpenVinoBackend(OperationsBackend):
    """OpenVINO on the processor."""

    title = "OpenVINO"
    device = "cpu"
    computes_files = True
    distributions = ("openvino",)

    def available(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"OpenVINO computes on the CPU only here, '{self.asked}' was asked for."
        return None if is_here("openvino") else f"OpenVINO is missing: {install_line('openvino')}."

    def precisions(self) -> Sequence[str]:
        from taxiway.backends.openvino.network import core

        able = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return ["bfloat16", "float32"] if able else ["float32"]

    def written(self, graph: Graph, precision: str, threads: int) -> Network:
        if graph.file is not None:
            from taxiway.backends.openvino.file import FileNetwork

            return FileNetwork(graph.file, precision, threads)
        from taxiway.backends.openvino.network import OpenVinoNetwork

        return OpenVinoNetwork(graph, precision, threads)


SLOT = OpenVinoBackend
