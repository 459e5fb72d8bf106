"""NDI sent, and received by its own library on this machine."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from taxiway.core.frame import Frame
from taxiway.sinks.ndi import Ndi

pytest.importorskip("cyndilib", reason="cyndilib is not installed")


@pytest.fixture
def sink() -> Iterator[Ndi]:
    sink = Ndi({"name": "Taxiway's test", "fps": 30})
    yield sink
    sink.close()


@pytest.fixture
def receiver() -> Iterator[tuple[Any, Any]]:
    """A receiver, and where the newest picture lies in it."""
    from cyndilib.receiver import Receiver
    from cyndilib.video_frame import VideoFrameSync
    from cyndilib.wrapper.ndi_recv import RecvBandwidth, RecvColorFormat

    receiving = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
    newest = VideoFrameSync()
    receiving.frame_sync.set_video_frame(newest)
    yield receiving, newest
    receiving.disconnect()


def frame(shape: tuple[int, ...]) -> Frame:
    pixels = np.full(shape, 255, np.uint8)
    pixels[:, :, :3] = (200, 100, 20)
    if shape[2] == 4:
        pixels[:, :, 3] = 128
    return Frame(pixels=pixels, index=1, time=0.0)


def connect(receiving: Any) -> None:
    from cyndilib.finder import Finder

    with Finder() as finder:
        for _ in range(100):
            finder.wait_for_sources(0.1)
            for source in finder.iter_sources():
                if "Taxiway's test" in source.name:
                    receiving.set_source(source)
                    return
    pytest.fail("The source was not found.")


@pytest.mark.parametrize("shape", [(48, 64, 3), (48, 64, 4), (33, 47, 3)])
def test_a_receiver_gets_the_picture(
    sink: Ndi, receiver: tuple[Any, Any], shape: tuple[int, ...]
) -> None:
    assert sink.receivers is None
    sink.open(shape[1], shape[0], 30)
    assert sink.receivers == 0
    assert "(Taxiway's test)" in sink.address
    receiving, newest = receiver
    connect(receiving)
    height, width = shape[0] + shape[0] % 2, shape[1] + shape[1] % 2
    for _ in range(3000):
        sink.send(frame(shape))
        time.sleep(0.01)
        receiving.frame_sync.capture_video()
        if (newest.xres, newest.yres) == (width, height):
            break
    assert (newest.xres, newest.yres) == (width, height)
    assert sink.receivers == 1
    found = newest.get_array().reshape(height, width, 4).astype(int)
    opacity = 128 if shape[2] == 4 else 255
    assert np.abs(found - (200, 100, 20, opacity)).max() < 8
