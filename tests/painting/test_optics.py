import numpy as np

from taxiway.painting.optics import BINS_PER_DEGREE, DEGREES, bow_table


def angle_of(values: np.ndarray, low: float, high: float) -> float:
    """The angle in degrees of the highest value between two angles."""
    span = slice(int(low * BINS_PER_DEGREE), int(high * BINS_PER_DEGREE))
    return low + float(np.argmax(values[span])) / BINS_PER_DEGREE


def test_the_table_covers_its_angles() -> None:
    assert bow_table().shape == (DEGREES * BINS_PER_DEGREE, 3)
    assert np.isfinite(bow_table()).all()


def test_red_is_outside_blue_in_the_first_bow_and_inside_in_the_second() -> None:
    red, _, blue = bow_table().T
    assert 41.5 < angle_of(red, 38, 45) < 43
    assert 40 < angle_of(blue, 38, 45) < 41.5
    assert 49.5 < angle_of(red, 47, 56) < 51.5
    assert 52 < angle_of(blue, 47, 56) < 54.5


def test_the_band_between_the_bows_is_dark() -> None:
    light = bow_table().mean(axis=1)
    inside, between, outside = (light[int(d * BINS_PER_DEGREE)] for d in (35, 46.5, 58))
    assert between < 0.2 * inside
    assert between < 0.5 * outside


def test_the_second_bow_is_fainter() -> None:
    light = bow_table().mean(axis=1)
    first, second = light[400:430].max(), light[500:540].max()
    assert 0.1 < second / first < 0.6
