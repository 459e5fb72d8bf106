"""Boxes of YOLOv3 and YOLOv4 before they are decoded, against the formula cell by cell."""

from typing import Any

import numpy as np
import pytest

from taxiway.catalog.processing import OnnxOutput
from taxiway.core.errors import ModelFailed
from taxiway.onnx_files.before import Placed
from taxiway.onnx_files.boxes import anchored

AT = Placed((128, 64), (128, 64), (0, 0, 128, 64), (0, 0, 128, 64))
ANCHORS = [(10.0, 14.0), (30, 20), (60, 40), (100, 50)]
SCALES = [1.2, 1.05]
NAMES = ["bow", "cloud", "pond"]
CHANCE = np.random.default_rng(9)
MAPS = [CHANCE.normal(0, 1.5, (1, h, w, 2, 8)).astype("f4") for h, w in ((8, 16), (2, 4))]


def wanted(**said: Any) -> OnnxOutput:
    given = {"find": "objects", "decode": "anchors", "tensor": ["a", "b"], "names": NAMES,
             "anchors": ANCHORS, "scale_xy": SCALES, "post": ["sigmoid"]}  # fmt: skip
    return OnnxOutput(**{**given, **said})


def by_hand(maps: list[Any]) -> list[list[float]]:
    """Left, top, right, bottom, score and class of every anchor of every cell."""

    def sigmoid(x: float) -> float:
        return float(1 / (1 + np.exp(-np.float64(x))))

    found = []
    for number, cells in enumerate(maps):
        _, height, width, _, _ = cells.shape
        for row, column, anchor in np.ndindex(height, width, 2):
            x, y, w, h, anything, *classes = map(float, cells[0, row, column, anchor])
            scale = SCALES[number]
            middle_x = (sigmoid(x) * scale - 0.5 * (scale - 1) + column) * 128 / width
            middle_y = (sigmoid(y) * scale - 0.5 * (scale - 1) + row) * 64 / height
            wide = np.exp(w) * ANCHORS[number * 2 + anchor][0]
            high = np.exp(h) * ANCHORS[number * 2 + anchor][1]
            best = int(np.argmax(classes))
            score = sigmoid(anything) * sigmoid(classes[best])
            sides = [(middle_x - wide / 2) / 128, (middle_y - high / 2) / 64,
                     (middle_x + wide / 2) / 128, (middle_y + high / 2) / 64]  # fmt: skip
            found.append([*sides, score, best])
    return found


def test_every_box_is_where_the_formula_has_it() -> None:
    found, rows = anchored(MAPS, wanted(), AT), np.array(by_hand(MAPS))
    np.testing.assert_allclose(found.boxes, rows[:, :4], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.scores, rows[:, 4], rtol=1e-4)
    np.testing.assert_array_equal(found.ids, rows[:, 5])


@pytest.mark.parametrize(
    "order",
    [
        lambda x: x.reshape(*x.shape[:3], 16),
        lambda x: x.reshape(*x.shape[:3], 16).transpose(0, 3, 1, 2),
        lambda x: x.transpose(0, 3, 1, 2, 4),
        lambda x: x.transpose(0, 3, 4, 1, 2),
    ],
    ids=["h w an", "an h w", "a h w n", "a n h w"],
)
def test_exporters_have_their_axes_in_any_order(order: Any) -> None:
    found, again = (anchored(maps, wanted(), AT) for maps in (MAPS, [order(x) for x in MAPS]))
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_scores_that_are_ready_stay_so() -> None:
    ready = [x.copy() for x in MAPS]
    for x in ready:
        x[..., 4:] = 1 / (1 + np.exp(-x[..., 4:]))
    found, again = anchored(MAPS, wanted(), AT), anchored(ready, wanted(post=[]), AT)
    np.testing.assert_allclose(found.scores, again.scores, rtol=1e-5)
    np.testing.assert_array_equal(found.boxes, again.boxes)
    plain = anchored(MAPS, wanted(scale_xy=[]), AT)
    assert np.abs(plain.boxes - found.boxes).max() > 0.001


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ModelFailed, match="2 anchors, 5 and 3 names.; there is 1x8x16x2x9"):
        anchored([np.zeros((1, 8, 16, 2, 9)), MAPS[1]], wanted(), AT)
    for said in ({"anchors": ANCHORS[:3]}, {"anchors": []}, {"scale_xy": [1.1]}):
        with pytest.raises(ValueError, match="for each of its 2 tensors, got"):
            wanted(**said)
