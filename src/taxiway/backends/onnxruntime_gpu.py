"""onnxruntime on a GPU, by the provider that is installed and finds one.

WebGPU's works with GPUs of any maker; CUDA's, CoreML's and DirectML's come with onnxruntime's own
builds and are used as documented, untried.
"""

import sys
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING

from taxiway.backends import Graph
from taxiway.backends.onnxruntime import OnnxRuntimeBackend
from taxiway.core.extras import install_line

if TYPE_CHECKING:
    from taxiway.backends.onnxruntime.providers import Provider

BUILDS = ("onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-ep-webgpu")
"""What brings one, as pip calls it; on macOS the plain build does too."""


class OnnxGpuBackend(OnnxRuntimeBackend):
    """The first provider that finds a GPU, likely the fastest; mappings stay on the processor.

    They are so small that to hand them over takes longer.
    """

    distributions = ("onnxruntime", *BUILDS)

    @property
    def device(self) -> str:  # type: ignore[override]
        """cuda, mps, directml or webgpu."""
        found = self._gpus()
        return found[0].device if found else "gpu"

    def available(self) -> str | None:
        if self.asked == "cpu":
            return "onnxruntime_gpu computes on a GPU, 'cpu' was asked for."
        if sys.platform != "darwin" and not any(map(is_installed, BUILDS)):
            # known without loading the library, which most starts do not need
            return f"onnxruntime has no provider for a GPU: {install_line('webgpu')}."
        if self._gpus():
            return None
        if self.asked == "auto" and (wrong := plug_in_problem()):
            return wrong
        wanted = "a GPU" if self.asked == "auto" else f"'{self.asked}'"
        return f"onnxruntime's providers find no {wanted.removeprefix('a ')} here."

    def threads(self) -> Sequence[int]:
        return [1]

    def provider(self, graph: Graph) -> "Provider":
        return super().provider(graph) if graph.kind == "mapping" else self._gpus()[0]

    def _gpus(self) -> "list[Provider]":
        try:
            from taxiway.backends.onnxruntime.providers import gpus
        except ImportError:  # the plug-in alone
            return []
        return gpus(self.asked)


def plug_in_problem() -> str:
    """What is wrong with WebGPU's plug-in, where it is installed, in a sentence."""
    try:
        from taxiway.backends.onnxruntime.providers import webgpu
    except ImportError:  # the plug-in alone
        return ""
    return webgpu()[1]


def is_installed(distribution: str) -> bool:
    try:
        return bool(metadata.version(distribution))
    except metadata.PackageNotFoundError:
        return False


SLOT = OnnxGpuBackend
