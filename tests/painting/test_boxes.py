"""Painted landscapes with things in them: the boxes are those of what shows."""

from collections import Counter

import numpy as np
import pytest

from taxiway.painting import boxes
from taxiway.painting.boxes import CLASSES, Labelled, box_of, paint_boxes


@pytest.fixture(scope="module")
def scenes() -> list[Labelled]:
    return [paint_boxes(seed, 96) for seed in range(12)]


def test_a_scene_has_boxes_of_classes_inside_the_picture(scenes: list[Labelled]) -> None:
    for scene in scenes:
        assert scene.picture.shape == (96, 96, 3)
        assert scene.picture.dtype == np.uint8
        assert len(scene.boxes) == len(scene.labels)
        for left, top, right, bottom in scene.boxes:
            assert 0 <= left < right <= 96
            assert 0 <= top < bottom <= 96
    counts = Counter(label for scene in scenes for label in scene.labels)
    assert set(counts) <= set(CLASSES)
    assert len(counts) >= 8
    assert counts["sun"] <= len(scenes)


def test_a_seed_is_a_scene(scenes: list[Labelled]) -> None:
    again = paint_boxes(3, 96)
    assert (again.picture == scenes[3].picture).all()
    assert (again.boxes, again.labels) == (scenes[3].boxes, scenes[3].labels)


def test_a_box_is_around_what_changes_with_the_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scene without its nearest thing differs within that thing's box and nowhere else."""
    seen = boxes._seen

    def without(placed: list[boxes._Placed], size: int) -> object:
        kept, found, covered = seen(placed, size)
        at = max(at for at, thing in enumerate(kept) if thing.name == found[0][1])
        return kept[:at] + kept[at + 1 :], found, covered

    scene = paint_boxes(5, 96)
    monkeypatch.setattr(boxes, "_seen", without)
    bare = paint_boxes(5, 96)
    differs = np.abs(scene.picture.astype(int) - bare.picture).max(axis=-1) > 40
    assert np.abs(np.subtract(box_of(differs), scene.boxes[0])).max() <= 2


def test_what_is_hidden_has_a_smaller_box_and_what_hardly_shows_none() -> None:
    def placed(name: str, depth: float, left: int, right: int) -> boxes._Placed:
        cover = np.ones((20, right - left), np.float32)
        light = np.ones((20, right - left, 3), np.float32)
        place = slice(10, 30), slice(left, right)
        return boxes._Placed(name, depth, *place, cover, light, float(cover.sum()))

    far, hidden, near = (
        placed("tree", 0.1, 0, 20), placed("boat", 0.2, 41, 58), placed("house", 0.9, 10, 60)
    )  # fmt: skip
    kept, found, _ = boxes._seen([far, hidden, near], 64)
    assert [thing.name for thing in kept] == ["tree", "house"]
    assert found == [((10, 10, 60, 30), "house"), ((0, 10, 10, 30), "tree")]
