import numpy as np
import pytest

from painted_sets import landscapes
from taxiway.families.stylegan.training.bow_test import (
    bow_scores,
    bow_threshold,
    pass_rate,
    red_outside_rate,
)
from taxiway.families.stylegan.training.painted_pictures import painted


@pytest.fixture(scope="module")
def bows() -> np.ndarray:
    return landscapes(range(7000, 7080))


@pytest.fixture(scope="module")
def threshold() -> float:
    return bow_threshold(landscapes(range(7000, 7080), with_bow=False))


def test_most_painted_landscapes_pass(bows, threshold) -> None:
    assert (bow_scores(bows) > threshold).mean() >= 0.9


def test_few_pass_upside_down(bows, threshold) -> None:
    assert (bow_scores(bows[:, ::-1].copy()) > threshold).mean() <= 0.15


def test_few_pass_without_their_bow(threshold) -> None:
    bowless = landscapes(range(7000, 7060), with_bow=False)
    assert (bow_scores(bowless) > threshold).mean() <= 0.1


def test_a_plain_arc_is_found_and_red_belongs_outside() -> None:
    y, x = np.mgrid[:64, :64]
    radius = np.hypot(x - 32, y - 60)
    arc = np.full((64, 64, 3), 120, np.uint8)
    arc[(radius >= 38) & (radius < 41), 0] = 220
    arc[(radius >= 35) & (radius < 38), 2] = 220
    grey = np.full_like(arc, 120)
    right, wrong, none = bow_scores(np.stack([arc, arc[..., ::-1], grey]))
    assert right > wrong > none


def test_larger_pictures_are_tested_at_64_px() -> None:
    small, large = landscapes(range(7000, 7008)), painted(range(7000, 7008), 128)
    np.testing.assert_allclose(bow_scores(small), bow_scores(large), rtol=0.25)


def test_pictures_do_not_influence_each_other(bows) -> None:
    alone = [bow_scores(bows[i : i + 1])[0] for i in range(3)]
    np.testing.assert_allclose(bow_scores(bows[:40])[:3], alone, rtol=1e-4)


def test_rates_are_shares(bows, threshold) -> None:
    assert pass_rate(bows, -np.inf) == 1
    assert pass_rate(bows, threshold) >= 0.9
    right = red_outside_rate(bows)
    assert right > 0.6
    assert red_outside_rate(np.ascontiguousarray(bows[..., ::-1])) == pytest.approx(1 - right)
