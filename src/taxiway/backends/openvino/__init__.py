"""OpenVINO as a backend: Intel's inference library, which is quick on any processor of a PC.

Nothing here imports it, or PyTorch, before something is compiled or asked for.
"""

import importlib.util
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from taxiway.backends import Graph, Unsupported

if TYPE_CHECKING:
    from taxiway.backends.openvino.network import OpenVinoNetwork


class OpenVinoBackend:
    """OpenVINO on the processor; what it compiled stays, since to measure it takes it twice."""

    device = "cpu"
    distributions = ("openvino",)

    def __init__(self, device: str = "auto") -> None:
        self.asked = device
        self._compiled: dict[tuple[int, str, int], tuple[Graph, OpenVinoNetwork]] = {}

    def available(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"OpenVINO computes on the CPU only here, '{self.asked}' was asked for."
        if importlib.util.find_spec("openvino") is None:
            return "OpenVINO is missing: pip install 'taxiway[openvino]'."
        return None

    def precisions(self) -> Sequence[str]:
        from taxiway.backends.openvino.network import core

        able = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return ["bfloat16", "float32"] if able else ["float32"]

    def threads(self) -> Sequence[int]:
        """One, as they hinder each other on a busy machine; all; between."""
        most = os.cpu_count() or 1
        powers = [1 << shift for shift in range(1, most.bit_length())]
        return list(dict.fromkeys([1, most, *powers]))

    def compile(self, graph: Graph, precision: str, threads: int) -> "OpenVinoNetwork":
        """The graph in OpenVINO. Raises Unsupported if it is not described in operations."""
        from taxiway.backends.openvino.network import OpenVinoNetwork

        if graph.operations is None:
            raise Unsupported(
                f"OpenVINO does not know how to compute a '{graph.kind}' yet; PyTorch does."
            )
        if precision not in self.precisions():
            raise Unsupported(f"OpenVINO does not compute in {precision} here.")
        key = (id(graph), precision, threads)
        if key not in self._compiled:
            network = OpenVinoNetwork(graph, precision, threads)
            network.run(graph.example)  # so that no call of a player or a measurement compiles
            self._compiled[key] = (graph, network)
        return self._compiled[key][1]


SLOT = OpenVinoBackend
