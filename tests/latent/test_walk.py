"""Walks: they close, they keep their speed, they visit their keys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.latent import walk
from taxiway.latent.sample import z_of_seed
from taxiway.latent.walk import Curve, Walk

KEYS = np.stack([z_of_seed(seed, 64) for seed in range(6)])
THROUGH = {"linear": walk.linear, "slerp": walk.slerp, "spline": walk.spline}
LOOPS: dict[str, Curve] = {
    **{name: make(KEYS, True) for name, make in THROUGH.items()},
    "rows": walk.spline(KEYS.reshape(3, 2, 64), True),
    "circle": walk.circle(KEYS[0], KEYS[1]),
    "wander": walk.wander(3, 64),
    "noise": walk.noise_loop(3, 64, radius=0.1),
    "random": walk.spline(walk.random_walk(3, KEYS[0], 12), True),
}


def speeds(curve: Curve, frames: int = 600) -> np.ndarray:
    places = Walk(curve)(np.arange(frames + 1) / frames).reshape(frames + 1, -1)
    return np.linalg.norm(np.diff(places, axis=0), axis=1)


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_ends_where_it_began(name: str) -> None:
    loop = Walk(LOOPS[name])
    before, start, after = loop([1 - 1e-9, 0.0, 1.0])
    np.testing.assert_allclose(before, start, atol=1e-6)
    np.testing.assert_array_equal(after, start)
    assert np.linalg.norm(loop(0.5) - start) > 0.05


@pytest.mark.parametrize("name", LOOPS)
def test_at_constant_speed_no_frame_is_faster_than_another(name: str) -> None:
    steps = speeds(walk.constant(LOOPS[name]))
    corners = len(KEYS) if name in ("linear", "slerp") else 0
    steady = np.sort(steps)[corners:] if corners else steps
    assert steady.std() / steady.mean() < 1e-3


def test_the_keys_of_a_spline_make_its_speed_uneven_otherwise() -> None:
    steps = speeds(LOOPS["spline"])
    assert steps.std() / steps.mean() > 0.05


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("name", THROUGH)
def test_every_key_is_visited_in_its_time(name: str, closed: bool) -> None:
    count = len(KEYS) if closed else len(KEYS) - 1
    journey = Walk(THROUGH[name](KEYS, closed), closed)
    np.testing.assert_allclose(journey(np.arange(len(KEYS)) / count), KEYS, atol=1e-4)


def test_a_spline_has_no_corner_at_a_key_and_a_line_has() -> None:
    def bend(curve: Curve) -> float:
        before, at, after = Walk(curve)([1 / 6 - 1e-4, 1 / 6, 1 / 6 + 1e-4])
        return float(np.linalg.norm((after - at) - (at - before)) / np.linalg.norm(after - at))

    assert bend(LOOPS["spline"]) < 0.01
    assert bend(LOOPS["linear"]) > 0.5


def test_slerp_keeps_the_length_of_z_where_a_line_loses_it() -> None:
    middle = 0.5 / 6
    lengths = np.linalg.norm(KEYS[:2], axis=1)
    arc, line = (np.linalg.norm(Walk(LOOPS[name])(middle)) for name in ("slerp", "linear"))
    assert arc == pytest.approx(lengths.mean(), rel=1e-6)
    assert line < 0.85 * arc


def test_slerp_of_the_same_key_twice_stays_there() -> None:
    still = Walk(walk.slerp(np.stack([KEYS[0], KEYS[0]])))
    np.testing.assert_allclose(still([0.3]), KEYS[:1], atol=1e-6)
    zeros = Walk(walk.slerp(np.zeros((2, 8))))
    np.testing.assert_array_equal(zeros([0.3]), np.zeros((1, 8)))


def test_a_circle_goes_through_its_keys_and_their_opposites() -> None:
    loop = Walk(LOOPS["circle"])
    np.testing.assert_allclose(
        loop([0, 0.25, 0.5, 0.75]), [KEYS[0], KEYS[1], -KEYS[0], -KEYS[1]], atol=1e-6
    )


def test_wander_has_the_spread_of_fresh_z_and_forgets_at_its_pace() -> None:
    z = np.stack([Walk(walk.wander(seed, 512, changes=8))([0, 1 / 8, 0.5]) for seed in range(8)])
    assert z.std() == pytest.approx(1, abs=0.03)
    cosine = (z[:, 0] * z[:, 1]).sum() / (z[:, 0] ** 2).sum()
    assert cosine == pytest.approx(np.exp(-0.5), abs=0.05)
    assert abs((z[:, 0] * z[:, 2]).sum() / (z[:, 0] ** 2).sum()) < 0.1


def test_a_random_walk_steps_by_its_angle_and_stays_on_the_shell() -> None:
    keys = walk.random_walk(1, z_of_seed(0), 40, angle=0.3, closed=False)
    lengths = np.linalg.norm(keys, axis=1)
    cosines = (keys[1:] * keys[:-1]).sum(1) / lengths[1:] / lengths[:-1]
    assert np.arccos(cosines).mean() == pytest.approx(0.3, abs=0.02)
    assert lengths.min() > 0.7 * np.sqrt(512)
    np.testing.assert_array_equal(walk.random_walk(1, z_of_seed(0), 40, 0.3, False), keys)


def test_keys_come_at_their_times() -> None:
    timed = Walk(walk.timed(walk.linear(KEYS[:3], True), [0, 1, 5, 10]))
    np.testing.assert_allclose(timed([0, 0.1, 0.5]), KEYS[:3], atol=1e-6)
    np.testing.assert_allclose(timed([0.3]), (KEYS[1:2] + KEYS[2:3]) / 2, atol=1e-6)


@pytest.mark.parametrize("times", [[1, 2, 3], [0, 2, 2], [0], [0, float("nan")]])
def test_times_that_do_not_grow_from_0_are_refused(times: list[float]) -> None:
    with pytest.raises(InvalidArgument, match="begin at 0 and grow"):
        walk.timed(walk.linear(KEYS), times)


def test_an_eased_walk_rests_at_its_keys() -> None:
    steps = speeds(walk.eased(walk.linear(KEYS, True), len(KEYS)), 600)
    assert steps[0] < 0.05 * steps[50]
    np.testing.assert_allclose(
        Walk(walk.eased(walk.linear(KEYS, True), 6))([1 / 12]), KEYS[:2].mean(0)[None], atol=1e-6
    )


def test_an_open_walk_shows_both_ends_and_a_closed_one_no_frame_twice() -> None:
    assert Walk(walk.linear(KEYS, False), closed=False).places(5).tolist() == [
        0,
        0.25,
        0.5,
        0.75,
        1,
    ]
    assert Walk(walk.linear(KEYS), closed=True).places(4).tolist() == [0, 0.25, 0.5, 0.75]


def test_one_key_alone_is_a_loop_that_stands_still_and_no_open_walk() -> None:
    for name in THROUGH:
        np.testing.assert_array_equal(
            Walk(walk.constant(THROUGH[name](KEYS[:1], True)))([0, 0.7]), KEYS[[0, 0]]
        )
        with pytest.raises(InvalidArgument, match="two keys or more"):
            THROUGH[name](KEYS[:1], False)


def test_a_pulse_goes_there_and_back() -> None:
    psi = walk.pulse(0.3, 1.0, times=2)
    np.testing.assert_allclose(psi(np.array([0, 0.25, 0.5, 0.75])), [0.3, 1.0, 0.3, 1.0], atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(u=st.floats(-5, 5), name=st.sampled_from(sorted(LOOPS)), turns=st.integers(-3, 3))
def test_the_period_is_exactly_1(u: float, name: str, turns: int) -> None:
    loop = Walk(LOOPS[name])
    np.testing.assert_allclose(loop(u), loop(u + turns), atol=1e-6)
