"""Seeds as every StyleGAN tool reads them."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.latent.sample import MAX_SEED, parse_seeds, z_of_seed


def test_a_seed_gives_the_vector_of_numpys_legacy_generator() -> None:
    # The first numbers of RandomState(3), known for two decades.
    np.testing.assert_allclose(z_of_seed(3, 3), [1.78862847, 0.43650985, 0.09649747], rtol=1e-6)
    assert z_of_seed(0).shape == (512,)
    assert z_of_seed(0).dtype == np.float32


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_out_of_range_is_refused_by_name(seed: int) -> None:
    with pytest.raises(InvalidArgument, match="'seed' takes 0 to 4294967295") as caught:
        z_of_seed(seed)
    assert caught.value.name == "seed"


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("7", [7]), ("1,2,5-7", [1, 2, 5, 6, 7]), (" 3 - 4 , 9", [3, 4, 9]), ("2-2", [2])],
)
def test_ranges_are_read(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "-1", "3-1", "1,,2", "4294967296", "0-4000000000"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="Seeds are numbers and ranges"):
        parse_seeds(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert all(0 <= seed <= MAX_SEED for seed in parse_seeds(text))
