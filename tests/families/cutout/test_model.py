"""Cutout: the drawn thing, and a photograph's, come out by a box, by clicks, or alone."""

from typing import Any

import numpy as np
import pytest
from skimage import data

from drawn import ellipse, iou, texture
from taxiway.core import extras
from taxiway.core.errors import InvalidArgument, MissingDependency
from taxiway.core.images import to_data_uri
from taxiway.families.cutout.model import Cutout
from taxiway.vision.cutting import guessed

COMMAND = Cutout.commands["cut"]
THERE = ellipse((120, 160), (90, 60), (40, 28), 0.4)
SCENE = texture(3, 120, 160, [(30, 90, 50), (110, 150, 90), (170, 160, 130)])
SCENE = np.where(THERE[:, :, None], texture(4, 120, 160, [(150, 40, 30), (220, 120, 60)]), SCENE)


def cut(pixels: Any = SCENE, name: str = "image", **wire: Any) -> Any:
    call = COMMAND.decode({name: to_data_uri(pixels, "PNG"), **wire})
    [answer] = Cutout().predict("cut", [call])
    return answer


@pytest.mark.parametrize(
    "hints",
    [
        {},
        {"box": [0.25, 0.2, 0.85, 0.8]},
        {"include": [[0.5, 0.5], [0.65, 0.55]], "exclude": [[0.1, 0.1], [0.9, 0.9]]},
    ],
    ids=["alone", "box", "clicks"],
)
def test_what_was_drawn_comes_out(hints: dict[str, Any]) -> None:
    answer = cut(**hints)
    assert iou(answer["mask"] > 127, THERE) > 0.95
    np.testing.assert_array_equal(answer["image"][:, :, 3], answer["mask"])
    assert answer["output"][5, 5].tolist() == [0, 255, 0]


def test_with_nothing_said_only_its_edge_is_looked_at_closely() -> None:
    state = guessed(SCENE.astype(np.uint8), 4)
    assert (state >= 2).mean() < 0.15
    assert iou(state % 2 == 1, THERE) > 0.9


def test_a_photograph_parts_at_its_object() -> None:
    mask = cut(data.coffee(), ground="navy", size=200)["mask"] > 127
    assert mask[270, 290]  # the cup
    assert not mask[30, 30]  # the table
    assert 0.2 < mask.mean() < 0.6


def test_old_names_are_sent_and_read() -> None:
    answer = cut(name="input_image", size=100)
    assert answer["output_image"] is answer["output"] is answer["masked_image"]
    np.testing.assert_array_equal(answer["mask"], cut(size=100)["mask"])


@pytest.mark.parametrize(
    "hints",
    [
        {"box": [0.4, 0.4, 0.401, 0.401]},
        {"box": [-3, -3, 9, 9]},
        {"include": [[7, -7]]},
        {"exclude": [[0.5, 0.5]]},
        {"box": [0.25, 0.2, 0.85, 0.8], "include": [[0.05, 0.05]], "exclude": [[0.05, 0.05]]},
        {"box": [2, 2, 3, 3]},
    ],
    ids=str,
)
def test_odd_hints_do_no_harm(hints: dict[str, Any]) -> None:
    for pixels in (SCENE[:30, :40], SCENE[:1, :1], np.zeros((20, 1, 3), np.uint8)):
        answer = cut(pixels, **hints)
        assert answer["image"].shape == (*pixels.shape[:2], 4)


def test_a_ground_that_is_no_colour_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgument) as refused:
        cut(ground="a nice one")
    assert refused.value.name == "ground"


def test_without_opencv_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "is_here", lambda module: module != "cv2")
    with pytest.raises(MissingDependency, match=r"cutout needs OpenCV: .*taxiway install vision"):
        Cutout().setup("cpu", {})


def test_a_click_beside_it_takes_away_its_whole_island() -> None:
    pixels = np.full((60, 80, 3), [20, 40, 160], np.uint8)
    pixels[20:40, 10:30] = pixels[20:40, 50:70] = [200, 30, 30]
    both = cut(pixels, include=[[0.25, 0.5]])["mask"]
    assert both[30, 20] > 200
    assert both[22, 68] > 200
    one = cut(pixels, include=[[0.25, 0.5]], exclude=[[0.75, 0.5]])["mask"]
    assert one[30, 20] > 200
    assert one[20:40, 50:70].max() < 50
