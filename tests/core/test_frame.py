"""Pictures of every kind, as sinks take them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.frame import flattened, with_opacity


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 1), (3, 5, 3), (3, 5, 4), (1, 1), (1, 1, 4)])
@pytest.mark.parametrize("alpha", [False, True])
def test_every_kind_becomes_three_or_four_channels(shape: tuple[int, ...], alpha: bool) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    flat = flattened(pixels, alpha)
    channels = 4 if alpha and shape[-1] == 4 and len(shape) == 3 else 3
    assert flat.shape == (*shape[:2], channels)
    assert flat.dtype == np.uint8
    assert flat.flags.c_contiguous


def test_grey_is_that_grey_and_colours_are_left_alone() -> None:
    assert (flattened(np.full((2, 2), 7, np.uint8)) == 7).all()
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert (flattened(pixels[::-1]) == pixels[::-1]).all()
    assert flattened(pixels[::-1]).flags.c_contiguous


@given(colour=st.integers(0, 255), opacity=st.integers(0, 255))
def test_what_is_transparent_becomes_white(colour: int, opacity: int) -> None:
    pixels = np.array([[[colour, colour, colour, opacity]]], np.uint8)
    mixed = (colour * opacity + 255 * (255 - opacity)) / 255
    assert abs(int(flattened(pixels)[0, 0, 0]) - mixed) <= 0.5


@pytest.mark.parametrize("channels", [3, 4])
def test_a_picture_gets_an_opacity_of_its_own(channels: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, 5, channels), dtype=np.uint8)[::-1]
    whole = with_opacity(pixels)
    assert whole.shape == (3, 5, 4)
    assert whole.flags.c_contiguous
    assert (whole[:, :, :3] == pixels[:, :, :3]).all()
    assert (whole[:, :, 3] == (pixels[:, :, 3] if channels == 4 else 255)).all()
    assert not np.shares_memory(whole, pixels)  # a sender keeps it, the frame stays
