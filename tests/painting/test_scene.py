from itertools import pairwise

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.painting import direction, paint

EXPECTED = [
    [[54.0, 104.1, 164.5], [146.9, 158.4, 166.2]],
    [[148.6, 140.2, 154.2], [154.2, 149.2, 121.9]],
    [[110.6, 125.9, 150.7], [152.7, 153.2, 148.8]],
]


def z(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randn(512)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@pytest.mark.parametrize("size", [16, 64, 100, 130, 256])
def test_a_picture_has_the_size_asked_for(size) -> None:
    picture = paint(z(0), size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("size", [15, 2049, -1])
def test_other_sizes_are_refused(size) -> None:
    with pytest.raises(InvalidArgument, match=rf"'size' is 16 to 2048 pixels, got {size}\."):
        paint(z(0), size)


def test_the_same_z_paints_the_same_picture() -> None:
    np.testing.assert_array_equal(paint(z(3), 64), paint(z(3), 64))


def test_painting_is_the_same_on_every_machine() -> None:
    """Mean colours of sky and ground of three pictures, as first painted."""
    seen = [paint(z(seed), 32).reshape(2, 16, 32, 3).mean(axis=(1, 2)) for seed in range(3)]
    expected = np.array(EXPECTED)
    np.testing.assert_allclose(seen, expected, atol=0.6)


def test_only_the_direction_of_z_counts() -> None:
    assert difference(paint(z(4), 64), paint(0.01 * z(4), 64)) < 0.01


def test_zero_is_a_landscape() -> None:
    assert paint(np.zeros(512), 64).std() > 20


def test_a_list_of_numbers_will_do() -> None:
    np.testing.assert_array_equal(paint(z(5).tolist(), 32), paint(z(5), 32))


@pytest.mark.parametrize("seed", range(4))
def test_the_smaller_the_step_the_smaller_the_change(seed) -> None:
    start, towards = paint(z(seed), 64), z(seed + 100)
    wide, near, nearer = (
        difference(start, paint(z(seed) + t * towards, 64)) for t in (0.05, 0.01, 0.002)
    )
    assert nearer < near / 3 < wide / 6
    assert nearer < 0.8


def test_a_walk_has_no_jumps() -> None:
    """A great circle in steps of 3 degrees: every frame lies near the middle of its neighbours."""
    angles = np.linspace(0, 2 * np.pi, 121)
    frames = [paint(np.cos(a) * z(1) + np.sin(a) * z(2), 64).astype(int) for a in angles]
    steps = np.array([difference(a, b) for a, b in pairwise(frames)])
    assert steps.max() < 12
    assert (steps[1:] / steps[:-1]).max() < 1.6


def test_different_z_paint_different_pictures() -> None:
    pictures = [paint(z(seed), 32) for seed in range(12)]
    apart = [difference(a, b) for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(apart) > 8


def test_the_twin_differs_only_where_the_bow_shines() -> None:
    with_bow, twin = paint(z(6), 64), paint(z(6), 64, with_bow=False)
    assert difference(with_bow, twin) > 2
    corner = slice(0, 6)
    assert difference(with_bow[corner, :6], twin[corner, :6]) < difference(with_bow, twin)


def test_bow_strength_is_a_known_direction() -> None:
    def brightness(amount: float) -> float:
        there = z(7) + amount * direction("bow strength")
        return difference(paint(there, 64), paint(there, 64, with_bow=False))

    weak, middle, strong = (brightness(amount) for amount in (-20, 0, 20))
    assert weak < middle < strong
