import numpy as np
import pytest

from taxiway.painting.colours import blend, linear, over, step
from taxiway.painting.palette import screen


def test_black_and_white_stay_in_linear_light() -> None:
    np.testing.assert_allclose(linear((0.0, 1.0, 0.5)), [0, 1, 0.5**2.2], rtol=1e-5)


def test_a_blend_with_one_weight_is_that_colour() -> None:
    colours = [(0.1, 0.2, 0.3), (0.9, 0.8, 0.7)]
    np.testing.assert_allclose(blend(colours, [0, 1]), linear(colours[1]), rtol=1e-5)


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0, 2, [0, 0.5, 1]), (2, 0, [1, 0.5, 0])], ids=["up", "down"]
)
def test_a_step_goes_either_way(low, high, expected) -> None:
    np.testing.assert_allclose(step(low, high, np.array([-1.0, 1.0, 5.0])), expected)


def test_over_covers_where_it_is_told() -> None:
    under, cover = np.zeros((1, 2, 3)), np.array([[0.0, 1.0]])
    result = over(under, np.array([1.0, 2.0, 3.0]), cover)
    np.testing.assert_array_equal(result, [[[0, 0, 0], [1, 2, 3]]])


def test_a_web_colour_is_three_shares() -> None:
    assert screen("ff0080") == (1.0, 0.0, 128 / 255)
