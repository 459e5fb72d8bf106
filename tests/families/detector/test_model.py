"""What a detector takes and gives, under the names of all generations of sketches."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from taxiway.core.images import Pixels
from taxiway.families.detector.drawing import colour_of, with_boxes
from taxiway.families.detector.model import Detector
from taxiway.families.detector.precision import Found

URI = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8AAQgwA"
    "DgMB/1tGHz8AAAAASUVORK5CYII="
)


class Finder:
    classes = ("cat", "dog")
    facts: ClassVar[dict] = {}

    def __init__(self) -> None:
        self.asked: list[tuple[int, float, int]] = []

    def find(self, pictures: Sequence[Pixels], threshold: float, most: int) -> list[Found]:
        self.asked.append((len(pictures), threshold, most))
        boxes = np.array([[0.1, 0.2, 0.6, 0.7], [0, 0, 1, 1]])
        return [Found(boxes, np.array([1, 0]), np.array([0.9, 0.5])) for _ in pictures]


@pytest.fixture
def model() -> Detector:
    made = Detector()
    made.finder = Finder()
    return made


def call(**changes: object) -> dict:
    return {"image": np.zeros((50, 100, 3), np.uint8), "threshold": 0.4, "top": 50, **changes}


def test_what_is_found_has_every_name(model: Detector) -> None:
    [answer] = model.predict("detect", [call()])
    wire = Detector.commands["detect"].encode(answer, {})
    boxes = [[0.1, 0.2, 0.6, 0.7], [0.0, 0.0, 1.0, 1.0]]
    assert wire["boxes"] == wire["bboxes"] == wire["bounding_boxes"] == boxes
    assert wire["labels"] == wire["classes"] == ["dog", "cat"]
    assert wire["scores"] == [0.9, 0.5]
    assert wire["results"][0] == {"class": "dog", "score": 0.9, "bbox": [10.0, 10.0, 50.0, 25.0]}
    assert wire["size"] == {"width": 100, "height": 50}
    assert wire["image"].startswith("data:image/jpeg")


@pytest.mark.parametrize("name", ["image", "input_image", "photo"])
@pytest.mark.parametrize("command", ["detect", "detect_objects"])
def test_old_sketches_name_the_picture_in_their_way(command: str, name: str) -> None:
    decoded = Detector.commands[command].decode({name: URI, "confidence": 0.7})
    assert decoded["image"].shape == (1, 2, 3)
    assert (decoded["threshold"], decoded["top"]) == (0.7, 50)


def test_calls_that_ask_the_same_are_answered_at_once(model: Detector) -> None:
    answers = model.predict("detect", [call(), call(), call(threshold=0.9)])
    assert len(answers) == 3
    assert model.finder.asked == [(2, 0.4, 50), (1, 0.9, 50)]


def test_boxes_are_drawn_in_the_colour_of_their_class() -> None:
    picture = np.full((200, 300, 3), 90, np.uint8)
    drawn = with_boxes(picture, np.array([[0.2, 0.5, 0.6, 0.9]]), ["tree 90%"], [3])
    assert drawn.shape == picture.shape
    assert tuple(drawn[179, 120]) == colour_of(3)
    assert (drawn[:70] == 90).all()
    assert (drawn[120:170, 70:170] == 90).all()
    assert (picture == 90).all()
    assert len({colour_of(kind) for kind in range(40)}) == 40
    edge = with_boxes(picture, np.array([[0.9, 0, 1, 0.01]]), ["a very long name indeed"], [0])
    assert edge.shape == picture.shape
