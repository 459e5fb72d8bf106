"""What PyTorch draws is drawn without it."""

import numpy as np
import pytest
import torch

from taxiway.latent.torch_random import randn, randperm


@pytest.mark.parametrize("seed", [0, 7, 999_999_999])
def test_it_draws_the_same(seed: int) -> None:
    def drawing() -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    for shape in ((1, 1, 32, 16), (3, 7), (16,), (5, 5, 5)):
        wanted = torch.randn(*shape, generator=drawing()).numpy()
        np.testing.assert_allclose(randn(seed, shape), wanted, atol=1e-6)
    for count in (0, 1, 2, 77):
        wanted_order = torch.randperm(count, generator=drawing()).tolist()
        assert randperm(seed, count) == wanted_order
