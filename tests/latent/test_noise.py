"""The noise of p5.js 1.x, number for number, and vectors made of it."""

import json

import numpy as np
import pytest

from paths import FIXTURES
from taxiway.latent.noise import noise, noise_table, noise_vector, noise_vectors


def test_it_is_p5s_noise_along_a_line() -> None:
    for curve in json.loads((FIXTURES / "p5_noise.json").read_text())["curves"]:
        x, expected = np.array(curve["values"]).T
        drawn = noise(noise_table(curve["seed"]), x)
        np.testing.assert_allclose(drawn, expected, rtol=0, atol=1e-14)


def test_it_is_p5s_noise_in_three_dimensions() -> None:
    for row in json.loads((FIXTURES / "p5_noise_3d.json").read_text())["values"]:
        seed, octaves, falloff, x, y, z, expected = row
        drawn = noise(noise_table(int(seed)), x, y, z, int(octaves), falloff)
        assert float(drawn) == pytest.approx(expected, abs=1e-14)


def test_points_broadcast_and_negative_ones_mirror() -> None:
    table = noise_table(5)
    grid = noise(table, np.arange(4.0), np.arange(3.0)[:, None])
    assert grid.shape == (3, 4)
    assert grid[2, 3] == noise(table, 3.0, 2.0)
    assert noise(table, -1.25) == noise(table, 1.25)


def test_vectors_have_the_statistics_of_the_old_console() -> None:
    vectors = np.stack([noise_vector(seed) for seed in range(300)])
    assert vectors.mean() == pytest.approx(-0.245, abs=0.005)
    assert vectors.std() == pytest.approx(0.27, abs=0.005)
    assert np.linalg.norm(vectors, axis=1).mean() == pytest.approx(8.2, abs=0.1)


def test_centred_vectors_lean_to_no_side() -> None:
    vector = noise_vector(3, 256, centred=True)
    assert vector.shape == (256,)
    assert vector.dtype == np.float32
    assert vector.mean() == pytest.approx(0, abs=1e-6)
    assert vector.std() == pytest.approx(1, abs=1e-6)


def test_neighbours_in_time_are_alike() -> None:
    table, y = noise_table(1), np.array([0.0, 0.01, 5.0])
    still, near, far = noise_vectors(table, y, np.zeros(3), 512)
    assert np.linalg.norm(near - still) < 0.1 * np.linalg.norm(far - still)
