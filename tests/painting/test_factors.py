import math

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.painting import FACTORS, direction
from taxiway.painting.factors import SKIES, Reading


def test_directions_are_orthonormal() -> None:
    rows = np.stack([direction(factor.name) for factor in FACTORS])
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(FACTORS)), atol=1e-12)


def test_every_number_of_z_matters_equally() -> None:
    assert {round(abs(x), 12) for x in direction("horizon")} == {round(1 / math.sqrt(512), 12)}


def test_names_are_unique() -> None:
    assert len({factor.name for factor in FACTORS}) == len(FACTORS)


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_a_factor_reaches_its_ends_along_its_direction(factor) -> None:
    span = factor.high - factor.low
    assert Reading(direction(factor.name))[factor.name] == pytest.approx(factor.high)
    assert Reading(-direction(factor.name))[factor.name] == pytest.approx(factor.low)
    middle = Reading(np.zeros(512))[factor.name]
    assert middle == pytest.approx(factor.low + span / 2)


def test_a_direction_leaves_the_other_factors_alone() -> None:
    reading = Reading(direction("warmth"))
    for factor in FACTORS:
        if factor.name != "warmth":
            assert reading[factor.name] == pytest.approx((factor.low + factor.high) / 2)


def test_random_z_spread_a_factor_evenly() -> None:
    zs = np.random.RandomState(0).randn(2000, 512)
    values = np.array([Reading(z)["sun height"] for z in zs])
    counts, _ = np.histogram(values, bins=5, range=(3, 20))
    assert counts.sum() == 2000
    assert counts.min() > 320


def test_length_does_not_count() -> None:
    z = np.random.RandomState(1).randn(512)
    for scale in (1e-12, 0.3, 1e200):
        assert Reading(z * scale)["swing"] == pytest.approx(Reading(z)["swing"], rel=1e-9)


def test_psi_pulls_every_factor_to_its_middle() -> None:
    z = np.random.RandomState(2).randn(512)
    whole, half, none = (Reading(z, psi) for psi in (1.0, 0.5, 0.0))
    for factor in FACTORS:
        middle = (factor.low + factor.high) / 2
        assert none[factor.name] == pytest.approx(middle)
        assert abs(half[factor.name] - middle) < abs(whole[factor.name] - middle)


def test_a_blend_sums_to_one_and_follows_the_highest_score() -> None:
    weights = Reading(direction("golden sky")).blend(SKIES)
    assert sum(weights) == pytest.approx(1)
    assert SKIES[int(np.argmax(weights))] == "golden sky"


def test_shapes_come_in_order() -> None:
    reading = Reading(direction("cloud shape 2"))
    assert [round(x, 3) for x in reading.shape("cloud shape")] == [0, 1.7, 0, 0]


def test_an_unknown_factor_lists_those_there_are() -> None:
    with pytest.raises(InvalidArgument, match=r"no factor 'unicorns'; it has horizon, sun height"):
        direction("unicorns")


def test_a_direction_is_a_copy() -> None:
    direction("horizon")[:] = 0
    assert np.abs(direction("horizon")).sum() > 0


@pytest.mark.parametrize(
    ("z", "complaint"),
    [
        (np.zeros(511), "'z' takes 512 numbers, got 511."),
        (np.full(512, np.nan), "'z' takes finite numbers, got NaN or infinity."),
        (np.full(512, np.inf), "'z' takes finite numbers, got NaN or infinity."),
    ],
)
def test_a_wrong_z_is_named(z, complaint) -> None:
    with pytest.raises(InvalidArgument) as error:
        Reading(z)
    assert str(error.value) == complaint
    assert error.value.name == "z"
