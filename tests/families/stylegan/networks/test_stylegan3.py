import pytest
import torch

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks.build import build, described, fresh
from taxiway.families.stylegan.networks.generator import Generator


@pytest.fixture
def generator() -> Generator:
    return build(read_checkpoint(FIXTURES / "stylegan3-t_32.pkl"))


def test_magnitudes_follow_what_layers_are_given(generator: Generator) -> None:
    ws = torch.randn(2, generator.num_ws, generator.w_dim)
    first = generator.synthesis.input(ws[:, 0]).square().mean()
    magnitude = generator.get_buffer("synthesis.L0_36_16.magnitude_ema")
    expected = magnitude + 0.25 * (first - magnitude)
    generator.synthesis.follow(ws, 0.25)
    torch.testing.assert_close(magnitude, expected)


def test_a_fresh_network_of_the_same_description_makes_pictures(generator: Generator) -> None:
    anew = fresh(**described(read_checkpoint(FIXTURES / "stylegan3-t_32.pkl")))
    state = generator.state_dict()
    assert {k: v.shape for k, v in anew.state_dict().items()} == {
        k: v.shape for k, v in state.items()
    }
    ws = torch.randn(1, generator.num_ws, generator.w_dim)
    assert anew.synthesis(ws).isfinite().all()
    anew.load_state_dict(state)
    torch.testing.assert_close(anew.synthesis(ws), generator.synthesis(ws))
    assert all(parameter.requires_grad for parameter in anew.parameters())
