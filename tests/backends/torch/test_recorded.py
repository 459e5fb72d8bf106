"""Recordings of a network's kernels: with a recorder of ours, as there is no GPU here."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from paths import FIXTURES  # noqa: E402
from taxiway.backends.torch import network_of  # noqa: E402
from taxiway.backends.torch.network import TorchNetwork  # noqa: E402
from taxiway.backends.torch.recorded import MOST, RecordedNetwork, alike, on_gpu  # noqa: E402
from taxiway.checkpoint import read_checkpoint  # noqa: E402
from taxiway.families.stylegan.networks.graphs import graphs_of  # noqa: E402

CPU = torch.device("cpu")


class Tape:
    """Records on a processor: plays by calling again into the same outputs."""

    def __init__(self, spoil: float = 0.0, fails: bool = False) -> None:
        self.recorded = self.played = 0
        self._spoil, self._fails = spoil, fails

    def __call__(
        self, call: Callable[..., Any], inputs: dict[str, Any]
    ) -> tuple[dict[str, Any], Callable[[], None]]:
        if self._fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        self.recorded += 1
        outputs = {name: value.clone() for name, value in call(**inputs).items()}

        def play() -> None:
            self.played += 1
            for name, value in call(**inputs).items():
                outputs[name].copy_(value + self._spoil)

        return outputs, play


def doubled(x: Any, noise: str = "const") -> dict[str, Any]:
    more = torch.rand(()) if noise == "random" else 1.0
    return {"y": 2 * x + more}


def given(rows: int, value: float) -> np.ndarray:
    return np.full((rows, 3), value, np.float32)


def test_what_comes_again_is_played_and_its_answers_are_kept_apart() -> None:
    tape = Tape()
    network = RecordedNetwork(doubled, CPU, tape)
    answers = [network.run({"x": given(1, k)})["y"] for k in range(5)]
    np.testing.assert_array_equal([each[0, 0] for each in answers], [1, 3, 5, 7, 9])
    assert tape.recorded == 1
    assert tape.played == 1 + 4  # the first of them to see that it gives the same
    network.run({"x": given(2, 0)})
    assert tape.recorded == 1  # of a batch that came but once nothing is recorded
    read_only = given(2, 7)
    read_only.flags.writeable = False
    assert network.run({"x": read_only})["y"][1, 2] == 15
    assert tape.recorded == 2


def test_so_many_shapes_are_recorded_and_no_more() -> None:
    tape = Tape()
    network = RecordedNetwork(doubled, CPU, tape)
    for rows in [*range(1, MOST + 3)] * 3:
        assert network.run({"x": given(rows, 1)})["y"].shape == (rows, 3)
    assert tape.recorded == MOST


@pytest.mark.parametrize("tape", [Tape(spoil=0.5), Tape(fails=True)], ids=["wrong", "refused"])
def test_what_cannot_be_recorded_is_computed_as_before(tape: Tape) -> None:
    network = RecordedNetwork(doubled, CPU, tape)
    for k in range(4):
        assert network.run({"x": given(1, k)})["y"][0, 0] == 2 * k + 1
    assert tape.played <= 1


def test_random_noise_stays_random() -> None:
    tape = Tape()
    network = RecordedNetwork(doubled, CPU, tape)
    inputs = {"x": given(1, 0), "noise": "random"}
    assert len({network.run(inputs)["y"][0, 0] for _ in range(6)}) == 6
    assert tape.recorded == 0


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
def test_a_generator_is_recorded_on_a_gpu() -> None:
    checkpoint = read_checkpoint(FIXTURES / "stylegan2-ada_32.pkl")
    shape = (1, checkpoint.config["num_ws"], checkpoint.config["w_dim"])
    ws = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for graph in graphs_of(checkpoint)[:1]:
        for dtype in (torch.float32, torch.float16):
            call = graph.torch(dtype, torch.device("cuda"))
            plain, recorded = TorchNetwork(call, "cuda"), RecordedNetwork(call, "cuda", on_gpu)
            for k in range(4):
                inputs = {"ws": ws + np.float32(k), "noise_mode": "const"}
                assert alike(plain.run(inputs)["image"], recorded.run(inputs)["image"])
            assert all(recorded._recordings.values())
