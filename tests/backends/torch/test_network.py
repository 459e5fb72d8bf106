"""What a GPU cannot do is a sentence, whether another time is worth trying or not."""

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from taxiway.backends import NoMemory  # noqa: E402
from taxiway.backends.torch.network import TorchNetwork  # noqa: E402
from taxiway.core.errors import Spent  # noqa: E402

LOST = """CUDA error: unspecified launch failure
CUDA kernel errors might be asynchronously reported at some other API call.
Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions."""


def raises(error: Exception) -> Any:
    def call() -> Any:
        raise error

    return TorchNetwork(call, "cuda")


def test_too_little_memory_is_a_sentence() -> None:
    with pytest.raises(NoMemory, match="too little memory left for this; stop"):
        raises(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")).run({})


def test_a_gpu_that_is_gone_is_told_from_one_that_failed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    with pytest.raises(torch.AcceleratorError):
        raises(torch.AcceleratorError(LOST)).run({})

    def lost(device: Any) -> None:
        raise torch.AcceleratorError(LOST)

    monkeypatch.setattr(torch.cuda, "synchronize", lost)
    with pytest.raises(Spent, match="starts anew: CUDA error: unspecified launch failure\\.$"):
        raises(torch.AcceleratorError(LOST)).run({})
