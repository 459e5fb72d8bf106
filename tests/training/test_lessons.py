"""Small networks learn, are resumed exactly, and become ONNX files that compute the same."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from taxiway.training.exporting import export
from taxiway.training.lessons import Lessons

STEPS = 20


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, picture: Tensor, light: Tensor) -> Tensor:
        return self.last(self.layers(picture)) * light[:, :, None, None]


def unlike(made: Tensor, asked: Tensor) -> Tensor:
    return (made - asked).abs().mean()


def lessons(path: Path) -> Lessons:
    torch.manual_seed(0)
    return Lessons(Small(), Small(), unlike, path, STEPS, rate=0.02)


def taught(one: Lessons, until: int) -> list[float]:
    losses = []
    while one.done < until:
        drawn = torch.Generator().manual_seed(one.done)
        picture = torch.rand(4, 3, 16, 16, generator=drawn)
        losses.append(one.step([picture, torch.ones(4, 1)], picture.mean(1, keepdim=True)))
    return losses


def test_it_learns_and_goes_on_exactly_where_it_was(tmp_path: Path) -> None:
    whole = lessons(tmp_path / "whole.pt")
    losses = taught(whole, STEPS)
    assert losses[-1] < 0.6 * losses[0]
    halted = lessons(tmp_path / "halted.pt")
    first = taught(halted, 5)
    halted.save()
    resumed = lessons(tmp_path / "halted.pt")
    assert resumed.done == 5
    assert first + taught(resumed, STEPS) == losses
    for name, value in whole.average.state_dict().items():
        torch.testing.assert_close(resumed.average.state_dict()[name], value, rtol=0, atol=0)


def test_its_onnx_file_takes_any_size_and_computes_the_same(tmp_path: Path) -> None:
    one = lessons(tmp_path / "state.pt")
    taught(one, 3)
    path = tmp_path / "small.onnx"
    export(one.average, path, {"picture": (1, 3, 8, 8), "light": (1, 1)}, "grey")
    session = onnxruntime.InferenceSession(path)
    given = {"picture": np.random.RandomState(0).rand(2, 3, 24, 40).astype("f4"),
             "light": np.ones((2, 1), "f4")}  # fmt: skip
    (made,) = session.run(["grey"], given)
    with torch.no_grad():
        expected = one.average(*map(torch.from_numpy, given.values())).numpy()
    np.testing.assert_allclose(made, expected, atol=2e-3)  # weights are halved


@pytest.mark.slow
def test_the_landscapes_network_computes_the_same_as_onnx(tmp_path: Path) -> None:
    from taxiway.families.landscape.given import given
    from taxiway.families.landscape.network import INPUTS, Landscape
    from taxiway.latent.sample import z_of_seed
    from taxiway.painting.sketches import example

    torch.manual_seed(0)
    network = Landscape()
    export(network, tmp_path / "landscape.onnx", INPUTS, "image")
    inputs = given(example(128), z_of_seed(1, 512))
    (made,) = onnxruntime.InferenceSession(tmp_path / "landscape.onnx").run(None, inputs)
    with torch.no_grad():
        expected = network(*map(torch.from_numpy, inputs.values())).numpy()
    np.testing.assert_allclose(made, expected, atol=0.004)
