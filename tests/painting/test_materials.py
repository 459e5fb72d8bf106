import numpy as np
import pytest

from taxiway.latent.sample import z_of_seed
from taxiway.painting.blurring import blurred
from taxiway.painting.materials import (
    GRAIN,
    MATERIALS,
    compose,
    grain,
    horizon_of,
    moods,
)
from taxiway.painting.sketches import example, sketch

SIZE = 64
Z = z_of_seed(0, 512)


@pytest.mark.parametrize("number", range(len(MATERIALS)), ids=MATERIALS)
def test_every_material_is_a_picture_by_itself(number: int) -> None:
    picture = compose(np.full((SIZE, SIZE), number, np.uint8), Z)
    assert picture.shape == (SIZE, SIZE, 3)
    assert picture.dtype == np.uint8
    assert 10 < picture.mean() < 245


def test_a_picture_follows_its_map_and_its_mood() -> None:
    labels = example(SIZE)
    picture, again = compose(labels, Z), compose(labels, Z)
    np.testing.assert_array_equal(picture, again)
    sea = labels.copy()
    sea[-20:] = MATERIALS.index("sea")
    changed = np.abs(compose(sea, Z).astype(int) - picture).mean(axis=(1, 2))
    assert changed[-16:].mean() > 8 > 2 * changed[:20].mean()
    other = compose(labels, z_of_seed(1, 512)).astype(int)
    assert np.abs(other - picture).mean() > 8


def test_what_a_network_is_given_is_of_order_one() -> None:
    found = np.stack([moods(z_of_seed(seed, 512)) for seed in range(40)])
    assert np.abs(found).max() < 5
    assert (found.std(axis=0) > 0.02).all()
    fields = grain(Z, 0.6, (SIZE, SIZE))
    assert fields.shape == (GRAIN, SIZE, SIZE)
    assert np.abs(fields).max() < 6


def test_the_horizon_lies_where_level_ground_begins_and_moves_smoothly() -> None:
    labels = np.zeros((100, 100), np.uint8)
    labels[60:] = MATERIALS.index("grass")
    assert horizon_of(labels) == pytest.approx(0.6)
    labels[50, 20:30] = MATERIALS.index("sea")
    assert horizon_of(labels) == pytest.approx(0.6, abs=0.01)


def test_sketches_are_varied_have_every_material_and_come_again() -> None:
    drawn = [sketch(seed, SIZE) for seed in range(60)]
    assert len(np.unique([one.labels for one in drawn])) == len(MATERIALS)
    np.testing.assert_array_equal(sketch(7, SIZE).labels, drawn[7].labels)
    bows = [one.across_bow[one.labels == MATERIALS.index("rainbow")] for one in drawn]
    inside = np.concatenate(bows)
    assert ((inside >= 0) & (inside <= 1)).all()


@pytest.mark.parametrize("deviation", [0.6, 2.0, 6.0])
def test_a_blur_keeps_light_and_has_its_width(deviation: float) -> None:
    point = np.zeros((61, 61), np.float32)
    point[30, 30] = 1
    spread = blurred(point, deviation)
    assert spread.sum() == pytest.approx(1, abs=1e-3)
    rows = (np.arange(61) - 30)[:, None]
    assert np.sqrt((spread * rows**2).sum()) == pytest.approx(deviation, rel=0.35)
