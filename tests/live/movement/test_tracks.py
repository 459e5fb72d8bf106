"""Tracks: few points that say as much, and values between them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from session_fakes import GENERATE
from taxiway.core.datatypes import Number
from taxiway.latent.sample import z_of_seed
from taxiway.live.movement.tracks import MOST_POINTS, Track, player, thinned

TRUNCATION = GENERATE.inputs["truncation"]


@given(st.lists(st.floats(0, 2), min_size=2, max_size=60))
def test_what_is_left_says_as_much(values: list[float]) -> None:
    points = [(at / 10, value) for at, value in enumerate(values)]
    few = thinned(points, TRUNCATION)
    play = player(Track(few), "truncation", GENERATE)
    span = max(values) - min(values)
    assert few[0] == points[0]
    assert few[-1] == points[-1]
    assert all(abs(play(at) - value) <= 0.005 * span + 1e-9 for at, value in points)


def test_lines_and_steps_keep_their_corners_and_noise_is_bounded() -> None:
    rising = [(k / 60, k / 600) for k in range(600)]
    assert len(thinned(rising, TRUNCATION)) == 2
    steps = [(k / 60, k // 100) for k in range(600)]
    assert [at for at, _ in thinned(steps, Number(whole=True))] == [
        k / 60 for k in range(0, 600, 100)
    ]
    noise = [(k / 60, float(x)) for k, x in enumerate(np.random.default_rng(0).random(9000))]
    few = thinned(noise, TRUNCATION)
    assert len(few) <= MOST_POINTS
    assert [at for at, _ in few] == sorted({at for at, _ in few})
    assert thinned([(0.0, 1.0)], TRUNCATION) == [(0.0, 1.0)]


def test_vectors_go_over_the_sphere() -> None:
    one, other = z_of_seed(1), z_of_seed(2)
    still = [(0.0, one), (0.5, one), (1.0, one), (2.0, other)]
    few = thinned(still, GENERATE.inputs["z"])
    assert [at for at, _ in few] == [0.0, 1.0, 2.0]
    play = player(Track(few), "z", GENERATE)
    np.testing.assert_allclose(play(0.7), one, rtol=1e-5)
    assert np.linalg.norm(play(1.5)) > 0.9 * np.linalg.norm(one)
    np.testing.assert_allclose(play(9), other, rtol=1e-6)
