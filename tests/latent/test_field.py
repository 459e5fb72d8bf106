"""The map's geometry: similarity, the shell, levels, and no path dependence."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.latent.field import LEVELS, Field, spacing, tile_point

GRID = [(i, j) for i in range(-10, 10) for j in range(-10, 10)]


@pytest.fixture(scope="module")
def field() -> Field:
    return Field(7)


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_it_gives_one_float32_vector_a_point(field: Field) -> None:
    z = field.z([[0, 0], [1.5, -2], [1e6, 3]])
    assert z.shape == (3, 512)
    assert z.dtype == np.float32
    assert Field(7, length=64).z([[0, 0]]).shape == (1, 64)


@pytest.mark.parametrize("similarity", [0.3, 0.6, 0.9, 0.99])
def test_the_cosine_of_neighbours_is_the_similarity(field: Field, similarity: float) -> None:
    here = field.z([tile_point(0, i, j, similarity) for i, j in GRID])
    right = field.z([tile_point(0, i + 1, j, similarity) for i, j in GRID])
    assert cosines(here, right).mean() == pytest.approx(similarity, abs=0.04)


def test_every_vector_lies_near_the_shell(field: Field) -> None:
    norms = np.linalg.norm(field.z([(i * 3.1, j * 3.1) for i, j in GRID]), axis=1)
    assert norms.min() > 0.8 * math.sqrt(512)
    assert norms.max() < 1.2 * math.sqrt(512)
    assert norms.mean() == pytest.approx(math.sqrt(512), rel=0.03)


def test_places_far_apart_have_nothing_in_common(field: Field) -> None:
    far = field.z([(20.0 * i, 20.0 * j) for i, j in GRID])
    assert abs(cosines(far[:-1], far[1:]).mean()) < 0.05


def test_a_point_is_the_same_alone_in_any_company_and_at_every_visit(field: Field) -> None:
    points = [(i * 0.37, j * 0.91) for i, j in GRID]
    together = field.z(points)
    alone = np.concatenate([field.z([point]) for point in reversed(points)])[::-1]
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_array_equal(Field(7).z(points), together)


def test_another_seed_is_another_map(field: Field) -> None:
    assert abs(cosines(field.z([[1, 1]]), Field(8).z([[1, 1]]))[0]) < 0.2


def test_a_known_place_keeps_its_vector(field: Field) -> None:
    # Shared places ("seed, x, y") must mean the same picture in every later version.
    known = [-1.2387469, 0.1646947, -0.3002079, -0.1221116]
    np.testing.assert_allclose(field.z([[1.25, -3.5]])[0, :4], known, atol=1e-5)


@pytest.mark.parametrize("point", [(math.nan, 0), (0, math.inf)])
def test_a_point_that_is_no_place_is_refused(field: Field, point: tuple[float, float]) -> None:
    with pytest.raises(InvalidArgument, match="finite"):
        field.z([point])


def test_spacing_is_what_the_kernel_says() -> None:
    assert spacing(0.5) == pytest.approx(1.1774, abs=1e-4)
    assert spacing(0.9, 3) == spacing(0.9) / 8
    assert spacing(0.9, -2) == spacing(0.9) * 4


@given(
    level=st.integers(LEVELS[0], LEVELS[1] - 1),
    i=st.integers(-(2**30), 2**30),
    j=st.integers(-(2**30), 2**30),
    similarity=st.floats(0.01, 0.9999),
)
def test_a_parent_tile_is_exactly_the_child_of_even_indices(
    level: int, i: int, j: int, similarity: float
) -> None:
    assert tile_point(level, i, j, similarity) == tile_point(level + 1, 2 * i, 2 * j, similarity)


@pytest.mark.parametrize(
    ("similarity", "level", "name"),
    [
        *itertools.product([0, 1, -1, 2, math.nan], [0], ["similarity"]),
        (0.5, 25, "level"),
        (0.5, -9, "level"),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(similarity: float, level: int, name: str) -> None:
    with pytest.raises(InvalidArgument, match=f"'{name}' takes") as caught:
        spacing(similarity, level)
    assert caught.value.name == name
