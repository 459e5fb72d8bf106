"""The picture that shows whether an output works."""

import numpy as np
import pytest

from taxiway.live.colour_bars import colour_bars


@pytest.mark.parametrize(("width", "height"), [(640, 480), (64, 48), (9, 7), (1, 1), (3, 200)])
def test_it_fits_any_size(width: int, height: int) -> None:
    assert colour_bars(width, height, 0.5).shape == (height, width, 3)
    assert colour_bars(width, height, 0.5, alpha=True).shape == (height, width, 4)


def test_it_shows_what_is_wrong() -> None:
    pixels = colour_bars(640, 480, 0.25)
    assert not np.array_equal(pixels, pixels[::-1])
    assert not np.array_equal(pixels, pixels[:, ::-1])
    assert not np.array_equal(pixels, pixels[:, :, ::-1])
    edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    assert all((edge == 255).all() for edge in edges)
    assert not np.array_equal(pixels, colour_bars(640, 480, 0.26))
    assert np.array_equal(pixels, colour_bars(640, 480, 1.25))
