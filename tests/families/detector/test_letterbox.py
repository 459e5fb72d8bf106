"""A picture in a square, and its boxes there and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from taxiway.families.detector.letterbox import GREY, fitted, letterboxed, normal, outside_in

SIDES = st.integers(1, 400)


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=5), SIDES, SIDES)
def test_boxes_come_back_as_they_went_in(
    rows: list[tuple[float, ...]], high: int, wide: int
) -> None:
    boxes = np.array(rows).reshape(-1, 4)
    inside = fitted(boxes, (high, wide, 3), 256)
    assert ((inside >= -1e-6) & (inside <= 256 + 1e-6)).all()
    np.testing.assert_allclose(outside_in(inside, (high, wide, 3), 256), boxes, atol=1e-4)


def test_a_picture_keeps_its_ratio_and_grey_is_around_it() -> None:
    picture = np.zeros((50, 100, 3), np.uint8)
    square = letterboxed(picture, 64)
    assert (square[:16] == GREY).all()
    assert (square[16:48] == 0).all()
    assert (square[48:] == GREY).all()
    assert letterboxed(np.zeros((1, 900, 3), np.uint8), 64).shape == (64, 64, 3)
    same = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert (letterboxed(same, 64) == same).all()
    assert normal(same).shape == (3, 64, 64)
    assert np.abs(normal(same)).max() <= 1
