"""Shifts and turns: one matrix for StyleGAN3's input, for pictures and for bends."""

import math

import numpy as np
import pytest
import torch

from paths import FIXTURES
from players import small_renderer
from taxiway.backends.reference import ReferenceOperations
from taxiway.families.stylegan.bending.warps import Layer, rotate, translate
from taxiway.families.stylegan.networks.generator import to_uint8
from taxiway.families.stylegan.networks.transform import transform
from taxiway.families.stylegan.rendering.options import RenderOptions

STYLEGAN3 = ("stylegan3-r_32", "stylegan3-t_32")


@pytest.mark.parametrize("name", STYLEGAN3)
def test_it_moves_the_references_picture(name: str) -> None:
    expected = np.load(FIXTURES / f"{name}.npz")
    wanted = expected["input_transform"]  # [3, 3]
    degrees = math.degrees(math.atan2(wanted[0, 1], wanted[0, 0]))
    x, y = -wanted[:2, :2].T @ wanted[:2, 2]
    np.testing.assert_allclose(transform(x, y, degrees), wanted, atol=1e-6)
    g = small_renderer(name)
    made = g.images(g.ws(expected["z"], 0.7), RenderOptions(x=x, y=y, rotation=-degrees))
    image = torch.from_numpy(expected["image_psi0.7_transformed"])
    assert np.abs(made.astype(int) - to_uint8(image).numpy()).max() <= 1


def test_no_shift_and_no_turn_is_the_identity() -> None:
    np.testing.assert_array_equal(transform(), np.eye(3))


def test_it_is_the_inverse_of_turning_first_and_shifting_then() -> None:
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    moved = np.array([[cos, -sin, 0.2], [sin, cos, -0.1], [0, 0, 1]])
    np.testing.assert_allclose(transform(0.2, -0.1, 30) @ moved, np.eye(3), atol=1e-12)


def test_a_bend_moves_features_the_same_way() -> None:
    x = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8)
    layer = Layer(ReferenceOperations({"x": x}), 1, 8, 8)
    np.testing.assert_allclose(rotate(layer, x, 90), np.rot90(x, -1, (2, 3)), atol=1e-4)
    np.testing.assert_allclose(translate(layer, x, 0.25)[..., 2:], x[..., :-2], atol=1e-4)
    np.testing.assert_allclose(translate(layer, x, 0, 0.5)[:, :, 4:], x[:, :, :-4], atol=1e-4)
