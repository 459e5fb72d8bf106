"""Key points of a film carried over to a picture, against the formulas one by one."""

import numpy as np
import pytest

from taxiway.families.motion.key_points import KeyPoints, carried, hull_area

CHANCE = np.random.default_rng(3)


def some(scale: float = 1.0) -> KeyPoints:
    turns = np.eye(2) + CHANCE.normal(0, 0.2, (6, 2, 2))
    return KeyPoints(CHANCE.uniform(-scale, scale, (6, 2)), turns)


def test_points_go_as_far_as_the_figure_is_large() -> None:
    """Relative movement with its scale adapted: Siarohin and others, 2019."""
    own, first, now = some(0.5), some(), some()
    found = carried(own, first, now)
    scale = np.sqrt(hull_area(own.values)) / np.sqrt(hull_area(first.values))
    assert found.jacobians is not None
    for k in range(6):
        moved = own.values[k] + (now.values[k] - first.values[k]) * scale
        np.testing.assert_allclose(found.values[k], moved)
        a, b, c = (each.jacobians[k] for each in (now, first, own))
        np.testing.assert_allclose(found.jacobians[k], a @ np.linalg.inv(b) @ c)


def test_at_rest_and_twice_as_far() -> None:
    own, first, now = some(), some(), some()
    for still in (carried(own, first, first), carried(own, first, now, amount=0)):
        np.testing.assert_allclose(still.values, own.values)
        np.testing.assert_allclose(still.jacobians, own.jacobians, atol=1e-12)
    once, twice = (carried(own, first, now, amount).values - own.values for amount in (1, 2))
    np.testing.assert_allclose(twice, 2 * once)
    plain = carried(own, KeyPoints(first.values), now)
    assert plain.jacobians is None


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5], [0, 0]], 1.0),
        ([[0, 0], [2, 0], [0, 2], [0.5, 0.5]], 2.0),
        ([[0, 0], [1, 1], [2, 2]], 0.0),
        ([[3, 3]], 0.0),
        ([[0, 0], [4, 0], [2, 0], [2, 3]], 6.0),
    ],
    ids=["square", "triangle", "line", "point", "on the edge"],
)
def test_the_area_around_points(points: list[list[float]], area: float) -> None:
    assert hull_area(np.array(points, float)) == pytest.approx(area)


def test_a_film_whose_points_lie_on_each_other_moves_as_it_does() -> None:
    own, flat = some(), KeyPoints(np.zeros((6, 2)))
    np.testing.assert_allclose(
        carried(own, flat, KeyPoints(flat.values + 0.1)).values, own.values + 0.1
    )
