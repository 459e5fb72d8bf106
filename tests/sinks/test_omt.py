"""OMT sent, and received by its own library on this machine."""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from taxiway.core.frame import Frame
from taxiway.live.outputs import Output
from taxiway.sinks.omt import Omt

omt = pytest.importorskip("cyomtlib", reason="cyomtlib is not installed")


@pytest.fixture
def sink() -> Iterator[Omt]:
    sink = Omt({"name": "Taxiway's test", "fps": 30})
    yield sink
    sink.close()


def frame(shape: tuple[int, ...] = (48, 64, 3), index: int = 1) -> Frame:
    pixels = np.full(shape, 255, np.uint8)
    pixels[:, :, :3] = (200, 100, 20)
    if shape[2] == 4:
        pixels[:, :, 3] = 128
    return Frame(pixels=pixels, index=index, time=index / 30)


def port() -> int:
    """Where this process sends from."""
    found = psutil.Process().net_connections("tcp")
    ports = {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}
    return min(ports & set(range(6400, 6601)))


def receiver() -> Any:
    wanted = omt.PreferredVideoFormat.BGRA
    return omt.Receiver(f"omt://127.0.0.1:{port()}", video_format=wanted)


def received(sink: Omt, receiving: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The first picture of a size that comes while it is sent again and again."""
    for index in range(1, 200):
        sink.send(frame(shape, index))
        found = receiving.receive(omt.FrameType.VIDEO, timeout_ms=50)
        if found is not None:
            return found.packed()
    raise AssertionError("Nothing came.")


@pytest.mark.parametrize("shape", [(48, 64, 3), (48, 64, 4), (7, 3, 3), (33, 21, 4)])
def test_a_receiver_gets_the_picture(sink: Omt, shape: tuple[int, ...]) -> None:
    assert sink.receivers is None
    sink.open(shape[1], shape[0], 30)
    assert sink.receivers == 0
    assert "(Taxiway's test)" in sink.address
    with receiver() as receiving:
        found = received(sink, receiving, shape).astype(int)
        assert sink.receivers == 1
    height, width = max(shape[0] + shape[0] % 2, 16), max(shape[1] + shape[1] % 2, 16)
    assert found.shape == (height, width, 4)
    opacity = 128 if shape[2] == 4 else 255
    # At edges that are filled up it is off by dozens, more or less as its rate allows.
    assert np.median(np.abs(found - (20, 100, 200, opacity))) < 4


async def test_one_that_comes_while_the_picture_rests_gets_it(sink: Omt) -> None:
    output = Output(sink, 30)
    output.offer(frame())
    async with asyncio.timeout(60):
        while not output.sent:
            await asyncio.sleep(0.002)
    with receiver() as receiving:
        found = await asyncio.to_thread(receiving.receive, omt.FrameType.VIDEO, 5000)
        assert found is not None
    output.end()
    assert await output.ended()
