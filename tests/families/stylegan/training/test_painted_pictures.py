import numpy as np
import pytest

from taxiway.families.stylegan.training import painted_pictures as module
from taxiway.families.stylegan.training.painted_pictures import (
    HELD_OUT,
    TRAINING,
    TWINS,
    curated,
    painted,
    parts,
    reduced,
)
from taxiway.painting import paint


def test_painting_on_many_cores_keeps_the_order(monkeypatch) -> None:
    monkeypatch.setattr("taxiway.families.stylegan.training.painted_pictures._FEW", 2)
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


@pytest.fixture
def few(monkeypatch) -> list[int]:
    """Parts of four landscapes, all of them kept; the first seeds that were painted."""
    asked: list[int] = []

    def all_of(first_seed: int, count: int, size: int, threshold: float) -> np.ndarray:
        asked.append(first_seed)
        return painted(range(first_seed, first_seed + count), size)

    monkeypatch.setattr(module, "PART", 4)
    monkeypatch.setattr(module, "twin_threshold", lambda size: 0.0)
    monkeypatch.setattr(module, "curated", all_of)
    return asked


def test_parts_are_all_the_pictures_in_order(tmp_path, few) -> None:
    found = [np.load(path, allow_pickle=False) for path in parts(tmp_path, 10, 32)]
    assert [len(part) for part in found] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(found), painted(range(10), 32))


def test_parts_that_were_painted_are_not_painted_again(tmp_path, few) -> None:
    painting = parts(tmp_path, 10, 32)
    kept = [next(painting), next(painting)]
    assert few == [0, 4]
    assert list(parts(tmp_path, 10, 32))[:2] == kept
    assert few == [0, 4, 8]


def test_parts_of_another_size_or_count_are_others(tmp_path, few) -> None:
    first, second = list(parts(tmp_path, 6, 32)), list(parts(tmp_path, 8, 32))
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert not {*second} & {*parts(tmp_path, 8, 64)}


def test_the_kinds_of_seeds_lie_far_apart() -> None:
    assert TWINS - HELD_OUT == HELD_OUT - TRAINING == 1_000_000


def test_reducing_averages_squares() -> None:
    picture = np.zeros((1, 4, 4, 3), np.uint8)
    picture[0, :2, 1] = 100
    np.testing.assert_array_equal(reduced(picture, 2)[0, :, :, 0], [[50, 0], [0, 0]])
    np.testing.assert_array_equal(reduced(picture, 4), picture)
