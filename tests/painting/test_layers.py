import numpy as np
import pytest

from taxiway.latent.sample import z_of_seed
from taxiway.painting import direction, paint
from taxiway.painting.layers import layers
from taxiway.painting.materials import MATERIALS

SIZE = 64


def named(z: np.ndarray) -> set[str]:
    return {MATERIALS[number] for number in np.unique(layers(z, SIZE).labels)}


def test_a_landscape_is_told_layer_by_layer() -> None:
    found = layers(z_of_seed(2, 512), SIZE)
    assert found.labels.shape == found.distance.shape == found.across_bow.shape == (SIZE, SIZE)
    sky = np.isin(found.labels, [MATERIALS.index(name) for name in ("sky", "clouds", "rainbow")])
    assert np.isinf(found.distance[sky]).all()
    assert np.isfinite(found.distance[~sky]).all()
    assert (np.diff(found.distance[-20:, 32]) < 0).all()  # nearer towards our feet


@pytest.mark.parametrize(
    ("factor", "name"), [("mountains", "mountain"), ("hills", "hill"), ("clouds", "clouds")]
)
def test_more_of_something_is_more_of_its_label(factor: str, name: str) -> None:
    z = z_of_seed(2, 512)
    number = MATERIALS.index(name)
    less, more = (
        (layers(z + amount * direction(factor), SIZE).labels == number).sum() for amount in (-3, 3)
    )
    assert less < more


def test_the_bow_is_where_the_picture_has_it() -> None:
    z = z_of_seed(2, 512)
    found = layers(z, SIZE)
    with_bow, without = (paint(z, SIZE, with_bow=bow).astype(int) for bow in (True, False))
    light = np.abs(with_bow - without).sum(-1)
    bow = found.labels == MATERIALS.index("rainbow")
    sky = found.labels == MATERIALS.index("sky")
    assert light[bow].mean() > 3 * light[sky].mean()
    assert ((found.across_bow[bow] >= 0) & (found.across_bow[bow] <= 1)).all()
    assert (found.across_bow[~bow] == 2).all()
