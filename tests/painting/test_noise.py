import numpy as np
import pytest

from taxiway.painting.noise import SIDE, fields, look_up, mixed, profile


@pytest.mark.parametrize("kind", ["soft", "fine"])
def test_fields_have_mean_zero_and_deviation_one(kind) -> None:
    assert fields(kind).shape == (4, SIDE, SIDE)
    np.testing.assert_allclose(fields(kind).mean(axis=(1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(fields(kind).std(axis=(1, 2)), 1, atol=1e-3)


def test_a_mixed_field_keeps_its_strength_whatever_the_weights() -> None:
    for weights in ([0.0] * 4, [3.0, 0.1, 0.0, -2.0], [-0.6, 1.0, 1.0, 1.0]):
        assert 0.6 < mixed("soft", weights).std() < 1.5


def test_looking_up_hits_the_table_and_wraps() -> None:
    field = mixed("fine", [1.0, 0.0, 0.0, 0.0])
    places = np.array([0.0, 10.0, 255.0, 256.0, -1.0], dtype=np.float32) / SIDE
    seen = look_up(field, places, np.full(5, 7 / SIDE, dtype=np.float32))
    np.testing.assert_allclose(seen, field[7, [0, 10, 255, 0, 255]], atol=1e-4)


def test_between_entries_looking_up_is_linear() -> None:
    field = mixed("fine", [1.0, 0.0, 0.0, 0.0])
    u, v = np.array([3.5 / SIDE], np.float32), np.array([8.25 / SIDE], np.float32)
    left, right = (0.75 * field[8, i] + 0.25 * field[9, i] for i in (3, 4))
    assert look_up(field, u, v)[0] == pytest.approx((left + right) / 2, abs=1e-4)


def test_a_profile_closes_around_the_horizon() -> None:
    turn = np.array([-np.pi, np.pi, 0.3, 0.3 + 2 * np.pi], dtype=np.float32)
    ends = profile([1.0, -1.0, 0.5], turn, 1.5)
    assert ends[0] == pytest.approx(ends[1], abs=1e-3)
    assert ends[2] == pytest.approx(ends[3], abs=1e-3)
