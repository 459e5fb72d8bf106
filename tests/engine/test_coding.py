"""Pictures on their way: what comes is what was sent, but for what was lost on purpose."""

import numpy as np
import pytest

from taxiway.core.images import Pixels
from taxiway.engine.coding import Coded, Reader, Writer
from taxiway.engine.sending import JPEGS, VIDEO, WHOLE, Sent


def soft(height: int, width: int, channels: int, step: int = 0) -> Pixels:
    """A picture without edges, which moves by `step`."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin((x + y * (c + 1) + step) / 20) for c in range(channels)], axis=-1)
    return np.asarray((waves * 100 + 128).astype(np.uint8))


@pytest.mark.parametrize("sent", [WHOLE, *JPEGS, *VIDEO], ids=lambda sent: sent.words or "whole")
@pytest.mark.parametrize(("height", "width"), [(64, 64), (33, 51), (1, 1)])
def test_a_picture_comes_in_its_size(sent: Sent, height: int, width: int) -> None:
    writer, reader = Writer(), Reader()
    for step in range(3):
        given = soft(height, width, 3, step)
        came = reader.pixels(writer.coded(given, sent))
        assert (came.shape, came.dtype) == (given.shape, given.dtype)
    if height == 64:
        assert np.abs(came.astype(int) - given).mean() < 12


@pytest.mark.parametrize("sent", [WHOLE, JPEGS[3], VIDEO[0]], ids=["whole", "half", "video"])
def test_greys_and_transparent_parts_stay(sent: Sent) -> None:
    grey, clear = soft(64, 64, 1)[..., 0], soft(64, 64, 4)
    writer, reader = Writer(), Reader()
    assert reader.pixels(writer.coded(grey, sent)).shape == (64, 64)
    came = reader.pixels(writer.coded(clear, sent))
    assert came.shape == (64, 64, 4)
    assert np.abs(came[..., 3].astype(int) - clear[..., 3]).mean() < 6


def test_video_needs_what_came_before_and_says_so() -> None:
    pytest.importorskip("av")
    writer = Writer()
    first, second = (writer.coded(soft(64, 64, 3, step), VIDEO[1]) for step in range(2))
    assert (first.begins, second.begins) == (True, False)
    assert len(second.data) < len(first.data)
    reader = Reader()
    with pytest.raises(ValueError, match="begins nowhere"):
        reader.pixels(second)
    with pytest.raises(ValueError, match=r"H\.264"):
        reader.pixels(Coded("H.264", b"\0\0\1nonsense", 64, 64, begins=True))
    reader.pixels(first)
    assert reader.pixels(second).shape == (64, 64, 3)
    larger = writer.coded(soft(96, 96, 3), VIDEO[1])
    assert larger.begins
    assert reader.pixels(larger).shape == (96, 96, 3)


def test_without_pyav_it_is_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    writer = Writer()
    assert [writer.coded(soft(64, 64, 3), VIDEO[1]).kind for _ in range(2)] == ["JPEG", "JPEG"]
