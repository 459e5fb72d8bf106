"""FastGAN makes the pictures of Projected GAN's own code, whatever runs it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint, write_checkpoint
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import Generator, to_uint8

NAMES = [f"projected-gan_fastgan{kind}" for kind in ("_128", "_128_cond", "-lite_128")]


def generator(name: str) -> Generator:
    return build_generator(read_checkpoint(FIXTURES / f"{name}.pkl"))


def images(g: Generator, expected: dict[str, Any], noise: Any = "const") -> torch.Tensor:
    z, c = (torch.from_numpy(expected[k]) if k in expected else None for k in "zc")
    with torch.inference_mode():
        found: torch.Tensor = g.synthesis(g.mapping(z, c)[:, None], noise)
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.smoke
def test_pictures_agree_with_the_reference(name: str) -> None:
    expected = dict(np.load(FIXTURES / f"{name}.npz"))
    g = generator(name)
    for form in (g, fast(g)):
        found = images(form, expected)  # the references' noise has no strength
        wanted = expected["image"]  # every fifth row and third column
        assert np.abs(found[:, :, ::5, ::3].numpy() - wanted).max() <= 2e-5 * np.abs(wanted).max()
        levels = np.abs(to_uint8(found)[:2].numpy().astype(int) - expected["uint8"])
        assert levels.max() <= 1
        assert levels.mean() < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_is_a_few_levels_off(name: str) -> None:
    expected = dict(np.load(FIXTURES / f"{name}.npz"))
    g = generator(name)
    wanted, found = images(g, expected), images(fast(g, torch.bfloat16), expected)
    scale = 0.5 / wanted.std()  # random weights give images of any amplitude
    levels = (to_uint8(wanted * scale).int() - to_uint8(found * scale).int()).abs().float()
    assert levels.mean() <= 1


def test_it_is_the_same_as_safetensors(tmp_path: Path) -> None:
    for name in NAMES:
        original = read_checkpoint(FIXTURES / f"{name}.pkl")
        write_checkpoint(tmp_path / "converted.safetensors", original)
        converted = read_checkpoint(tmp_path / "converted.safetensors")
        assert converted.config == original.config
        assert converted.tensors.keys() == original.tensors.keys()
        for key, value in original.tensors.items():
            np.testing.assert_array_equal(converted.tensors[key], value)


def test_noise_stays_is_drawn_or_is_left_out() -> None:
    expected = dict(np.load(FIXTURES / f"{NAMES[0]}.npz"))
    g = generator(NAMES[0])
    for name, value in g.synthesis.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.1)
    none, const, again, drawn = (
        images(g, expected, noise) for noise in ("none", "const", "const", "random")
    )
    assert torch.equal(const, again)
    assert not torch.equal(const, none)
    assert not torch.equal(drawn, const)
    assert not torch.equal(drawn, images(g, expected, "random"))


def test_classes_are_mixed_by_their_weights() -> None:
    g = generator("projected-gan_fastgan_128_cond")
    z = torch.from_numpy(np.random.RandomState(0).randn(1, 64)).float()
    one, other = torch.eye(6)[:1], torch.eye(6)[1:2]
    layer = g.synthesis.get_submodule("b8").conv0
    half = (one + other) / 2 @ layer.gains
    torch.testing.assert_close(half, (one @ layer.gains + other @ layer.gains) / 2)
    made = [g.synthesis(g.mapping(z, c)[:, None]) for c in (one, other, (one + other) / 2)]
    assert not torch.equal(made[0], made[2])
    assert not torch.equal(made[1], made[2])
