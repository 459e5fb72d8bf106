"""Truncation in numpy gives the very numbers that PyTorch gives."""

import numpy as np
import pytest
import torch

from taxiway.families.stylegan.networks import generator
from taxiway.latent.truncation import truncate

RNG = np.random.default_rng(5)
W = RNG.normal(0, 3, (40, 64)).astype(np.float32)
CENTRE = RNG.normal(0, 0.3, 64).astype(np.float32)


@pytest.mark.parametrize("truncation", [0, 0.3, 0.5, 0.7, 0.8, 1, 1.5, -0.7])
@pytest.mark.parametrize("cutoff", [None, 0, 3])
def test_it_is_bit_for_bit_what_tensors_give(truncation: float, cutoff: int | None) -> None:
    wanted = generator.truncate(
        torch.from_numpy(W), torch.from_numpy(CENTRE), truncation, cutoff, 6
    ).numpy()
    np.testing.assert_array_equal(truncate(W, CENTRE, truncation, cutoff, 6), wanted)
    again = truncate(wanted, CENTRE, 0.4)
    tensors = generator.truncate(torch.from_numpy(wanted), torch.from_numpy(CENTRE), 0.4)
    np.testing.assert_array_equal(again, tensors.numpy())


def test_each_may_have_a_centre_of_its_own() -> None:
    centres = np.stack([W[1], W[0]])[:, None]
    np.testing.assert_array_equal(truncate(W[:2], centres, 0, num_ws=3)[:, 2], centres[:, 0])
