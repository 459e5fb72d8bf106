from copy import deepcopy

import numpy as np
import pytest
import torch

from taxiway.families.stylegan.training.distilling import (
    Distillation,
    Distilling,
    Pairs,
    begin,
    hinged,
)
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import new_generator
from taxiway.painting import paint
from taxiway.painting.factors import directions, scores

SIZE = 16


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    z = np.random.RandomState(0).randn(16, 512).astype(np.float32)
    return Pairs(z, scores(z), np.stack([paint(one, SIZE) for one in z]))


def lesson(**settings: float) -> Distillation:
    made = Distillation(SIZE, len(directions()), Distilling(bf16=False, **settings))  # type: ignore[arg-type]
    begin(made, {}, {}, directions())
    return made


def test_a_straight_line_reads_every_factor_off_the_first_w() -> None:
    g = new_generator(8, Settings())
    hinged(g, directions())
    z = np.random.RandomState(1).randn(4000, 512).astype(np.float32)
    with torch.no_grad():
        w = g.mapping(torch.from_numpy(z)).double().numpy()
    w = np.column_stack([w, np.ones(len(w))])
    found, *_ = np.linalg.lstsq(w[:3000], scores(z[:3000]), rcond=None)
    left = (w[3000:] @ found - scores(z[3000:])).var(axis=0)
    assert left.max() < 0.1  # of 1


def test_pictures_come_to_be_like_their_pairs(pairs: Pairs) -> None:
    made, few = lesson(alone=1000, rate=0.005, batch=8), Pairs(*(part[:4] for part in pairs))
    told = [made.step(few)["pixels"] for _ in range(14)]
    assert max(told[-3:]) < 0.7 * told[0]


def test_a_saved_lesson_goes_on_as_if_it_had_never_stopped(pairs: Pairs) -> None:
    first, again = lesson(alone=1, edge=1.0, batch=8), lesson(alone=1, edge=1.0, batch=8)
    for _ in range(2):
        first.step(pairs)
    again.restore(deepcopy(first.state()))
    told, other = first.step(pairs), again.step(pairs)
    assert told == other
    assert {"pixels", "edge", "d", "g", "features"} == told.keys()
    before, after = (x.g.state_dict() for x in (first, again))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_lesson_goes_on_at_the_rate_that_it_is_given(pairs: Pairs) -> None:
    first, slower = lesson(alone=9, batch=8), lesson(alone=9, batch=8, rate=0.0001)
    first.step(pairs)
    slower.restore(deepcopy(first.state()))
    before = deepcopy(slower.g.state_dict())
    slower.step(pairs)
    first.step(pairs)
    name = "synthesis.b8.conv1.weight"
    moved, usual = (
        (one.g.state_dict()[name] - before[name]).abs().mean() for one in (slower, first)
    )
    assert 0 < moved < 0.1 * usual


def test_one_of_twice_the_size_keeps_what_it_learnt(pairs: Pairs) -> None:
    small = lesson(alone=9)
    small.step(pairs)
    large = Distillation(2 * SIZE, len(directions()), Distilling())
    large.restore(small.state())
    for name, tensor in small.g.state_dict().items():
        assert torch.equal(large.g.state_dict()[name], tensor)
    assert (large.steps, large.size) == (1, 2 * SIZE)
