"""Points, boxes and landmarks: plain numbers, whatever sequence they came in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.datatypes import ImageBoundingBox, ImageLandmarks, ImagePoint
from taxiway.core.errors import InvalidArgument

number = st.floats(-2, 2)
point = st.tuples(number, number)


@given(point)
def test_a_point_goes_out_and_comes_in(at: tuple[float, float]) -> None:
    assert ImagePoint().decode("at", ImagePoint().encode(at)) == list(at)
    assert ImagePoint().encode(np.array(at)) == list(at)


@given(point, point)
def test_a_box_is_taken_if_it_has_width_and_height(
    start: tuple[float, float], end: tuple[float, float]
) -> None:
    box = [*start, *end]
    if start[0] < end[0] and start[1] < end[1]:
        assert ImageBoundingBox().decode("box", ImageBoundingBox().encode(box)) == box
    else:
        with pytest.raises(InvalidArgument, match="'box' takes .min below .max, got "):
            ImageBoundingBox().decode("box", box)


@given(st.lists(point, max_size=5))
def test_landmarks_are_as_many_as_were_told(points: list[tuple[float, float]]) -> None:
    field = ImageLandmarks(length=3)
    if len(points) == 3:
        assert field.decode("face", field.encode(points)) == [list(one) for one in points]
    else:
        with pytest.raises(InvalidArgument, match=r"'face' takes 3 points \[x, y\], got a list of"):
            field.decode("face", points)


def test_plain_numbers_come_out_of_what_networks_give() -> None:
    box = ImageBoundingBox().encode(np.array([0, 0.25, 1, 0.5], np.float32))
    assert box == [0.0, 0.25, 1.0, 0.5]
    assert {type(value) for value in box} == {float}
