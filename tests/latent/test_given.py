"""What a caller gives for latents."""

from typing import Any

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.latent.given import latents_of
from taxiway.latent.sample import z_of_seed
from taxiway.latent.space import Latent, Shape

SHAPE = Shape(z_dim=8, w_dim=8, num_ws=4)
W = [0.5] * 8


@pytest.mark.parametrize("seeds", ["3,7-8", [3, 7, 8], ["3", 7, {"seed": 8}], ("3,7", np.int64(8))])
def test_seeds_come_in_many_forms(seeds: Any) -> None:
    found = latents_of(seeds, SHAPE)
    assert [latent.seed for latent in found] == [3, 7, 8]
    assert found[0].name == "seed0003"
    np.testing.assert_array_equal(found[1].numbers, z_of_seed(7, 8))


@pytest.mark.parametrize(
    ("value", "spaces"),
    [
        (W, ["z"]),
        ([W, W], ["z", "z"]),
        ({"z": W}, ["z"]),
        ({"w": W, "truncation": 0.3}, ["w"]),
        ([{"w": [W] * 4}, 5], ["w+", "z"]),
        (np.zeros((3, 8)), ["w"] * 3),
        (Latent(space="w", numbers=np.zeros(8, np.float32)), ["w"]),
    ],
)
def test_vectors_come_as_lists_arrays_and_objects(value: Any, spaces: list[str]) -> None:
    assert [latent.space for latent in latents_of(value, SHAPE)] == spaces


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        "",
        "x",
        1.5,
        -1,
        [None],
        {},
        {"z": "x"},
        {"seed": True},
        [W, [1.0]],
        object(),
    ],
)
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument):
        latents_of(value, SHAPE, "keys")
