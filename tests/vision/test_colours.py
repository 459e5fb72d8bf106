"""Colours: the way to light and colour and back, and what is matched."""

import numpy as np

from drawn import texture
from taxiway.vision.colours import lab, matched, mixed, rgb

PICTURE = texture(1, 30, 40, [(10, 30, 90), (200, 40, 30), (250, 240, 90)])


def test_every_colour_comes_back() -> None:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    every = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    assert np.abs(rgb(lab(every)).astype(int) - every).max() <= 1


def test_greys_have_no_colour() -> None:
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    light = lab(greys)
    assert np.abs(light[:, 1:]).max() < 1e-3
    np.testing.assert_allclose(light[[0, 255], 0], [0, 1], atol=1e-3)


def test_a_picture_matched_with_itself_stays() -> None:
    for together in (False, True):
        assert np.abs(matched(PICTURE, PICTURE, together).astype(int) - PICTURE).max() <= 2


def test_together_colours_vary_with_each_other_as_in_the_other() -> None:
    other = texture(5, 30, 40, [(90, 60, 60), (160, 190, 120)])
    made = lab(matched(PICTURE, other, together=True).reshape(-1, 3))
    np.testing.assert_allclose(np.cov(made.T), np.cov(lab(other.reshape(-1, 3)).T), atol=2e-3)


def test_one_plain_colour_makes_no_noise() -> None:
    plain = np.full((20, 20, 3), 128, np.uint8)
    plain[0, 0] = 129
    assert matched(plain, PICTURE)[1:].reshape(-1, 3).std(0).max() == 0
    assert (matched(PICTURE, plain).reshape(-1, 3).std(0) < 3).all()
    np.testing.assert_array_equal(mixed(plain, PICTURE[:20, :20], 1), PICTURE[:20, :20])
