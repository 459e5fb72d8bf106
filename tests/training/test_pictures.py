import numpy as np

from taxiway.painting import paint
from taxiway.training.pictures import HELD_OUT, TRAINING, TWINS, curated, painted, reduced


def test_painting_on_many_cores_keeps_the_order(monkeypatch) -> None:
    monkeypatch.setattr("taxiway.training.pictures._FEW", 2)
    pictures = painted(range(3, 6), 32)
    for seed, picture in zip(range(3, 6), pictures, strict=True):
        expected = paint(np.random.RandomState(seed).randn(512), 32)
        np.testing.assert_array_equal(picture, expected)


def test_curating_keeps_the_pictures_above_the_threshold() -> None:
    everything = curated(TRAINING, 12, 64, -np.inf)
    some = curated(TRAINING, 12, 64, 20.0)
    assert len(everything) == 12
    assert 0 < len(some) < 12
    assert all(any((kept == one).all() for one in everything) for kept in some)


def test_the_kinds_of_seeds_lie_far_apart() -> None:
    assert TWINS - HELD_OUT == HELD_OUT - TRAINING == 1_000_000


def test_reducing_averages_squares() -> None:
    picture = np.zeros((1, 4, 4, 3), np.uint8)
    picture[0, :2, 1] = 100
    np.testing.assert_array_equal(reduced(picture, 2)[0, :, :, 0], [[50, 0], [0, 0]])
    np.testing.assert_array_equal(reduced(picture, 4), picture)
