"""Which GPU onnxruntime takes, and what it says where there is none; no GPU is needed for that."""

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from taxiway.backends import Graph, Unsupported, onnxruntime_gpu
from taxiway.backends.onnxruntime import providers
from taxiway.backends.onnxruntime.providers import CPU, PROVIDERS, Provider
from taxiway.backends.onnxruntime_gpu import OnnxGpuBackend

ALL = ["CoreMLExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes onnxruntime a build with these providers."""

    def has(*names: str, plugin: str | None = None) -> None:
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [*names])
        monkeypatch.setattr(providers, "PLUGIN", plugin or "no_such_plugin")
        monkeypatch.setattr(onnxruntime_gpu, "is_installed", lambda name: True)
        providers.webgpu.cache_clear()

    yield has
    providers.webgpu.cache_clear()


def test_what_a_build_has_is_offered(build: Any) -> None:
    build(*ALL)
    assert OnnxGpuBackend().device == "cuda"
    assert OnnxGpuBackend("mps").device == "mps"
    assert OnnxGpuBackend("mps").available() is None
    [gpu] = providers.gpus("cuda")
    assert [name for name, _ in gpu.built_in] == ALL[1:]  # the processor does what it cannot
    assert OnnxGpuBackend().threads() == [1]


def test_where_there_is_none_it_says_so(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    build("CPUExecutionProvider")
    assert OnnxGpuBackend().available() == "onnxruntime's providers find no GPU here."
    assert OnnxGpuBackend("mps").available() == "onnxruntime's providers find no 'mps' here."
    assert "'cpu' was asked for" in (OnnxGpuBackend("cpu").available() or "")
    monkeypatch.setattr(onnxruntime_gpu, "is_installed", lambda name: False)
    monkeypatch.setattr(sys, "platform", "linux")
    missing = OnnxGpuBackend().available() or ""
    assert missing.startswith("onnxruntime has no provider for a GPU: ")
    assert missing.endswith("taxiway install webgpu.")


def test_a_plug_in_that_does_not_fit_is_none(build: Any) -> None:
    build("CPUExecutionProvider", plugin="json")  # a module without a library
    missing = OnnxGpuBackend().available() or ""
    assert missing.startswith("onnxruntime does not take json: ")
    assert OnnxGpuBackend("mps").available() == "onnxruntime's providers find no 'mps' here."


def test_a_plug_in_is_there_for_all_who_ask(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As onnxruntime has it: a second time it refuses the same plug-in."""
    registered = set[str]()

    def register(name: str, path: str) -> None:
        if name in registered:
            raise RuntimeError(f"EP library is already registered under {name}")
        registered.add(name)

    plugin = ModuleType("a_plugin")
    vars(plugin).update(get_library_path=lambda: "", get_ep_name=lambda: "WebGpu")
    monkeypatch.setitem(sys.modules, "a_plugin", plugin)
    plugin.__spec__ = ModuleSpec("a_plugin", None)
    build("CPUExecutionProvider", plugin="a_plugin")
    monkeypatch.setattr(onnxruntime, "register_execution_provider_library", register)
    devices = [SimpleNamespace(ep_name="WebGpu")]
    monkeypatch.setattr(onnxruntime, "get_ep_devices", lambda: devices)
    assert [gpu.device for gpu in providers.gpus()] == ["webgpu"]  # as `doctor --report` asks
    assert OnnxGpuBackend().available() is None
    chosen = OnnxGpuBackend("auto").device
    again = OnnxGpuBackend(chosen).provider(Graph("stylegan2", {}, {}, {}))  # for a preview
    assert chosen == again.device == "webgpu"


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_does_not_start_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime would compute on the processor, and it would be called a GPU."""
    gpu = Provider("cuda", [PROVIDERS["cuda"], PROVIDERS["cpu"]])
    monkeypatch.setattr(providers, "gpus", lambda device: [gpu])
    x = np.ones((1, 2), np.float32)
    graph = Graph("stylegan2", {}, {}, {"x": x}, operations=lambda ops: {"y": ops.input("x", (2,))})
    with pytest.raises(Unsupported, match=r"^onnxruntime's CUDA\w+ does not start here\.$"):
        OnnxGpuBackend().compile(graph, "float32", 1)


def test_a_mapping_stays_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Provider("cuda", [PROVIDERS["cpu"]])  # as if it were one
    monkeypatch.setattr(providers, "gpus", lambda device: [gpu])
    x = np.ones((1, 2), np.float32)

    def doubled(ops: Any) -> Any:
        return {"y": ops.add(ops.input("x", (2,)), ops.input("x", (2,)))}

    backend = OnnxGpuBackend()
    picture = backend.compile(
        Graph("stylegan2", {}, {}, {"x": x}, operations=doubled), "float32", 1
    )
    mapping = backend.compile(Graph("mapping", {}, {}, {"x": x}, operations=doubled), "float32", 1)
    assert (picture.provider.device, mapping.provider) == ("cuda", CPU)
    np.testing.assert_array_equal(picture.run({"x": x})["y"], 2 * x)
