"""What is done to tensors on their way out, against plain numpy."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from taxiway.catalog.processing import OnnxInput, OnnxOutput
from taxiway.core.datatypes import Boolean, Category, Number, Segmentation, Text
from taxiway.core.errors import ModelFailed
from taxiway.onnx_files.after import Seen, sigmoid, softmax, table, value_of
from taxiway.onnx_files.before import placed
from taxiway.onnx_files.boxes import Found, objects
from taxiway.onnx_files.points import classes
from taxiway.onnx_files.reading import Tensor
from taxiway.onnx_files.tiles import starts, tiled

CHANCE = np.random.default_rng(5)
NOTHING = Seen({}, {}, {})


def out(x: Any, seen: Seen = NOTHING, **said: Any) -> Any:
    return value_of(np.asarray(x), OnnxOutput(**said), seen)


def test_levels() -> None:
    x = CHANCE.uniform(-0.2, 1.2, (1, 3, 6, 7)).astype(np.float32)
    wanted = np.rint(np.clip(x[0].transpose(1, 2, 0), 0, 1) * 255)
    np.testing.assert_array_equal(out(x), wanted)
    np.testing.assert_array_equal(out(x, invert=True), 255 - wanted)
    np.testing.assert_array_equal(out(x, channels="BGR"), wanted[..., ::-1])
    np.testing.assert_array_equal(out(x * 255, range=(0, 255)), wanted)
    np.testing.assert_array_equal(out(x * 2 - 1, range=(-1, 1)), wanted)
    normal = (x - 0.4) / 0.25
    assert np.abs(out(normal, mean=(0.4,), std=(0.25,)).astype(int) - wanted).max() <= 1
    whole = CHANCE.integers(0, 255, (1, 6, 7, 3), np.uint8)
    np.testing.assert_array_equal(out(whole), whole[0])


def test_verbs() -> None:
    x = CHANCE.normal(0, 3, (1, 1, 6, 7)).astype(np.float32)
    plane = x[0, 0]
    for post, wanted in {
        "sigmoid": 1 / (1 + np.exp(-plane)),
        "minmax": (plane - plane.min()) / np.ptp(plane),
        "exp": np.exp(plane),
    }.items():
        levels = np.rint(np.clip(wanted, 0, 1) * 255)
        got = out(x, post=[post]).astype(int)
        assert np.abs(got - levels[..., None]).max() <= 1, post
    big = np.float32([-1e4, 0, 1e4])
    np.testing.assert_allclose(sigmoid(big), [0, 0.5, 1])
    np.testing.assert_allclose(softmax(big[None], 1), [[0, 0, 1]])
    assert np.all(out(np.full((1, 1, 4, 4), 7.0), post=["minmax"]) == 0)
    assert np.all(out(np.full((1, 1, 4, 4), np.nan)) == 0)
    ways = out(np.float32([0, 3, 4]).reshape(1, 3, 1, 1), post=["normals"], range=(-1, 1))
    np.testing.assert_array_equal(ways[0, 0], np.rint((np.array([0, 0.6, 0.8]) + 1) * 127.5))


def test_colour_maps() -> None:
    x = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 1, 16, 16)
    np.testing.assert_array_equal(out(x, colours="fire").reshape(256, 3), table("fire"))
    assert len(np.unique(table("rainbow"), axis=0)) > 200


def test_segmentation_is_the_likeliest_label() -> None:
    x = CHANCE.normal(0, 1, (1, 4, 6, 7)).astype(np.float32)
    field = Segmentation(labels=("a", "b", "c", "d"))
    np.testing.assert_array_equal(out(x, field=field), x[0].argmax(0))
    ids = x.argmax(1)
    np.testing.assert_array_equal(out(ids, field=field), ids[0])


def test_plain_values() -> None:
    assert out([[0.25]], field=Number()) == 0.25
    assert out([2.6], field=Number(whole=True)) == 3
    assert out([0.7], field=Boolean()) is True
    assert out([[1.0, 3, 2]], field=Category(one_of=("a", "b", "c"))) == "b"
    assert out([[1.0, 3]], field=Text(), names=["no", "yes"]) == "yes"
    assert out(np.array([["hello"]], object), field=Text()) == "hello"
    with pytest.raises(ModelFailed, match="no finite number"):
        out([np.inf], field=Number())
    with pytest.raises(ModelFailed, match="where its manifest has a picture"):
        out([1.0])


def test_pictures_come_back_in_the_size_they_came() -> None:
    photo = CHANCE.integers(0, 255, (30, 60, 3), np.uint8)
    given = OnnxInput(name="image", fit="contain", size=(24, 24))
    at = placed((60, 30), given, Tensor("x", "float32", (1, 3, 24, 24)))
    seen = Seen({"image": photo}, {"image": at}, {})
    flat = np.zeros((1, 3, 24, 24), np.float32)
    flat[:, :, 6:18] = 1  # what of the network's picture is the photo's
    assert out(flat, seen).shape == (30, 60, 3)
    assert out(flat, seen).min() == 255
    assert out(flat, seen, resize="network").shape == (24, 24, 3)
    twice = np.ones((1, 3, 48, 48), np.float32)
    assert out(twice, seen).shape == (60, 120, 3)
    half = np.ones((1, 3, 12, 12), np.float32)
    assert out(half, seen).shape == (30, 60, 3)
    both = out(flat * 0, seen, compose="mix", strength=0.25)
    np.testing.assert_allclose(both, photo * 0.75, atol=0.6)


def test_of_boxes_on_one_thing_the_likeliest_stays() -> None:
    boxes = CHANCE.uniform(0, 0.6, (40, 4))
    boxes[:, 2:] = boxes[:, :2] + CHANCE.uniform(0.1, 0.4, (40, 2))
    scores, ids = CHANCE.uniform(0, 1, 40), CHANCE.integers(0, 2, 40)
    found = objects(Found(boxes, scores, ids), 0.3, 0.4, 100)
    kept: list[int] = []
    for each in np.argsort(-scores):
        if scores[each] >= 0.3 and all(
            ids[each] != ids[other] or overlap(boxes[each], boxes[other]) <= 0.4 for other in kept
        ):
            kept.append(int(each))
    np.testing.assert_array_equal(found.boxes, boxes[kept])
    assert len(objects(Found(boxes, scores, ids), 0.0, 1.0, 5).ids) == 5
    nothing = objects(Found(boxes[:0], scores[:0], ids[:0]), 0.5, 0.5, 5)
    assert nothing.boxes.shape == (0, 4)


def overlap(a: Any, b: Any) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(both / (area - both))


def test_classes() -> None:
    wanted = OnnxOutput(find="classes", names=["cat", "dog", "bow"])
    found = classes([np.array([[0.0, 1, 3]])], wanted, NOTHING)
    assert (found["label"], found["labels"]) == ("bow", ["bow", "dog", "cat"])
    likely = np.exp([3, 1, 0]) / np.exp([3, 1, 0]).sum()
    np.testing.assert_allclose(found["scores"], likely, rtol=1e-5)
    assert found["results"][0]["className"] == "bow"


def test_tiles_meet_without_seams() -> None:
    photo = CHANCE.integers(0, 255, (50, 37, 3), np.uint8)
    calls = []

    def compute(part: Any) -> Any:
        assert part.shape == (16, 24, 3)
        calls.append(part)
        return part.astype(np.float32)

    np.testing.assert_array_equal(tiled(photo, (24, 16), 5, compute), photo)
    assert len(calls) == 2 * 5
    assert starts(10, 16, 4) == [0]
    for side in range(16, 60):
        places = starts(side, 16, 4)
        assert places[-1] + 16 == side
        assert all(after - before <= 12 for before, after in pairwise(places))
