import numpy as np
import pytest
from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.training.datasets.pictures.crops import Plan, boxes_of, squares


def stripes() -> Image.Image:
    """90 x 30: red, green and blue thirds."""
    bands = np.repeat(np.eye(3, dtype=np.uint8) * 255, 30, axis=0)
    return Image.fromarray(np.broadcast_to(bands, (30, 90, 3)).copy())


def test_the_middle_is_cut_out() -> None:
    (square,) = squares(stripes(), "a", Plan(16))
    assert square.size == (16, 16)
    np.testing.assert_allclose(square.getpixel((8, 8)), (0, 255, 0), atol=2)


def test_none_squeezes_the_whole_picture() -> None:
    (square,) = squares(stripes(), "a", Plan(16, "none"))
    assert [np.argmax(square.getpixel((x, 8))) for x in (1, 8, 14)] == [0, 1, 2]


def test_pad_keeps_everything_between_white() -> None:
    (square,) = squares(stripes(), "a", Plan(32, "pad"))
    assert square.getpixel((16, 1)) == (255, 255, 255)
    assert np.argmax(square.getpixel((3, 16))) == 0


def test_random_crops_follow_from_seed_and_name() -> None:
    plan = Plan(16, "random", count=3)
    boxes = boxes_of(500, 30, "a", plan)
    assert boxes == boxes_of(500, 30, "a", plan)
    assert len({*boxes, *boxes_of(500, 30, "b", plan)}) == 6
    assert all(left >= 0 and right <= 500 for left, _, right, _ in boxes)
    assert boxes != boxes_of(500, 30, "a", Plan(16, "random", count=3, seed=1))


def test_mirrored_copies_come_on_top() -> None:
    plain, mirrored = squares(stripes(), "a", Plan(16, "none", mirror=True))
    np.testing.assert_array_equal(np.asarray(plain)[:, ::-1], np.asarray(mirrored))


def test_large_pictures_are_averaged_rather_than_sampled() -> None:
    checks = np.indices((512, 512)).sum(0) % 2 * 255
    (square,) = squares(Image.fromarray(checks.astype(np.uint8)).convert("RGB"), "a", Plan(16))
    assert np.abs(np.asarray(square).astype(int) - 127).max() <= 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resolution": 100}, "'resolution' takes 16, 32"),
        ({"crop": "smart"}, "'crop' takes center, random, none, pad"),
        ({"count": 2}, "'crops' takes 1, or more with --crop random, got 2"),
        ({"seed": -1}, "'seed' takes 0 or more, got -1"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(options, message) -> None:
    with pytest.raises(InvalidArgument, match=message):
        Plan(**options)
