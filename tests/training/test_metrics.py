import numpy as np
import pytest

from taxiway.training import metrics
from taxiway.training.pictures import painted


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    return painted(range(5000, 5160), 64)


def test_equal_sources_are_near_zero_apart(real) -> None:
    assert abs(metrics.kid(real[:80], real[80:])) < 0.01


def test_spoilt_pictures_are_farther(real) -> None:
    other = real[80:]
    equal = metrics.kid(real[:80], other)
    exchanged = metrics.kid(real[:80, ..., ::-1].copy(), other)
    flipped = metrics.kid(real[:80, ::-1].copy(), other)
    repeated = metrics.kid(np.repeat(real[:4], 20, axis=0), other)
    assert equal < min(exchanged, flipped, repeated) / 3


def test_a_lost_bow_is_noticed(real) -> None:
    twins = painted(range(5000, 5080), 64, with_bow=False)
    assert metrics.kid(twins, real[80:]) > 0.05


def test_variety_is_the_mean_distance_of_pairs() -> None:
    black, white = np.zeros((1, 32, 32, 3), np.uint8), np.full((1, 32, 32, 3), 255, np.uint8)
    assert metrics.spread(np.concatenate([black, white])) == pytest.approx(255, rel=1e-5)
    assert metrics.spread(np.concatenate([white, white])) == 0


def test_features_are_finite_for_flat_pictures() -> None:
    flat = np.full((2, 64, 64, 3), 127, np.uint8)
    assert metrics.features(flat).shape == (2, 3 * 64 + 3 * 8 * 48)
    assert np.isfinite(metrics.features(flat)).all()


def test_a_report_knows_the_painter_from_its_twins(real) -> None:
    twins = painted(range(6000, 6080), 64, with_bow=False)
    found = metrics.report(real[:80], real[80:], twins)
    assert found["bow_pass_rate"] > 0.85
    assert found["bow_pass_rate_without_bow"] <= 0.06
    assert found["kid"] < found["kid_without_bow"] / 5
    assert found["variety"] == pytest.approx(1, abs=0.15)
