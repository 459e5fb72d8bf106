"""What is StyleGAN1's own; that its pictures are right, test_parity.py shows."""

from pathlib import Path

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint, write_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.bending.surgery import stretched
from taxiway.families.stylegan.directions.sefa import factorize
from taxiway.families.stylegan.networks.generator import truncate
from taxiway.families.stylegan.networks.layers import bendable, style_weights, width
from taxiway.families.stylegan.rendering.opening import open_generator

FILE = FIXTURES / "stylegan1_64.pkl"
NAMES = sorted(path.name for path in FIXTURES.glob("stylegan1*.pkl"))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_same_as_safetensors(name: str, tmp_path: Path) -> None:
    original = read_checkpoint(FIXTURES / name)
    write_checkpoint(tmp_path / "converted.safetensors", original)
    converted = read_checkpoint(tmp_path / "converted.safetensors")
    assert converted.config == original.config
    for tensor, array in original.tensors.items():
        np.testing.assert_array_equal(converted.tensors[tensor], array)


def test_truncation_reaches_eight_layers_unless_told() -> None:
    renderer = open_generator(str(FILE), "cpu")
    z = np.load(FIXTURES / "stylegan1_64.npz")["z"]
    w = renderer.w(z)
    usual = renderer.truncated(w, 0.7)
    wanted = truncate(torch.from_numpy(w), torch.from_numpy(renderer.w_avg), 0.7, 8, 10)
    np.testing.assert_allclose(usual, wanted.numpy(), atol=1e-6)
    np.testing.assert_array_equal(usual[:, 8:], np.repeat(w[:, None], 2, axis=1))
    assert np.abs(renderer.truncated(w, 0.7, cutoff=10)[:, 8:] - usual[:, 8:]).max() > 0.01


def test_every_layer_can_be_bent_and_has_a_style() -> None:
    g = read_checkpoint(FILE)
    layers = bendable(g.family, g.tensors)
    assert layers == [f"b{4 << i}.conv{k}" for i in range(5) for k in (0, 1)]
    widths = [width(g.family, g.tensors, name) for name in layers]
    assert [len(weight) for weight in style_weights(g.tensors)] == [2 * each for each in widths]
    directions, strengths = factorize(g.tensors)
    assert directions.shape == (64, 64)
    assert (np.diff(strengths) <= 1e-9).all()


def test_its_picture_cannot_be_widened() -> None:
    with pytest.raises(InvalidArgument, match="cannot be widened"):
        stretched(read_checkpoint(FILE), 2, 1)
