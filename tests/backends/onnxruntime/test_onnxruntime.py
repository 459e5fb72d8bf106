"""Where onnxruntime computes: on a GPU only if it is faster and exact, else on the processor."""

from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from taxiway.backends import Graph, Unsupported
from taxiway.backends.onnxruntime import MISSING, OnnxRuntimeBackend, providers
from taxiway.backends.onnxruntime.providers import CPU, Provider


def halved(ops: Any, by: float = 0.5) -> Any:
    return {"image": ops.levels(ops.mul(ops.input("x", (1, 2, 2)), ops.const(by)))}


X = np.linspace(-1, 1, 4, dtype=np.float32).reshape(1, 1, 2, 2)
HALF = Graph("half", {}, {}, {"x": X}, operations=halved, trial={"x": X})


class Gpu(Provider):
    """A GPU that is the processor, and sooner; or one that fails."""

    def session(self, model: bytes, options: Any) -> Any:
        if not self.plugged_in:
            raise RuntimeError("VK_ERROR_DEVICE_LOST")
        return self.plugged_in[0](CPU.session(model, options))


class Exact:
    def __init__(self, session: Any, off: int = 0) -> None:
        self.session, self.off = session, off

    def run(self, *given: Any) -> Any:
        return [array + np.uint8(self.off) for array in self.session.run(*given)]


def takes(monkeypatch: pytest.MonkeyPatch, *devices: Provider, ms: float = 1.0) -> Any:
    monkeypatch.setattr(providers, "providers", lambda device: [*devices, CPU])
    monkeypatch.setattr("taxiway.backends.onnxruntime.milliseconds",
                        lambda network, *_: 5.0 if network.provider is CPU else ms)  # fmt: skip
    backend = OnnxRuntimeBackend()
    network = backend.compile(HALF, "float32", 1)
    np.testing.assert_array_equal(network.run({"x": X})["image"][0, 0, 0], [64])
    return backend


def test_a_fast_and_exact_gpu_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = takes(monkeypatch, Gpu("webgpu", plugged_in=[Exact]))
    assert (backend.device, backend.left_out) == ("webgpu", {})
    mapping = backend.compile(replace(HALF, trial=None), "float32", 1)
    assert mapping.provider is CPU  # too small for a GPU


def test_a_slow_one_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = takes(monkeypatch, Gpu("webgpu", plugged_in=[Exact]), ms=6.0)
    assert (backend.device, backend.left_out) == ("cpu", {"webgpu": "webgpu is slower here."})


def test_one_that_is_not_exact_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = takes(monkeypatch, Gpu("mps", plugged_in=[lambda session: Exact(session, 3)]))
    assert backend.device == "cpu"
    assert "3.0 levels off" in backend.left_out["mps"]


def test_one_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = takes(monkeypatch, Gpu("cuda"), Gpu("webgpu", plugged_in=[Exact]))
    assert backend.device == "webgpu"
    assert backend.left_out == {"cuda": "cuda failed: VK_ERROR_DEVICE_LOST."}


def test_what_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OnnxRuntimeBackend("cpu").available() is None
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    reason = "onnxruntime has no provider for 'cuda' here."
    assert OnnxRuntimeBackend("cuda").available() == reason
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert OnnxRuntimeBackend().available() == MISSING


def test_what_a_build_has_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ["CoreMLExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    monkeypatch.setattr(providers, "webgpu", list)
    assert [each.device for each in providers.providers()] == ["cuda", "mps", "cpu"]
    assert [each.device for each in providers.providers("mps")] == ["mps"]
    [(first, _), (last, _)] = providers.providers("cuda")[0].built_in
    assert (first, last) == ("CUDAExecutionProvider", "CPUExecutionProvider")


def test_what_it_cannot_do_is_unsupported() -> None:
    backend = OnnxRuntimeBackend("cpu")
    with pytest.raises(Unsupported, match="does not know how to compute a 'half' yet"):
        backend.compile(replace(HALF, operations=None), "float32", 1)
    with pytest.raises(Unsupported, match="does not compute in bfloat16 here"):
        backend.compile(HALF, "bfloat16", 1)
