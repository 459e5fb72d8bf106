"""Several centres of truncation."""

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.latent.centres import find_centres


def test_planted_clusters_are_found() -> None:
    random = np.random.RandomState(0)
    planted = 6 * random.standard_normal((8, 32)) + 3
    w = planted[random.randint(8, size=4000)] + random.standard_normal((4000, 32))
    found = find_centres(w.astype(np.float32), 8)
    distances = np.linalg.norm(found[:, None] - planted, axis=2)
    assert sorted(distances.argmin(axis=1)) == list(range(8))
    # A mean of 500 points of deviation 1 is off by 1/22 in each of 32 dimensions.
    assert distances.min(axis=1).max() / np.sqrt(32) < 0.2


def test_a_dimension_that_never_changes_is_no_trouble() -> None:
    w = np.random.RandomState(1).standard_normal((50, 4)).astype(np.float32)
    w[:, 2] = 7
    assert (find_centres(w, 3)[:, 2] == 7).all()


def test_as_many_centres_as_points_are_the_points() -> None:
    w = np.arange(12, dtype=np.float32).reshape(6, 2)
    np.testing.assert_allclose(np.sort(find_centres(w, 6), axis=0), w, atol=1e-5)
    assert find_centres(np.ones((5, 2), np.float32), 3).shape == (3, 2)


@pytest.mark.parametrize("count", [0, 7])
def test_a_count_that_cannot_be_is_refused(count: int) -> None:
    with pytest.raises(InvalidArgument, match="'centres' takes 1 to 6"):
        find_centres(np.zeros((6, 2), np.float32), count)
