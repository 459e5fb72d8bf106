"""A twin belongs to one picture, untouched, and to nothing that was made of it."""

import gc
import sys
from typing import Any

import numpy as np
import pytest

from taxiway.core import twins
from taxiway.core.frame import flattened, with_opacity
from taxiway.core.images import Pixels
from taxiway.core.twins import Twin, keep, leave, twin_of, want, wanted


class Owner:
    """What holds a GPU's memory."""


def pictures(*shape: int) -> tuple[Pixels, Owner]:
    made, owner = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), Owner()
    keep(made, Twin(10_000, 1, owner))
    return made, owner


def test_each_picture_of_a_batch_has_its_own() -> None:
    batch, owner = pictures(3, 5, 7, 3)
    for index, picture in enumerate(batch):
        assert twin_of(picture) == Twin(10_000 + index * 5 * 7 * 4, 1, owner)
    assert twin_of(np.asarray(batch[1:][0])) == twin_of(batch[1])  # the very same memory
    assert twin_of(batch) is None


@pytest.mark.parametrize("channels", [3, 4])
def test_who_sends_it_as_it_is_has_it_still(channels: int) -> None:
    batch, _ = pictures(1, 5, 7, channels)
    assert twin_of(flattened(batch[0], alpha=True)) == Twin(10_000, 1, twin_of(batch[0]).owner)


@pytest.mark.parametrize(
    "made_of_it",
    [
        lambda p: p[:4],
        lambda p: p[1:],
        lambda p: p[:, :6],
        lambda p: p[::-1],
        lambda p: p[:, ::-1],
        lambda p: p[:, :, ::-1],
        lambda p: p[:, :, :1],
        lambda p: p[:0],
        lambda p: p.transpose(1, 0, 2),
        lambda p: p.swapaxes(0, 1),
        lambda p: p.reshape(3, 27, 3),
        lambda p: p.reshape(-1),
        lambda p: p.view(np.int8),
        lambda p: p.copy(),
        lambda p: p + np.uint8(0),
        lambda p: np.zeros_like(p),
        lambda p: np.lib.stride_tricks.as_strided(p, p.shape, (3, 3, 1)),
        lambda p: np.broadcast_to(p[:1], p.shape),
        lambda p: np.roll(p, 3),
        with_opacity,
    ],
)
def test_what_is_made_of_it_has_none(made_of_it: Any) -> None:
    batch, _ = pictures(2, 9, 9, 3)
    for picture in batch:
        made = made_of_it(picture)
        assert made is not picture
        assert twin_of(made) is None


def test_three_of_four_channels_and_part_of_two_pictures_have_none() -> None:
    batch, _ = pictures(2, 6, 6, 4)
    assert twin_of(batch[0][..., :3]) is None
    assert twin_of(flattened(batch[0])) is None  # over white
    across = batch.reshape(12, 6, 4)[3:9]  # the form is right, the place is not
    assert across.base is batch
    assert twin_of(across) is None


def test_nothing_can_be_written_to_it() -> None:
    batch, _ = pictures(1, 4, 4, 3)
    with pytest.raises(ValueError, match="read-only"):
        batch[0, 0, 0] = 1
    with pytest.raises(ValueError):
        batch[0].flags.writeable = True
    batch.flags.writeable = True  # who insists has a picture without
    assert twin_of(batch[0]) is None


def test_where_the_array_has_gaps_there_is_none() -> None:
    turned = np.zeros((1, 3, 5, 7), np.uint8).transpose(0, 2, 3, 1)
    keep(turned, Twin(10_000, 0, Owner()))
    assert twin_of(turned[0]) is None


def test_it_goes_with_its_picture() -> None:
    before = len(twins._known)
    batch, owner = pictures(1, 4, 4, 3)
    picture = batch[0]
    del batch
    assert twin_of(picture) is not None
    held = sys.getrefcount(owner)
    del picture
    gc.collect()
    assert sys.getrefcount(owner) == held - 1
    assert len(twins._known) == before


def test_memory_that_is_used_again_brings_none_along() -> None:
    for level in range(200):
        batch, _ = pictures(1, 8, 8, 3)
        del batch
        again = np.full((1, 8, 8, 3), level, np.uint8)
        assert twin_of(again[0]) is None


def test_they_are_wanted_as_long_as_somebody_takes_them() -> None:
    assert not wanted()
    want("a")
    want("b")
    leave("a")
    assert wanted()
    leave("b")
    leave("b")
    assert not wanted()
