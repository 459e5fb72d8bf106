"""The painter as a model: it answers like a StyleGAN."""

from typing import Any

import numpy as np
import pytest

from taxiway.core.command import Values
from taxiway.families.painter.model import Painter


@pytest.fixture(scope="module")
def painter() -> Painter:
    model = Painter()
    model.setup("cpu", {})
    return model


def picture(model: Painter, **wire: Any) -> np.ndarray[Any, Any]:
    call: Values = model.commands["generate"].decode({"size": 64, **wire})
    pixels: np.ndarray[Any, Any] = model.predict("generate", [call])[0]["image"]
    return pixels.astype(int)


def test_its_command_has_runways_names(painter: Painter) -> None:
    assert list(painter.commands["generate"].inputs)[:2] == ["z", "truncation"]


def test_a_seed_is_its_vector(painter: Painter) -> None:
    z = np.random.RandomState(5).randn(512).tolist()
    np.testing.assert_array_equal(picture(painter, seed=5), picture(painter, z=z))


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 1e30])
def test_extreme_vectors_give_a_picture(painter: Painter, value: float) -> None:
    assert picture(painter, z=[value] * 512, size=96).shape == (96, 96, 3)


def test_truncation_zero_gives_everyone_the_same_picture(painter: Painter) -> None:
    one, other = (picture(painter, seed=seed, truncation=0) for seed in (1, 2))
    assert np.abs(one - other).max() <= 1
    assert one.std() > 1
