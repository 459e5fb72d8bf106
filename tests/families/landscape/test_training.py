"""What the landscape's network is taught with."""

import numpy as np
import torch

from taxiway.families.landscape.given import FIELDS, given
from taxiway.families.landscape.network import INPUTS
from taxiway.families.landscape.training import batch, mirrored, unlike
from taxiway.latent.sample import z_of_seed
from taxiway.painting.materials import MATERIALS, SWING
from taxiway.painting.sketches import example


def test_examples_fit_the_network_and_come_again() -> None:
    some, again = batch(range(3, 5), 64), batch(range(3, 5), 64)
    for part, same, shape in zip(some, again, [*INPUTS.values(), (1, 3, 64, 64)], strict=True):
        assert part.shape == (2, *shape[1:])
        torch.testing.assert_close(part, same, rtol=0, atol=0)
    turned = mirrored(some)
    assert (turned[1][:, SWING] == -some[1][:, SWING]).all()
    torch.testing.assert_close(turned[3].flip(3), some[3])
    assert unlike(some[3], some[3]) == 0 < unlike(turned[3], some[3])


def test_shares_of_a_place_sum_to_one_and_water_has_what_it_mirrors() -> None:
    labels = example(64)
    found = given(labels, z_of_seed(0, 512))
    np.testing.assert_allclose(found["map"].sum(1), 1, atol=1e-6)
    assert found["map"].min() >= 0
    assert found["grain"].shape == (1, FIELDS, 64, 64)
    lake = found["map"][0, MATERIALS.index("river")] > 0
    assert found["map"][0, MATERIALS.index("mountain")][lake].max() > 0.3
