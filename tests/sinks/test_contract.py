"""What every sink promises, whoever wrote it: pytest finds all that are installed."""

import asyncio
import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sinks.fakes import EXAMPLES, FAKES
from taxiway.core.datatypes import Text
from taxiway.core.frame import Frame, flattened
from taxiway.core.sink import Sink
from taxiway.live.outputs import Output, sinks

MEMBERS = sinks()
SHAPES = [(4, 6, 3), (4, 6), (4, 6, 1), (4, 6, 4), (1, 1, 3), (7, 3, 3), (33, 1, 4), (240, 320, 3)]


@pytest.fixture(params=sorted(MEMBERS.kinds))
def name(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param in FAKES:
        FAKES[request.param](monkeypatch, tmp_path)
    missing = MEMBERS.probe(request.param)
    if missing:
        pytest.skip(missing)
    return str(request.param)


def made(name: str, folder: Path) -> Sink:
    """A sink with examples of its settings; a path is one of the test's own."""
    fields = MEMBERS.declaration(name).inputs
    given: dict[str, Any] = {
        one: str(folder / one)
        for one, field in fields.items()
        if isinstance(field, Text) and field.default is None
    }
    given |= EXAMPLES.get(name, {})
    if "path" in given:
        given["path"] = str(folder / given["path"])
    return MEMBERS.kinds[name](MEMBERS.decode(name, given))


def frame(shape: tuple[int, ...], level: int = 90) -> Frame:
    pixels = np.full(shape, level, np.uint8)
    return Frame(pixels=pixels, index=1, time=0.0, values={"z": np.zeros(8, np.float32)})


def flat(sink: Sink, shape: tuple[int, ...]) -> Frame:
    one = frame(shape)
    return Frame(pixels=flattened(one.pixels, sink.alpha), index=1, time=0.0)


def test_none_is_broken() -> None:
    assert not MEMBERS.broken
    ours = {
        "camera",
        "folder",
        "mjpeg",
        "ndi",
        "omt",
        "record",
        "rtmp",
        "session",
        "spout",
        "syphon",
    }
    assert ours <= MEMBERS.kinds.keys()


@pytest.mark.parametrize("kind", MEMBERS.kinds.values(), ids=str)
def test_it_says_what_it_needs_and_takes(kind: type[Sink]) -> None:
    missing = kind.probe()
    assert missing is None or (missing.endswith(".") and len(missing) > 10)
    assert kind.title
    for setting, field in kind.settings.items():
        assert setting.isidentifier()
        assert field.describe(setting)["name"] == setting


async def test_it_takes_every_size_and_kind_of_picture(name: str, tmp_path: Path) -> None:
    output = Output(made(name, tmp_path), fps=240)
    for number, shape in enumerate(SHAPES, 1):
        output.offer(frame(shape))
        async with asyncio.timeout(60):
            while output.sent < number and not output.is_over:
                await asyncio.sleep(0.002)
        assert not output.error
    output.end()
    assert await output.ended()
    assert output.sent >= len(SHAPES)


async def test_it_keeps_nothing_of_what_it_sent(name: str, tmp_path: Path) -> None:
    output = Output(made(name, tmp_path), fps=240)
    kept = []
    for level in range(8):
        one = frame((48, 64, 3), level)
        kept.append(weakref.ref(one.pixels))
        before = output.sent
        output.offer(one)
        del one
        async with asyncio.timeout(60):
            while output.sent == before and not output.is_over:
                await asyncio.sleep(0.002)
    output.end()
    assert await output.ended()
    assert not output.error
    gc.collect()
    assert sum(one() is not None for one in kept) <= 2


def test_it_opens_and_closes_again_and_again(name: str, tmp_path: Path) -> None:
    sink = made(name, tmp_path)
    for _ in range(3):
        sink.open(6, 4, 30)
        sink.send(flat(sink, (4, 6, 3)))
        sink.close()
    sink.open(6, 4, 30)
    sink.close()
    sink.end()


def test_it_can_end_before_it_began(name: str, tmp_path: Path) -> None:
    sink = made(name, tmp_path)
    sink.end()
    assert isinstance(sink.address, str)
    assert sink.receivers in (None, 0)


async def test_one_that_fails_in_the_middle_leaves_no_thread(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = made(name, tmp_path)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    output = Output(sink, 240, lambda: loop.call_soon_threadsafe(ended.set))

    def fail(frame: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sink, "send", fail)
    output.offer(frame((4, 6, 3)))
    await asyncio.wait_for(ended.wait(), 60)
    assert output.error == "Input/output error."
    assert await output.ended()


async def test_one_that_stalls_keeps_nobody_waiting_and_one_frame(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, gate, inside = made(name, tmp_path), threading.Event(), threading.Event()
    send = sink.send

    def slow(one: Frame) -> None:
        inside.set()
        assert gate.wait(60)
        send(one)

    monkeypatch.setattr(sink, "send", slow)
    output = Output(sink, fps=240)
    output.offer(frame((48, 64, 3)))
    assert await asyncio.to_thread(inside.wait, 60)
    kept = []
    for level in range(200):
        one = frame((48, 64, 3), level)
        kept.append(weakref.ref(one.pixels))
        output.offer(one)
    del one
    assert (output.sent, output.dropped) == (0, 199)
    gc.collect()
    assert [one() is not None for one in kept].index(True) == 199
    gate.set()
    async with asyncio.timeout(60):
        while output.sent < 2:
            await asyncio.sleep(0.002)
    output.end()
    assert await output.ended()
    assert not output.error
