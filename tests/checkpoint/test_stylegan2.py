from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pickles import Call, Writer, tensor
from snapshots import nvidia_generator, nvidia_pickle, small_stylegan2
from taxiway.checkpoint.limits import Broken
from taxiway.checkpoint.stylegan2 import taps_of


@pytest.mark.parametrize("taps", [[1, 3, 3, 1], [1, 2, 2, 1], [1, 1], [1], [1, 4, 6, 4, 1]])
@pytest.mark.parametrize("gain", [1, 4])
def test_taps_are_found_in_their_outer_product(taps: list[int], gain: int) -> None:
    row = np.array(taps, np.float32)
    assert taps_of(np.outer(row, row) / row.sum() ** 2 * gain) == taps
    assert taps_of(row / row.sum() * gain) == taps


@pytest.mark.parametrize(
    "kernel",
    [
        np.eye(4),
        np.zeros((4, 4)),
        np.full((4, 4), np.nan),
        np.array([[1, -1], [-1, 1.0]]),
        np.zeros((0, 0)),
        np.zeros((3, 4)),
        np.zeros((4, 4, 4)),
        np.ones((65, 65)),
    ],
)
def test_filters_that_nobody_writes_are_refused(kernel: np.ndarray[Any, Any]) -> None:
    with pytest.raises(Broken, match="enlarges with a filter"):
        taps_of(kernel)


def block(generator: Call, name: str) -> dict[str, Any]:
    """The state of a block of a persistent generator."""
    synthesis = generator.args[0]["state"]["_modules"]["synthesis"]
    return dict(synthesis.args[0]["state"]["_modules"])[name].args[0]["state"]


def test_a_mixture_of_architectures_is_refused(refusal: Callable[..., str]) -> None:
    generator = nvidia_generator(small_stylegan2())
    block(generator, "b8")["architecture"] = "resnet"
    assert "mixes architectures" in refusal(Writer(4).dump({"G_ema": generator}))


def test_a_mixture_of_filters_is_refused(refusal: Callable[..., str]) -> None:
    generator = nvidia_generator(small_stylegan2())
    block(generator, "b8")["_buffers"]["resample_filter"] = tensor(np.ones((4, 4), np.float32))
    assert "different filters" in refusal(Writer(4).dump({"G_ema": generator}))


def test_a_network_without_filters_is_refused(refusal: Callable[..., str]) -> None:
    generator = nvidia_generator(small_stylegan2())
    for name in ("b4", "b8", "b16"):
        del block(generator, name)["_buffers"]["resample_filter"]
    assert "no filter to enlarge with" in refusal(Writer(4).dump({"G_ema": generator}))


def test_other_filters_than_the_networks_can_use_are_refused(refusal: Callable[..., str]) -> None:
    checkpoint = small_stylegan2()
    checkpoint.config["resample_filter"] = [1, 2, 1]
    assert "resample_filter" in refusal(nvidia_pickle(checkpoint))
    checkpoint.config["resample_filter"] = [1, 2, 3, 4]
    assert "not symmetric" in refusal(nvidia_pickle(checkpoint))


@pytest.mark.parametrize("blocks", [0, 17])
def test_no_blocks_and_too_many_are_refused(blocks: int, refusal: Callable[..., str]) -> None:
    generator = nvidia_generator(small_stylegan2(blocks=1))
    modules = generator.args[0]["state"]["_modules"]["synthesis"].args[0]["state"]["_modules"]
    only = modules["b4"]
    modules.update({f"b{100 + index}": only for index in range(blocks - 1)})
    if not blocks:
        modules["x4"] = modules.pop("b4")
    problem = refusal(Writer(4).dump({"G_ema": generator, "room": bytes(100_000)}))
    assert "no learned constant" in problem or "no StyleGAN2" in problem
