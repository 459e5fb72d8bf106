"""Directions of a layer's activations: planted ones are found, and samples are not lost."""

import numpy as np
import pytest
import torch

from paths import FIXTURES
from players import checkpoint_of, renderer_of, small_renderer
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.directions.activations import (
    LEAST,
    SKETCHED,
    activation_axes,
    regressed,
    sketch,
)
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.features import features_of
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.layers import bendable, layers_meant, style_weights
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.projection import sampling
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer
from taxiway.families.stylegan.rendering.sampling import sample_w


def tiny() -> Generator:
    torch.manual_seed(0)
    return new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16).eval().requires_grad_(False)


def cosines(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """|cos| of rows and the wanted ones, pair by pair."""
    product = np.abs((found * wanted).sum(axis=1))
    return product / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)


@pytest.mark.slow
def test_planted_directions_are_found_through_what_a_layer_says() -> None:
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((64, 3)))[0].T
    w = random.standard_normal((LEAST, 64)) + 2
    said = w @ axes.T * [9, 6, 3] @ random.standard_normal((3, 2000)) / 45
    rows = sketch(said + 0.05 * random.standard_normal(said.shape))
    assert cosines(regressed(rows, w, 3), axes).min() > 0.99


def test_a_direction_planted_in_a_networks_weights_is_found() -> None:
    checkpoint = checkpoint_of(tiny())
    wanted = torch.nn.functional.normalize(torch.randn(16), dim=0)
    for weight in style_weights(checkpoint.tensors):
        weight[:] = 0.1 * weight + (torch.randn(len(weight), 1) * wanted).numpy()
    g = CheckpointRenderer(checkpoint)
    # Among w that vary unevenly, a coordinate along it goes with its image by the covariance.
    mean_change = np.cov(sample_w(g, LEAST).T) @ wanted.numpy()
    found, heard = activation_axes(g, "b4", 2, progress=(told := []).append), told
    assert cosines(found[:1], mean_change[None])[0] > 0.95
    assert heard[:2] == [0, 16]
    assert len(heard) == LEAST // 16
    assert np.abs(found).max(axis=1) == pytest.approx(found.max(axis=1))


def test_only_the_layers_before_it_work_and_nothing_is_left_hanging() -> None:
    g, ws = tiny(), sampling.sample_w(tiny(), 3)[:, None].expand(-1, 6, -1)
    late = dict(g.synthesis.named_modules())["b16.conv1"]
    handle = late.register_forward_hook(lambda *_: pytest.fail("not to be reached"))
    assert features_of(g.synthesis, "b8.conv1", ws).shape == (3, 16, 8, 8)
    handle.remove()
    assert not any(module._forward_hooks for module in g.modules())


def test_a_sketch_keeps_small_layers_and_about_the_distances_of_large_ones() -> None:
    random = np.random.default_rng(0)
    small = random.standard_normal((3, 8, 4, 4), np.float32)
    np.testing.assert_array_equal(sketch(small), small.reshape(3, -1))
    large = random.standard_normal((6, 16, 32, 32), np.float32)
    rows = sketch(large)
    assert rows.shape == (6, SKETCHED)
    ratios = distances(rows) / distances(large.reshape(6, -1))
    assert ratios.min() > 0.85
    assert ratios.max() < 1.15
    np.testing.assert_allclose(sketch(large[2:3]), rows[2:3])


@pytest.mark.parametrize(
    ("layer", "message"),
    [("b99", "There is no layer 'b99'"), ("all", "'layer' takes one layer, got 'all': b4.conv1")],
)
def test_layers_that_are_none_or_many_are_told(layer: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        activation_axes(renderer_of(tiny()), layer, 2)


def distances(rows: np.ndarray) -> np.ndarray:
    """Between each two rows."""
    return np.array([np.linalg.norm(a - b) for i, a in enumerate(rows) for b in rows[:i]])


@pytest.mark.parametrize("name", ["stylegan2-ada_32", "stylegan1_256-fused", "stylegan3-t_32"])
def test_every_backend_gives_what_a_layer_says(name: str) -> None:
    g = build_generator(read_checkpoint(FIXTURES / f"{name}.pkl"))
    player, ws = small_renderer(name), sampling.sample_w(g, 2)[:, None].expand(-1, g.num_ws, -1)
    known = bendable(player.family, player.tensors)
    assert set(known) <= dict(g.synthesis.named_modules()).keys()
    for layer in (known[0], known[3], *layers_meant(known, known[-1])):
        wanted = features_of(g.synthesis, layer, ws)
        found = player.features(layer, ws[:, 0].numpy())
        np.testing.assert_allclose(found, wanted, atol=1e-4 * float(wanted.abs().max()))
