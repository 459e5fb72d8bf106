"""Figures of how pictures look close up."""

import numpy as np
import pytest

from taxiway.families.stylegan.training.looks import flicker, frame, sharpness
from taxiway.families.stylegan.training.painted_pictures import painted
from taxiway.painting import paint


def blurred(pictures: np.ndarray) -> np.ndarray:
    shifted = [np.roll(pictures, by, axis) for axis in (1, 2) for by in (-1, 0, 1)]
    return np.mean(shifted, axis=0).astype(np.uint8)


def test_a_blur_is_steeper_and_has_less_that_is_fine() -> None:
    sharp = painted(range(3), 64)
    before, after = sharpness(sharp), sharpness(blurred(sharp))
    assert after["slope"] < before["slope"] < 0
    assert after["fine"] < 0.8 * before["fine"]


def test_white_noise_is_flat_and_mostly_fine() -> None:
    noise = np.random.RandomState(0).randint(0, 255, (8, 64, 64, 3), dtype=np.uint8)
    found = sharpness(noise)
    assert found["slope"] == pytest.approx(0, abs=0.1)
    assert found["fine"] == pytest.approx(1 - np.pi * 0.125**2, abs=0.02)


def test_a_dark_frame_is_seen() -> None:
    plain = painted(range(3), 64)
    framed = plain.copy()
    framed[:, :, 0] //= 2
    assert frame(framed) > frame(plain) + 5
    assert frame(np.full((1, 64, 64, 3), 90, np.uint8)) == 0


def test_what_goes_to_and_fro_flickers() -> None:
    even = np.arange(0, 60, 5, np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    fro = even.copy()
    fro[::2] = 0
    assert flicker(even) == 0
    assert flicker(fro) > 1
    z = np.random.RandomState(0).randn(2, 512)
    walk = np.stack([paint(z[0] + 0.01 * t * z[1], 64) for t in range(4)])
    assert flicker(walk) < 1
