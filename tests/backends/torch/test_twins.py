"""Clones of pictures beside a recording's answers, on the stand-in for a GPU with two queues."""

import gc
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from backends.torch.slow_gpu import CPU, SlowGpu  # noqa: E402
from taxiway.backends.torch import twins as torch_twins  # noqa: E402
from taxiway.backends.torch.network import TorchNetwork  # noqa: E402
from taxiway.backends.torch.recorded import SETS, RecordedNetwork, Recording  # noqa: E402
from taxiway.core import twins  # noqa: E402
from taxiway.core.frame import with_opacity  # noqa: E402


@pytest.fixture
def wanted() -> Iterator[None]:
    twins.want("test")
    yield
    twins.leave("test")


def drawn(x: Any, channels: int = 3) -> dict[str, Any]:
    """Pictures [N, 2, 3, channels] of x [N], and what is none."""
    steps = torch.arange(6 * channels, device=x.device).reshape(1, 2, 3, channels)
    return {"image": (x.reshape(-1, 1, 1, 1) + steps).to(torch.uint8), "w": 2 * x}


def numbers(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, np.float32)


def on_gpu(picture: Any) -> np.ndarray[Any, Any]:
    """What lies where the twin of a picture is said to be."""
    twin = twins.twin_of(picture)
    assert twin is not None
    assert twin.gpu == 0
    owner = twin.owner.numpy().reshape(-1)
    start = twin.address - twin.owner.data_ptr()
    size = picture.shape[0] * picture.shape[1] * 4
    return owner[start : start + size].reshape(*picture.shape[:2], 4)


@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize("channels", [3, 4])
def test_every_picture_of_a_recording_has_its_own(channels: int) -> None:
    network = RecordedNetwork(drawn, CPU, SlowGpu())
    for _ in range(2):
        network.run({"x": numbers(0, 0), "channels": channels})
    first, second = (
        network.run({"x": numbers(a, b), "channels": channels}) for a, b in ((10, 90), (50, 70))
    )
    for each in (*first["image"], *second["image"]):  # the later call wrote over neither
        np.testing.assert_array_equal(on_gpu(each), with_opacity(each))
    assert len({twins.twin_of(each).address for each in first["image"]}) == 2  # type: ignore[union-attr]
    assert first["w"].flags.writeable


@pytest.mark.usefixtures("wanted")
@given(st.data())
def test_however_late_the_queues_get_on_it_is_there_with_its_picture(data: st.DataObject) -> None:
    steps = st.one_of(st.none(), st.integers(0, 1))
    gpu = SlowGpu(chooses=lambda able: None if (k := data.draw(steps)) is None else k % able)
    recording = Recording(drawn, {"x": numbers(0)}, CPU, gpu)
    on_their_way, taken = deque[Callable[[], Any]](), list[Any]()
    for k in range(4):
        if len(on_their_way) == SETS:
            taken.append(on_their_way.popleft()()["image"][0])
        on_their_way.append(recording.begin({"x": numbers(10 * k)}))
    taken += [each()["image"][0] for each in on_their_way]
    for k, picture in enumerate(taken):
        assert picture[0, 0, 0] == 10 * k
        np.testing.assert_array_equal(on_gpu(picture), with_opacity(picture))


def test_where_nobody_wants_them_nothing_is_cloned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_twins, "_whole", None)
    network = RecordedNetwork(drawn, CPU, SlowGpu())
    for _ in range(3):
        answer = network.run({"x": numbers(1)})["image"]
    assert twins.twin_of(answer[0]) is None
    assert answer.flags.writeable


@pytest.mark.usefixtures("wanted")
def test_without_memory_for_one_there_is_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any, **how: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    network = RecordedNetwork(drawn, CPU, SlowGpu())
    for _ in range(2):
        network.run({"x": numbers(1)})
    monkeypatch.setattr(torch, "full", full)
    answer = network.run({"x": numbers(5)})["image"]
    assert answer[0, 0, 0, 0] == 5
    assert twins.twin_of(answer[0]) is None


@pytest.mark.usefixtures("wanted")
def test_grey_and_what_is_no_picture_have_none() -> None:
    network = RecordedNetwork(drawn, CPU, SlowGpu())
    for _ in range(3):
        answer = network.run({"x": numbers(1), "channels": 1})["image"]
    assert twins.twin_of(answer[0]) is None


@pytest.mark.usefixtures("wanted")
def test_what_is_not_recorded_has_one_too_on_a_gpu_alone() -> None:
    network = TorchNetwork(drawn, CPU)
    assert twins.twin_of(network.run({"x": numbers(1)})["image"][0]) is None
    network._tensor = torch.from_numpy  # type: ignore[method-assign]
    network.device = torch.device("cuda")  # by name alone: there is none
    for each in network.run({"x": numbers(1, 2)})["image"]:
        np.testing.assert_array_equal(on_gpu(each), with_opacity(each))


@pytest.mark.usefixtures("wanted")
def test_the_gpus_memory_goes_with_the_picture() -> None:
    known = len(twins._known)
    network = RecordedNetwork(drawn, CPU, SlowGpu())
    kept = [network.run({"x": numbers(k)})["image"][0] for k in range(5)]
    assert sum(twins.twin_of(each) is not None for each in kept) == 4  # not the plain first
    del kept
    gc.collect()
    assert len(twins._known) == known


@pytest.mark.usefixtures("wanted")
def test_a_test_picture_has_one_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3).copy()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    torch_twins.lift(pixels)
    assert twins.twin_of(pixels) is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.Tensor, "cuda", torch.Tensor.clone)
    torch_twins.lift(pixels)
    np.testing.assert_array_equal(on_gpu(pixels), with_opacity(pixels))


@pytest.mark.slow
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch knows")
@pytest.mark.usefixtures("wanted")
def test_the_twins_of_a_real_gpu_are_the_pictures() -> None:
    from taxiway.backends.torch import network_of

    network = network_of(drawn, torch.device("cuda"))
    kept = [network.run({"x": numbers(k, 100 - k)})["image"] for k in range(5)]
    for answer in kept:
        for index, picture in enumerate(answer):
            twin = twins.twin_of(picture)
            assert twin is not None
            np.testing.assert_array_equal(twin.owner[index].cpu().numpy(), with_opacity(picture))
