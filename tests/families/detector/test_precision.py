"""Average precision and suppression, on cases worked out by hand."""

import numpy as np
import pytest

from taxiway.families.detector.precision import Found, overlaps, precision
from taxiway.families.detector.suppression import surest

BOX = [0.0, 0.0, 10.0, 10.0]
FAR = [50.0, 50.0, 60.0, 60.0]


def found(*rows: tuple[list[float], int, float]) -> Found:
    boxes = np.array([row[0] for row in rows], float).reshape(-1, 4)
    return Found(
        boxes, np.array([row[1] for row in rows], int), np.array([r[2] for r in rows], float)
    )


def test_what_is_found_exactly_is_worth_one() -> None:
    there = [found((BOX, 0, 1), (FAR, 1, 1))]
    good = precision([found((FAR, 1, 0.3), (BOX, 0, 0.9))], there)
    assert (good.ap50, good.ap) == pytest.approx((1, 1))


def test_a_second_guess_at_the_same_box_is_wrong() -> None:
    there = [found((BOX, 0, 1)), found((FAR, 0, 1))]
    guesses = [found((BOX, 0, 0.9), (BOX, 0, 0.8)), found((FAR, 0, 0.7))]
    # One of one, one of two, two of three: 51 recalls at 1, and 50 at two thirds.
    assert precision(guesses, there).ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_loose_box_counts_at_loose_levels_only() -> None:
    loose = [0.0, 0.0, 10.0, 7.2]  # 0.72 of the box: up to level 0.7, five of ten
    good = precision([found((loose, 0, 0.5))], [found((BOX, 0, 1))])
    assert (good.ap50, good.ap) == pytest.approx((1, 0.5))


def test_a_class_that_is_missed_is_worth_nothing_and_one_that_is_not_there_does_not_count() -> None:
    good = precision([found((BOX, 0, 0.5), (FAR, 7, 0.9))], [found((BOX, 0, 1), (FAR, 1, 1))])
    assert good.each == pytest.approx({0: 1.0, 1: 0.0})
    assert good.ap50 == pytest.approx(0.5)
    assert precision([found()], [found()]).ap50 == 0


def test_overlap_is_what_is_common_of_what_both_cover() -> None:
    assert overlaps(np.array([BOX]), np.array([BOX, [5, 0, 15, 10], FAR])) == pytest.approx(
        np.array([[1, 1 / 3, 0]])
    )


def test_of_boxes_on_top_of_each_other_the_surest_of_each_class_stays() -> None:
    boxes = np.array([BOX, [0, 0, 10, 9], FAR, [0, 0, 10, 10]])
    scores = np.array([[0.6, 0.1], [0.9, 0.1], [0.2, 0.1], [0.0, 0.7]])
    kept = surest(boxes, scores, 0.15, 10)
    assert kept.scores.tolist() == [0.9, 0.7, 0.2]
    assert kept.classes.tolist() == [0, 1, 0]
    assert len(surest(boxes, scores, 0.15, 2).scores) == 2
    assert len(surest(boxes, scores, 0.95, 9).scores) == 0
