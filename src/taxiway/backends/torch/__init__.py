"""PyTorch as a backend: any device that it knows, and lower precision where that is sooner.

Nothing here imports torch before something is compiled.
"""

import gc
import platform
import sys
from collections.abc import Callable, Sequence
from ctypes.util import find_library
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from taxiway.backends import Graph, Unsupported, thread_counts
from taxiway.core.errors import InvalidArgument
from taxiway.core.extras import install_line, is_here

if TYPE_CHECKING:
    import torch

    from taxiway.backends.torch.network import TorchNetwork

ACCELERATORS = ("nvidia[0-9]*", "kfd", "dxg")
"""Where Linux shows those that PyTorch computes on: NVIDIA's, AMD's, and Windows' own under it."""

CALLS_AHEAD = 2
"""On an accelerator the first call loads its programs, which takes longer than a picture on any
processor, and the second is recorded; no measurement and no player is to wait for that."""


class TorchBackend:
    """PyTorch on one device; what it compiled stays until `forget`, for all threads."""

    distributions = ("torch",)

    def __init__(self, device: str = "auto") -> None:
        self.option = device
        self._compiled: dict[tuple[int, str], tuple[Graph, TorchNetwork]] = {}

    @property
    def turn(self) -> int:
        """1 on a processor, where others are at least as quick and take far less to load."""
        return 0 if self.option not in ("auto", "cpu") or may_accelerate() else 1

    @property
    def device(self) -> str:
        """Where it computes: cpu, cuda or mps."""
        from taxiway.backends.torch.device import pick_device

        return pick_device(self.option).type

    def available(self) -> str | None:
        if not is_here("torch"):
            return f"PyTorch is missing: {install_line('torch')}."
        try:
            self.device  # noqa: B018
        except InvalidArgument as error:
            return str(error)
        return None

    def precisions(self) -> Sequence[str]:
        from taxiway.backends.torch.device import processor

        if self.device != "cpu":
            return ["float16", "float32"]
        return ["bfloat16", "float32"] if processor().bfloat16 else ["float32"]

    def threads(self) -> Sequence[int]:
        """One, as they hinder each other on a busy machine; all; between. One on accelerators."""
        import torch

        most = torch.get_num_threads()
        if self.device != "cpu":
            return [most]
        return thread_counts(most)

    def compile(self, graph: Graph, precision: str, threads: int) -> "TorchNetwork":
        """The graph in PyTorch. Sets the threads of the whole process, keeps freed memory, and
        has a GPU keep the digits of float32."""
        import torch

        from taxiway.backends.torch.device import keep_digits, keep_freed_memory, pick_device
        from taxiway.backends.torch.network import failing

        if graph.torch is None:
            raise Unsupported(f"PyTorch does not know how to compute a '{graph.kind}'.")
        keep_freed_memory()
        keep_digits()
        torch.set_num_threads(threads)
        key = (id(graph), precision)
        if key not in self._compiled:
            device = pick_device(self.option)
            with failing(device):
                network = network_of(graph.torch(getattr(torch, precision), device), device)
            for _ in range(CALLS_AHEAD if device.type != "cpu" else 0):
                network.run(graph.example)
            self._compiled[key] = (graph, network)
        return self._compiled[key][1]

    def forget(self, but: tuple[str, int] | None) -> None:
        """Free what was compiled, but for a precision; threads share it."""
        kept = {key: value for key, value in self._compiled.items() if but and key[1] == but[0]}
        if len(kept) == len(self._compiled):
            return
        self._compiled = kept
        gc.collect()  # layers and what they convolve with know each other
        if self.device == "cuda":
            from taxiway.backends.torch.recorded import give_back

            give_back()


def network_of(
    call: "Callable[..., dict[str, torch.Tensor]]", device: "torch.device"
) -> "TorchNetwork":
    """A call of tensors as a network; on an NVIDIA or AMD GPU one that is recorded."""
    from taxiway.backends.torch.network import TorchNetwork
    from taxiway.backends.torch.recorded import GpuQueues, RecordedNetwork

    return (
        RecordedNetwork(call, device, GpuQueues(device))
        if device.type == "cuda"
        else TorchNetwork(call, device)
    )


def may_accelerate() -> bool:
    """Whether PyTorch may find an accelerator here; it would take seconds to ask itself."""
    if not is_here("torch") or is_for_processors():
        return False
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "win32":
        return shows_nvidia()
    return any(path for name in ACCELERATORS for path in Path("/dev").glob(name))


def shows_nvidia() -> bool:
    """Whether the driver of NVIDIA's GPUs is here, with a GPU where that can be seen."""
    if sys.platform == "win32":
        return find_library("nvcuda") is not None
    return any(Path("/dev").glob(ACCELERATORS[0]))


def is_for_processors() -> bool:
    """Whether the installed build says of itself that it knows no accelerator."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


SLOT = TorchBackend
