"""Pictures of any size made to fit: which part of them is left."""

import numpy as np
import pytest
from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.projection.framing import Crop, framed, parse_box


def stripes() -> np.ndarray:
    """300 x 100: red, green and blue, each a square."""
    picture = np.zeros((100, 300, 3), np.uint8)
    for i in range(3):
        picture[:, 100 * i : 100 * (i + 1), i] = 255
    return picture


@pytest.mark.parametrize("crop", ["centre", "pad", "squash"])
@pytest.mark.parametrize("size", [(64, 64), (32, 96)])
def test_every_picture_gets_the_size(crop: Crop, size: tuple[int, int]) -> None:
    assert framed(stripes(), size, crop).shape == (*size, 3)
    assert framed(stripes().transpose(1, 0, 2), size, crop).shape == (*size, 3)


def test_centre_keeps_the_middle() -> None:
    inside = framed(stripes(), (50, 50), "centre")[5:-5, 5:-5]
    assert (inside == (0, 255, 0)).all()


def test_squash_keeps_all_of_it() -> None:
    row = framed(stripes(), (60, 60), "squash")[30]
    assert [int(row[x].argmax()) for x in (8, 30, 52)] == [0, 1, 2]


def test_pad_keeps_all_of_it_in_shape_and_has_no_bars() -> None:
    picture = framed(stripes(), (90, 90), "pad")
    assert [int(picture[45, x].argmax()) for x in (10, 45, 80)] == [0, 1, 2]
    assert picture[2].max() > 100


def test_a_box_is_cut_out_first() -> None:
    inside = framed(stripes(), (50, 50), "centre", parse_box("200, 0, 300, 100"))
    assert (inside == (0, 0, 255)).all()


def test_the_same_size_is_the_same_picture() -> None:
    noise = np.random.RandomState(0).randint(0, 256, (24, 24, 3), np.uint8)
    for crop in ("centre", "pad", "squash"):
        np.testing.assert_array_equal(framed(noise, (24, 24), crop), noise)  # type: ignore[arg-type]
    assert Image.fromarray(noise).size == (24, 24)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,x", "1,2,3,4,5", "-1,2,3,4", "99999999,1,2,3"]
)
def test_what_is_no_box_is_told(text: str) -> None:
    with pytest.raises(InvalidArgument, match="'box' takes left,top,right,bottom"):
        parse_box(text)


@pytest.mark.parametrize("box", [(0, 0, 301, 100), (5, 0, 5, 100), (0, 50, 10, 20)])
def test_a_box_outside_is_told(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(InvalidArgument, match="inside the picture of 300 x 100"):
        framed(stripes(), (8, 8), "centre", box)
