"""Tuning tries what there is, takes the fastest, and prefers exact numbers when it is close."""

from collections.abc import Iterator

import pytest
import torch

from taxiway.backends.torch.device import Processor
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks import tuning
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2

CPU = torch.device("cpu")


@pytest.fixture
def generator() -> Generator:
    return new_stylegan2(8, 64, 8, 2, z_dim=8, w_dim=8).requires_grad_(False)


@pytest.fixture(autouse=True)
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    monkeypatch.setattr(tuning, "processor", lambda: Processor("test", 4, "amx"))
    yield
    torch.set_num_threads(before)


def pretend(monkeypatch: pytest.MonkeyPatch, times: dict[tuple[str, int], float]) -> None:
    """Make images take the times given, by (the dtype of the feature maps, threads)."""
    names = {value: key for key, value in tuning.PRECISIONS.items()}

    def time_image(generator: Generator, seconds: float) -> float:
        const = generator.synthesis.blocks[0].const  # type: ignore[union-attr, index]
        return times[names[const.dtype], torch.get_num_threads()]

    monkeypatch.setattr(tuning, "time_image", time_image)


def test_the_fastest_setting_wins(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {("bfloat16", 1): 9.0, ("bfloat16", 4): 5.0, ("bfloat16", 2): 3.0, ("float32", 2): 8.0}
    pretend(monkeypatch, times)
    _, found = tuning.tune(generator, CPU)
    assert (found.precision, found.threads) == ("bfloat16", 2)
    assert found.milliseconds == times
    assert torch.get_num_threads() == 2


def test_exact_numbers_win_when_it_is_close(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {("bfloat16", 1): 3.0, ("bfloat16", 4): 5.0, ("bfloat16", 2): 4.0, ("float32", 1): 3.3}
    pretend(monkeypatch, times)
    assert tuning.tune(generator, CPU)[1].precision == "float32"


def test_bfloat16_is_not_tried_where_nothing_computes_in_it(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "processor", lambda: Processor("test", 4, None))
    _, found = tuning.tune(generator, CPU, seconds=0.01)
    assert {precision for precision, _ in found.milliseconds} == {"float32"}


def test_a_precision_that_is_asked_for_is_kept(generator: Generator) -> None:
    play, found = tuning.tune(generator, CPU, "float32", seconds=0.01)
    assert found.precision == "float32"
    ws = torch.randn(1, generator.num_ws, 8)
    torch.testing.assert_close(play.synthesis(ws), generator.synthesis(ws), atol=1e-4, rtol=1e-4)


def test_trying_stops_when_the_time_is_up(generator: Generator) -> None:
    _, found = tuning.tune(generator, CPU, seconds=0)
    assert len(found.milliseconds) == 1
    assert all(value > 0 for value in found.milliseconds.values())


def test_an_unknown_precision_is_refused(generator: Generator) -> None:
    with pytest.raises(InvalidArgument, match="'precision' takes auto, .*got int8"):
        tuning.tune(generator, CPU, "int8")
