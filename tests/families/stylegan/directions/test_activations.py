"""Directions of a layer's activations: planted ones are found, and samples are not lost."""

import numpy as np
import pytest
import torch

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.directions.activations import (
    LEAST,
    SKETCHED,
    activation_axes,
    activations,
    regressed,
    sketch,
)
from taxiway.families.stylegan.directions.sefa import style_weights
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.rendering.sampling import sample_w


def tiny() -> Generator:
    torch.manual_seed(0)
    return new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16).eval().requires_grad_(False)


def cosines(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """|cos| of rows and the wanted ones, pair by pair."""
    product = np.abs((found * wanted).sum(axis=1))
    return product / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)


def test_planted_directions_are_found_through_what_a_layer_says() -> None:
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((64, 3)))[0].T
    w = random.standard_normal((LEAST, 64)) + 2
    said = w @ axes.T * [9, 6, 3] @ random.standard_normal((3, 2000)) / 45
    rows = sketch(torch.from_numpy(said + 0.05 * random.standard_normal(said.shape)))
    assert cosines(regressed(rows.numpy(), w, 3), axes).min() > 0.99


def test_a_direction_planted_in_a_networks_weights_is_found() -> None:
    g = tiny()
    wanted = torch.nn.functional.normalize(torch.randn(16), dim=0)
    for weight in style_weights(g):
        weight.data = 0.1 * weight + torch.randn(len(weight), 1) * wanted
    # Among w that vary unevenly, a coordinate along it goes with its image by the covariance.
    mean_change = np.cov(sample_w(g, LEAST).numpy().T) @ wanted.numpy()
    found, heard = activation_axes(g, "b4", 2, progress=(told := []).append), told
    assert cosines(found[:1], mean_change[None])[0] > 0.95
    assert heard[:2] == [0, 16]
    assert len(heard) == LEAST // 16
    assert np.abs(found).max(axis=1) == pytest.approx(found.max(axis=1))


def test_only_the_layers_before_it_work_and_nothing_is_left_hanging() -> None:
    g, w = tiny(), sample_w(tiny(), 3)
    late = dict(g.synthesis.named_modules())["b16.conv1"]
    handle = late.register_forward_hook(lambda *_: pytest.fail("not to be reached"))
    assert activations(g, "b8", w).shape == (3, 16, 8, 8)
    handle.remove()
    assert not any(module._forward_hooks for module in g.modules())


def test_a_sketch_keeps_small_layers_and_about_the_distances_of_large_ones() -> None:
    small = torch.randn(3, 8, 4, 4)
    assert torch.equal(sketch(small), small.flatten(1))
    large = torch.randn(6, 16, 32, 32, generator=torch.Generator().manual_seed(0))
    rows = sketch(large)
    assert rows.shape == (6, SKETCHED)
    ratios = torch.pdist(rows) / torch.pdist(large.flatten(1))
    assert ratios.min() > 0.85
    assert ratios.max() < 1.15
    torch.testing.assert_close(sketch(large[2:3]), rows[2:3])


@pytest.mark.parametrize(
    ("layer", "message"),
    [("b99", "There is no layer 'b99'"), ("all", "'layer' takes one layer, got 'all': b4.conv1")],
)
def test_layers_that_are_none_or_many_are_told(layer: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        activation_axes(tiny(), layer, 2)
