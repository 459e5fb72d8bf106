"""Scores: each rises with what it is named for, and a direction is judged by it."""

import functools

import numpy as np
import pytest
import torch

from players import renderer_of
from taxiway.families.stylegan.directions import painted
from taxiway.families.stylegan.directions.direction import direction
from taxiway.families.stylegan.directions.monotony import monotony, rank_correlation
from taxiway.families.stylegan.directions.painted import FACTOR_OF, painted_score
from taxiway.families.stylegan.directions.scores import SCORES, bow_strength, smooth
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.painting import paint
from taxiway.painting.factors import Reading


def z_of(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randn(512)


@functools.cache
def landscapes() -> np.ndarray:
    return np.stack([paint(z_of(1_000_000 + i), 32) for i in range(40)])


def changed(name: str, pictures: np.ndarray) -> np.ndarray:
    """The pictures with more of a score."""
    x = pictures.astype(float)
    grey = x.mean(axis=3, keepdims=True)
    more = {
        "brightness": x + 20,
        "warmth": x + np.array([15, 0, -15]),
        "saturation": grey + 1.3 * (x - grey),
        "contrast": 128 + 1.3 * (x - 128),
        "sharpness": x + (x - np.roll(x, 1, axis=2)),
        "cloudiness": grey + 0.6 * (x - grey),
    }[name]
    return more.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", [name for name in SCORES if name != "bow strength"])
def test_a_score_rises_with_what_it_is_named_for(name: str) -> None:
    before, after = SCORES[name](landscapes()), SCORES[name](changed(name, landscapes()))
    assert before.shape == (40,)
    assert (after > before).mean() > 0.95


def test_a_bow_is_seen_beside_the_same_landscape_without() -> None:
    twins = np.stack([paint(z_of(1_000_000 + i), 32, with_bow=False) for i in range(40)])
    assert (bow_strength(landscapes()) > bow_strength(twins)).mean() > 0.95


@pytest.mark.parametrize("size", [(8, 8), (5, 9)])
def test_scores_are_numbers_for_any_picture(size: tuple[int, int]) -> None:
    for pixels in (np.zeros((2, *size, 3), np.uint8), np.full((2, *size, 3), 255, np.uint8)):
        for score in SCORES.values():
            assert np.isfinite(score(pixels)).all()


def test_smoothing_is_a_mean_of_neighbours() -> None:
    plane = np.zeros((1, 9, 9))
    plane[0, 4, 4] = 9.0
    found = smooth(plane, 3)
    np.testing.assert_allclose(found[0, 3:6, 3:6], 1.0)
    assert found.sum() == pytest.approx(9)


@pytest.mark.slow
def test_the_painter_teaches_to_see_its_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painted, "LESSONS", 500)
    painted.lessons.cache_clear()
    readings = [Reading(z_of(1_000_000 + i)) for i in range(40)]
    for name, least in (("horizon height", 0.6), ("bow to the right", 0.6), ("water", 0.5)):
        factor, sign = FACTOR_OF[name]
        truth = [sign * reading[factor] for reading in readings]
        assert np.corrcoef(painted_score(name)(landscapes()), truth)[0, 1] > least
    painted.lessons.cache_clear()


def test_ranks_take_no_notice_of_sizes_and_share_ties() -> None:
    assert rank_correlation(np.array([1.0, 2, 100])) == pytest.approx(1)
    assert rank_correlation(np.array([5.0, 2, -1])) == pytest.approx(-1)
    assert rank_correlation(np.array([3.0, 3, 3])) == 0
    assert rank_correlation(np.array([1.0, 1, 2])) == pytest.approx(0.866, abs=1e-3)


def test_a_direction_is_as_good_as_its_score_rises() -> None:
    torch.manual_seed(0)
    g = renderer_of(new_stylegan2(16, 128, 16, 2, z_dim=16, w_dim=16).eval().requires_grad_(False))
    one = direction("x", np.eye(16)[0])
    assert monotony(g, one, lambda pictures: np.arange(len(pictures), dtype=float), 4) == 1
    assert monotony(g, one, lambda pictures: -np.arange(len(pictures), dtype=float), 4) == -1
    assert abs(monotony(g, one, SCORES["brightness"], 4)) <= 1
