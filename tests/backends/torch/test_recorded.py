"""Recordings of a network's kernels: with a recorder of ours, as there is no GPU here."""

import gc
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from backends.torch.slow_gpu import CPU, SlowGpu  # noqa: E402
from paths import FIXTURES  # noqa: E402
from taxiway.backends import Graph  # noqa: E402
from taxiway.backends import torch as backend  # noqa: E402
from taxiway.backends.torch import TorchBackend, device, network_of  # noqa: E402
from taxiway.backends.torch.network import TorchNetwork  # noqa: E402
from taxiway.backends.torch.recorded import (  # noqa: E402
    MOST,
    ONE_AT_A_TIME,
    SETS,
    WARM_UP,
    GpuQueues,
    RecordedNetwork,
    Recording,
    alike,
    give_back,
)
from taxiway.checkpoint import read_checkpoint  # noqa: E402
from taxiway.families.stylegan.networks.graphs import graphs_of  # noqa: E402


def doubled(x: Any, noise: str = "const") -> dict[str, Any]:
    more = torch.rand(()) if noise == "random" else 1.0
    return {"y": 2 * x + more}


def given(rows: int, value: float) -> np.ndarray:
    return np.full((rows, 3), value, np.float32)


def test_what_comes_again_is_played_and_its_answers_are_kept_apart() -> None:
    gpu = SlowGpu()
    network = RecordedNetwork(doubled, CPU, gpu)
    answers = [network.run({"x": given(1, k)})["y"] for k in range(5)]
    np.testing.assert_array_equal([each[0, 0] for each in answers], [1, 3, 5, 7, 9])
    assert gpu.recorded == 1
    assert gpu.played == 1 + 4  # the first of them to see that it gives the same
    network.run({"x": given(2, 0)})
    assert gpu.recorded == 1  # of a batch that came but once nothing is recorded
    read_only = given(2, 7)
    read_only.flags.writeable = False
    assert network.run({"x": read_only})["y"][1, 2] == 15
    assert gpu.recorded == 2


@given_(st.data())
def test_two_on_their_way_have_each_their_own_answer(data: st.DataObject) -> None:
    """However late the queues get on: what is copied is neither half made nor the next one's."""
    steps = st.one_of(st.none(), st.integers(0, 1))
    gpu = SlowGpu(chooses=lambda able: None if (k := data.draw(steps)) is None else k % able)
    recording = Recording(doubled, {"x": given(1, 0)}, CPU, gpu)
    on_their_way = deque[tuple[int, Callable[[], Any]]]()
    for k in range(6):
        if len(on_their_way) == SETS:
            asked, taken = on_their_way.popleft()
            assert taken()["y"][0, 0] == 2 * asked + 1
        on_their_way.append((k, recording.begin({"x": given(1, k)})))
    for asked, taken in on_their_way:
        assert taken()["y"][0, 0] == 2 * asked + 1


def test_the_next_is_computed_while_an_answer_is_copied() -> None:
    computing_first: Callable[[int], int | None] = lambda able: 0  # noqa: E731
    gpu = SlowGpu()
    recording = Recording(doubled, {"x": given(1, 0)}, CPU, gpu)
    first, second = (recording.begin({"x": given(1, k)}) for k in (3, 4))
    while gpu._now:
        assert gpu.go_on(computing_first)
    assert recording._outputs["y"][0, 0] == 9
    assert gpu._beside  # of the first nothing was copied yet
    assert [first()["y"][0, 0], second()["y"][0, 0]] == [7, 9]


def test_threads_that_ask_at_once_are_answered_each() -> None:
    network = RecordedNetwork(doubled, CPU, SlowGpu())
    for k in range(2):
        network.run({"x": given(1, k)})
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda k: network.run({"x": given(1, k)})["y"][0, 0], range(40))
        assert list(answers) == [2 * k + 1 for k in range(40)]


def test_so_many_shapes_are_recorded_and_no_more() -> None:
    gpu = SlowGpu()
    network = RecordedNetwork(doubled, CPU, gpu)
    for rows in [*range(1, MOST + 3)] * 3:
        assert network.run({"x": given(rows, 1)})["y"].shape == (rows, 3)
    assert gpu.recorded == MOST


@pytest.mark.parametrize("gpu", [SlowGpu(spoil=0.5), SlowGpu(fails=True)], ids=["wrong", "refused"])
def test_what_cannot_be_recorded_is_computed_as_before(gpu: SlowGpu) -> None:
    network = RecordedNetwork(doubled, CPU, gpu)
    for k in range(4):
        assert network.run({"x": given(1, k)})["y"][0, 0] == 2 * k + 1
    assert gpu.played <= 1


def test_where_a_recording_failed_no_other_is_tried() -> None:
    gpu = SlowGpu(fails=True)
    network = RecordedNetwork(doubled, CPU, gpu)
    for rows in (1, 1, 2, 2, 3, 3):
        network.run({"x": given(rows, 1)})
    assert gpu.tried == 1


def test_what_is_random_takes_the_place_of_no_recording() -> None:
    gpu = SlowGpu()
    network = RecordedNetwork(doubled, CPU, gpu)
    for noise in ("random", "const"):
        for rows in (1, 1, 2, 2):
            network.run({"x": given(rows, 1), "noise": noise})
    assert gpu.recorded == 2


def test_sums_in_another_order_are_no_other_answer() -> None:
    """Some of a GPU's convolutions add up in whatever order their threads come."""
    calls = iter(range(99))

    def summed(x: Any) -> dict[str, Any]:
        image = torch.full((10, 100), 7, dtype=torch.uint8)
        image[0, 0] += next(calls) % 2
        return {"image": image}

    gpu = SlowGpu()
    network = RecordedNetwork(summed, CPU, gpu)
    for _ in range(3):
        network.run({"x": given(1, 1)})
    assert gpu.recorded == 1


class Cuda:
    """Streams and recordings of `torch.cuda` as PyTorch has them, without a GPU."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.streams: list[Any] = [self.Stream()]
        self.done: list[tuple[str, Any]] = []
        for name in ("Stream", "current_stream", "stream", "CUDAGraph", "graph", "empty_cache"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, name))

    class Stream:
        def __init__(self, device: Any = None) -> None:
            pass

        def wait_stream(self, other: Any) -> None:
            pass

    class CUDAGraph:
        def replay(self) -> None:
            pass

    def current_stream(self, device: Any = None) -> Any:
        return self.streams[-1]

    @contextmanager
    def stream(self, stream: Any) -> Iterator[None]:
        depth = len(self.streams)
        self.streams.append(stream)
        try:
            yield
        finally:
            del self.streams[depth:]

    @contextmanager
    def graph(self, graph: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        assert ONE_AT_A_TIME.locked()
        assert capture_error_mode == "thread_local"
        self.streams.append(stream)
        self.done.append(("record", stream))
        yield
        self.streams.pop()  # not where the call fails, and so neither in PyTorch

    def empty_cache(self) -> None:
        assert ONE_AT_A_TIME.locked()
        self.done.append(("give back", None))


def test_a_recording_that_fails_leaves_the_thread_on_its_own_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda = Cuda(monkeypatch)
    queues, own = GpuQueues("cuda"), cuda.current_stream()

    def call(x: int) -> dict[str, Any]:
        cuda.done.append(("call", cuda.current_stream()))
        if x and cuda.done[-2][0] == "record":
            raise RuntimeError("operation not permitted when stream is capturing")
        return {}

    queues.record(call, {"x": 0})
    assert [name for name, _ in cuda.done] == ["call"] * WARM_UP + ["record", "call"]
    assert len({stream for _, stream in cuda.done}) == 1  # warmed up where it is recorded
    assert cuda.current_stream() is own
    with pytest.raises(RuntimeError, match="not permitted"):
        queues.record(call, {"x": 1})
    assert cuda.current_stream() is own
    assert not ONE_AT_A_TIME.locked()


@pytest.mark.parametrize("where", ["cuda", "mps", "cpu"])
def test_what_is_measured_or_played_on_an_accelerator_was_loaded_and_recorded(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call there takes seconds: a GPU that is measured by it loses to a processor."""
    gpu, calls = SlowGpu(), list[Any]()

    def built(dtype: Any, where: Any) -> Any:
        return lambda x: calls.append(x) or doubled(x)

    monkeypatch.setattr(device, "devices", lambda: [where, "cpu"])
    monkeypatch.setattr(backend, "network_of", lambda call, where: RecordedNetwork(call, CPU, gpu))
    graph = Graph("double", {}, {}, {"x": given(1, 3)}, built)
    network = TorchBackend(where).compile(graph, "float32", torch.get_num_threads())
    assert (gpu.recorded, bool(calls)) == ((0, False) if where == "cpu" else (1, True))
    played = gpu.played
    assert network.run(graph.example)["y"][0, 0] == 7
    assert gpu.played == (played if where == "cpu" else played + 1)


def test_what_is_forgotten_goes_back_to_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda(monkeypatch)
    monkeypatch.setattr(device, "devices", lambda: ["cuda", "cpu"])
    monkeypatch.setattr(backend, "network_of", TorchNetwork)
    made = list[Any]()

    class Layer:
        """Knows itself by what it convolves with, as layers do."""

        def __call__(self, x: Any) -> dict[str, Any]:
            return {"y": x}

    def built(dtype: Any, where: Any) -> Any:
        layer: Any = Layer()
        layer.convolve = layer.__call__
        made.append(weakref.ref(layer))
        return layer

    torch_backend = TorchBackend()
    graph = Graph("double", {}, {}, {"x": torch.zeros(1)}, built)
    for precision in ("float16", "float32"):
        torch_backend.compile(graph, precision, torch.get_num_threads())
    gc.disable()
    try:
        torch_backend.forget(("float16", 1))
        assert [each() is None for each in made] == [False, True]
        assert cuda.done == [("give back", None)]
        torch_backend.forget(("float16", 1))
        assert len(cuda.done) == 1
    finally:
        gc.enable()


def test_a_lost_gpu_gives_nothing_back_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    give_back()  # while settings are tried: the processor's come next
    assert not ONE_AT_A_TIME.locked()


def test_random_noise_stays_random() -> None:
    gpu = SlowGpu()
    network = RecordedNetwork(doubled, CPU, gpu)
    inputs = {"x": given(1, 0), "noise": "random"}
    assert len({network.run(inputs)["y"][0, 0] for _ in range(6)}) == 6
    assert gpu.recorded == 0


def test_outputs_are_alike_up_to_the_order_of_sums() -> None:
    one = np.full((8, 100), 7, np.uint8)
    other = one.copy()
    other[0, 0] += 1
    assert alike(one, other)
    assert not alike(one, one + np.uint8(1))
    assert alike(np.float32([1, 2]), np.float32([1, 2.001]))
    assert not alike(np.float32([1, 2]), np.float32([1, 2.1]))
    assert not alike(np.float32([1, 2]), np.float32([1, np.nan]))
    assert type(network_of(doubled, CPU)) is TorchNetwork


@pytest.mark.slow
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch knows")
@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize(
    "name",
    [
        "stylegan1_64.pkl",
        "stylegan2-ada_32.pkl",
        "stylegan2-ada_32_resnet.pkl",
        "stylegan3-t_32.pkl",
        "projected-gan_fastgan_128.pkl",
    ],
)
def test_a_generator_is_recorded_on_a_gpu(name: str, precision: str) -> None:
    graph, _ = graphs_of(read_checkpoint(FIXTURES / name))
    assert graph.torch is not None
    call = graph.torch(getattr(torch, precision), torch.device("cuda"))
    ws = graph.example["ws"]
    steps = np.random.default_rng(0).normal(size=(4, *ws.shape)).astype(np.float32)
    plain, recorded = (
        TorchNetwork(call, "cuda"),
        RecordedNetwork(call, "cuda", GpuQueues("cuda")),
    )
    for step in steps:
        inputs = {"ws": ws + step, "noise_mode": "const"}
        assert alike(plain.run(inputs)["image"], recorded.run(inputs)["image"])
    assert all(recorded._recordings.values())
    assert recorded._recordings


@pytest.mark.slow
def test_the_bench_of_gpus_can_be_tried_without_one() -> None:
    bench = FIXTURES.parents[1] / "bench" / "gpu.py"
    said = subprocess.run(
        [sys.executable, bench, "cpu", "1", "64"], capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[0] for line in said.splitlines()] == [
        "cpu,", *2 * ["64", "plain", "launched", "launched"]
    ]  # fmt: skip
    for wrong in (["tpu"], ["cpu", "1", "77"]):
        refused = subprocess.run([sys.executable, bench, *wrong], capture_output=True, text=True)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
