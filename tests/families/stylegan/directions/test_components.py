"""Principal components and weights' directions: what was planted is found, however it is cut."""

from functools import cache

import numpy as np
import pytest
import torch

from paths import FIXTURES
from players import checkpoint_of, renderer_of, small_renderer
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.directions.components import components, principal
from taxiway.families.stylegan.directions.sefa import factorize
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.generator import Generator, to_uint8
from taxiway.families.stylegan.networks.layers import style_weights
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.projection import sampling as projected
from taxiway.families.stylegan.rendering.renderer import CheckpointRenderer
from taxiway.families.stylegan.rendering.sampling import quick_pictures, sample_w, w_batches


def tiny(w_dim: int = 16) -> Generator:
    torch.manual_seed(0)
    return new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=w_dim).eval().requires_grad_(False)


@cache
def player() -> CheckpointRenderer:
    return renderer_of(tiny())


def planted(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows [count, 512] that vary along eight planted axes [8, 512], and a little along all."""
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((512, 8)))[0].T
    spread = 8 * 0.8 ** np.arange(8)
    rows = random.standard_normal((count, 8)) * spread @ axes
    return rows + 0.5 * random.standard_normal((count, 512)) + 3, axes


def test_planted_directions_are_found() -> None:
    rows, axes = planted(10_000)
    found = principal([rows])
    cosines = np.abs((found.axes[:8] * axes).sum(axis=1))
    assert cosines.min() > 0.99
    assert found.deviations[0] == pytest.approx(8.0, rel=0.03)
    np.testing.assert_allclose(found.mean, rows.mean(axis=0))


def test_axes_are_orthonormal_and_in_order_with_their_largest_entry_positive() -> None:
    found = principal([planted(2000)[0]])
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(512), atol=1e-9)
    assert (np.diff(found.deviations) <= 0).all()
    largest = np.abs(found.axes).argmax(axis=1)
    assert (found.axes[np.arange(512), largest] > 0).all()


def test_the_size_of_batches_does_not_matter() -> None:
    rows = planted(1000)[0]
    whole = principal([rows])
    for size in (7, 256):
        cut = principal(rows[i : i + size] for i in range(0, 1000, size))
        np.testing.assert_allclose(cut.axes[:8], whole.axes[:8], atol=1e-9)
        np.testing.assert_allclose(cut.deviations, whole.deviations, atol=1e-9)


def test_deviations_are_those_of_w() -> None:
    found = components(player(), 3000)
    w = sample_w(player(), 3000).astype(np.float64)
    along = (w - w.mean(axis=0)) @ found.axes.T
    np.testing.assert_allclose(along.std(axis=0, ddof=1), found.deviations, rtol=1e-6, atol=1e-9)


def test_samples_do_not_depend_on_their_batches_or_number() -> None:
    cut = np.concatenate(list(w_batches(player(), 50, seed=3, batch=7)))
    np.testing.assert_allclose(cut, sample_w(player(), 50, seed=3), atol=1e-6)
    np.testing.assert_allclose(sample_w(player(), 20, seed=3), cut[:20], atol=1e-6)
    np.testing.assert_allclose(cut, projected.sample_w(tiny(), 50, seed=3), atol=1e-6)
    assert sample_w(player(), 0).shape == (0, 16)


def test_random_w_are_of_all_classes_alike() -> None:
    found = small_renderer("stylegan2-ada_32_labels5_mapping8")
    w = sample_w(found, 40, seed=1)
    z = np.random.default_rng(1).standard_normal((40, found.z_dim), np.float32)
    of_class = np.stack([found.w(z, label=k) for k in range(5)])  # [5, 40, w_dim]
    nearest = np.abs(of_class - w).max(axis=2)
    assert (nearest.min(axis=0) < 1e-5).all()
    assert set(nearest.argmin(axis=0)) == set(range(5))
    np.testing.assert_allclose(sample_w(found, 9, seed=1), w[:9], atol=1e-6)
    generator = build_generator(read_checkpoint(FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl"))
    np.testing.assert_allclose(projected.sample_w(generator, 40, seed=1), w, atol=1e-5)


def test_quick_pictures_are_nearly_the_plain_ones() -> None:
    g, w = player(), sample_w(player(), 20)
    ws = torch.from_numpy(w)[:, None].expand(-1, 6, -1)
    plain = to_uint8(tiny().synthesis(ws)).numpy().astype(int)
    quick = np.concatenate(list(quick_pictures(g, [w[:5], w[5:]])))
    assert np.abs(quick - plain).mean() < 2


def test_a_direction_planted_in_the_weights_is_found() -> None:
    tensors = checkpoint_of(tiny(64)).tensors
    wanted = torch.nn.functional.normalize(torch.randn(64), dim=0)
    for weight in style_weights(tensors):
        weight += (10 * torch.randn(len(weight), 1) * wanted).numpy()
    found, strengths = factorize(tensors)
    assert abs(found[0] @ wanted.double().numpy()) > 0.99
    assert (np.diff(strengths) <= 1e-9).all()
    np.testing.assert_allclose(found @ found.T, np.eye(64), atol=1e-9)


@pytest.mark.parametrize("name", ["stylegan2-ada_32.pkl", "stylegan2-ada_32_resnet.pkl"])
def test_every_layer_of_a_stylegan2_has_its_style(name: str) -> None:
    g = read_checkpoint(FIXTURES / name)
    assert len(style_weights(g.tensors)) == g.config["num_ws"]


def test_every_layer_of_a_stylegan3_has_its_style() -> None:
    g = read_checkpoint(FIXTURES / "stylegan3-t_32.pkl")
    assert len(style_weights(g.tensors)) == g.config["num_ws"]
    assert factorize(g.tensors, [3, 4])[0].shape == (64, 64)
