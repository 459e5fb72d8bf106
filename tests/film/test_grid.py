"""Several pictures as one."""

import numpy as np
import pytest

from taxiway.core.errors import InvalidArgument
from taxiway.film import grid


def test_pictures_are_laid_out_row_by_row() -> None:
    pictures = [np.full((2, 3, 3), n, np.uint8) for n in range(1, 6)]
    sheet = grid.tiled(pictures, 2)
    assert sheet.shape == (6, 6, 3)
    assert sheet[::2, ::3, 0].tolist() == [[1, 2], [3, 4], [5, 0]]


def test_columns_and_cells_are_read() -> None:
    assert [grid.columns_of("auto", count) for count in (1, 4, 5, 16)] == [1, 2, 3, 4]
    assert grid.columns_of("7", 3) == 7
    assert grid.cells_of("3x2") == (3, 2)


@pytest.mark.parametrize("text", ["", "0", "x", "-1", "1.5"])
def test_what_is_no_grid_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="'grid' takes"):
        grid.columns_of(text, 3)
    with pytest.raises(InvalidArgument, match="'grid' takes"):
        grid.cells_of(text)


def test_a_grid_too_large_to_be_read_again_is_not_made() -> None:
    with pytest.raises(InvalidArgument, match="40 million pixels"):
        grid.tiled([np.zeros((7000, 7000, 3), np.uint8)], 1)
