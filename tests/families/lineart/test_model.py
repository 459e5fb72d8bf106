"""Line art: lines where a picture has edges, paper elsewhere, the same at any size."""

from typing import Any

import numpy as np
from PIL import Image

from drawn import ellipse
from taxiway.core.images import to_data_uri
from taxiway.families.lineart.model import LineArt

DISC = np.where(ellipse((96, 128), (60, 50), (40, 25))[:, :, None], 90, 220).astype(np.uint8)
DISC = np.repeat(DISC, 3, axis=2)


def drawn(pixels: np.ndarray[Any, Any] = DISC, name: str = "image", **wire: Any) -> Any:
    command = LineArt.commands["draw"]
    call = command.decode({name: to_data_uri(pixels, "PNG"), **wire})
    [answer] = LineArt().predict("draw", [call])
    assert answer["image"] is answer["output"]
    return answer["image"].astype(int)


def test_it_draws_edges_and_leaves_the_rest() -> None:
    lines = drawn(ink=0)[:, :, 0]
    assert lines[50, 60] == lines[5, 5] == 255
    assert lines[50, 17:24].min() < 60
    assert (lines < 128).mean() < 0.05


def test_each_control_does_what_it_says() -> None:
    plain = drawn()
    assert drawn(ink=1)[50, 60, 0] < plain[50, 60, 0] - 100
    assert (drawn(line_weight=4) < 128).sum() > 1.5 * (plain < 128).sum()
    faint = np.clip(DISC.astype(int), 190, 220).astype(np.uint8)
    assert drawn(faint, detail=1).min() < drawn(faint, detail=0).min() - 100
    np.testing.assert_array_equal(drawn(invert=True), 255 - plain)


def test_sketches_of_each_age_name_the_picture_their_way() -> None:
    for name in ("input", "input_image"):
        np.testing.assert_array_equal(drawn(name=name), drawn())


def test_a_picture_of_any_size_gives_one_of_its_size() -> None:
    for width, height in ((1, 1), (1, 300), (333, 7)):
        picture = np.asarray(Image.fromarray(DISC).resize((width, height)))
        assert drawn(picture, line_weight=6).shape == (height, width, 3)


def test_lines_are_as_thick_at_any_size() -> None:
    large = np.asarray(Image.fromarray(DISC).resize((512, 384)))
    shares = [(drawn(picture, ink=0, line_weight=4) < 128).mean() for picture in (DISC, large)]
    assert abs(shares[0] - shares[1]) < 0.25 * shares[0]
