import numpy as np
import pytest

from taxiway.painting import direction
from taxiway.painting.camera import develop, look
from taxiway.painting.factors import Reading


@pytest.mark.parametrize("amount", [-1, 0, 1])
def test_the_horizon_is_where_elevation_is_zero(amount) -> None:
    view = look(Reading(amount * direction("horizon")), 200)
    above = (view.elevation[:, 100] > 0).sum()
    assert above == pytest.approx(view.horizon, abs=1)
    assert view.horizon / 200 == pytest.approx(1 - (0.285 + 0.115 * amount), abs=0.001)


def test_the_horizon_is_level() -> None:
    view = look(Reading(direction("swing")), 64)
    assert len(set((view.elevation > 0).sum(axis=0))) == 1


def test_looking_is_in_unit_vectors_and_to_the_right_is_positive() -> None:
    view = look(Reading(np.zeros(512)), 32)
    np.testing.assert_allclose(view.x**2 + view.y**2 + view.z**2, 1, atol=1e-5)
    assert (view.azimuth[:, -1] > 0).all()
    assert (view.azimuth[:, 0] < 0).all()


def test_a_wider_lens_sees_more() -> None:
    narrow, wide = (look(Reading(t * direction("lens")), 64) for t in (-1, 1))
    assert np.ptp(wide.azimuth) > np.ptp(narrow.azimuth)
    assert wide.pixel > narrow.pixel


def test_a_photograph_is_exposed_alike_in_dim_and_bright_light() -> None:
    light = np.random.RandomState(0).rand(32, 32, 3).astype(np.float32)
    dim, bright = (develop(light * k, Reading(np.zeros(512))).mean() for k in (0.3, 3.0))
    assert dim < bright < dim + 60
