"""How a detector is taught: places for boxes, and how wrong they are."""

import numpy as np
import pytest
import torch

from taxiway.families.detector.training.data import moved, rate_at, showing
from taxiway.families.detector.training.loss import Targets, assigned, giou, inside, iou, losses

PLACES = torch.tensor([[x + 4.0, y + 4.0] for y in range(0, 64, 8) for x in range(0, 64, 8)])
BOXES = torch.tensor([[[8.0, 8, 40, 40], [0, 0, 0, 0]]])


def targets(boxes: torch.Tensor = BOXES, real: tuple[bool, ...] = (True, False)) -> Targets:
    return Targets(boxes, torch.tensor([[1, 0]]), torch.tensor([list(real)]))


def around(places: torch.Tensor, half: float) -> torch.Tensor:
    return torch.cat([places - half, places + half], 1)[None]


def test_a_box_gets_the_places_in_it_that_cover_it_best() -> None:
    given = assigned(around(PLACES, 16), torch.full((1, 64, 2), 0.5), PLACES, targets())
    chosen = given.worth[0] > 0
    assert 1 <= chosen.sum() <= 10
    assert inside(PLACES, BOXES)[0, 0][chosen].all()
    best = PLACES[given.worth[0].argmax()]
    assert best.tolist() in ([20, 20], [28, 28], [20, 28], [28, 20])
    cover = iou(around(PLACES, 16)[0], BOXES[0, :1])
    assert given.worth.max().item() == pytest.approx(cover.max().item(), abs=1e-5)


def test_without_boxes_every_place_is_told_that_nothing_is_there() -> None:
    logits = torch.zeros(1, 64, 2, requires_grad=True)
    parts = losses(around(PLACES, 8), logits, PLACES, targets(real=(False, False)))
    assert parts["boxes"].item() == 0
    sum(parts.values()).backward()
    assert (logits.grad > 0).all()


def test_a_small_box_between_places_still_gets_one() -> None:
    small = torch.tensor([[[30.0, 30, 33, 33], [0, 0, 0, 0]]])
    given = assigned(around(PLACES, 8), torch.full((1, 64, 2), 0.5), PLACES, targets(small))
    assert (given.worth > 0).any()


def test_overlap_apart_is_worse_the_farther() -> None:
    box = torch.tensor([0.0, 0, 10, 10])
    shifts = torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]])
    assert iou(box, shifts).tolist() == [1, 0, 0]
    assert giou(box, shifts).tolist() == pytest.approx([1, -1 / 3, -3 / 5])


def test_boxes_go_with_the_picture() -> None:
    box = np.array([[0.0, 16, 32, 48]])
    mirrored = moved(box, 64, 1.0, np.zeros(2), -1.0)
    assert mirrored.tolist() == [[32, 16, 64, 48]]
    nearer = moved(box, 64, 0.5, np.zeros(2), 1.0)
    assert nearer.tolist() == [[-32, 0, 32, 64]]
    rng = np.random.default_rng(0)
    assert (showing(50, rng, False).mirror == 1).all()
    assert set(showing(50, rng, True).mirror[:, 0]) == {1.0, -1.0}


def test_the_rate_rises_and_falls() -> None:
    rates = [rate_at(seen, 1000, 100, 0.01) for seen in range(0, 1001, 50)]
    assert max(rates) == rates[2]
    assert rates[0] < rates[1] < rates[2]
    assert rates[-1] == pytest.approx(0.0002)
