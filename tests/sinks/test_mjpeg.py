"""The stream of JPEGs, read by FFmpeg's libraries and by hand, on a real socket."""

import asyncio
import contextlib
import io
import re
import shutil
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from session_fakes import FakeEngine, on_session, served
from taxiway.core.config import Config
from taxiway.live.outputs import Outputs
from taxiway.live.session import LiveSession
from taxiway.sinks import mjpeg
from taxiway.web.application import application

WAIT = 60.0


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.picture_size = (48, 64)
    return engine


@pytest.fixture
async def session(engine: FakeEngine) -> AsyncIterator[LiveSession]:
    async with on_session(engine) as session:
        yield session


@pytest.fixture
async def outputs(session: LiveSession) -> AsyncIterator[Outputs]:
    outputs = Outputs(session)
    yield outputs
    await outputs.close()


@pytest.fixture
async def address(outputs: Outputs) -> AsyncIterator[str]:
    async with served(application(outputs.routes(), Config())) as port:
        yield f"http://127.0.0.1:{port}"
        await outputs.close()


class Reader:
    """Reads parts of a stream, as its boundary and its lengths say."""

    def __init__(self, answer: httpx.Response) -> None:
        kind = answer.headers["content-type"]
        [boundary] = re.fullmatch(r"multipart/x-mixed-replace; boundary=(\w+)", kind).groups()  # type: ignore[union-attr]
        self.boundary = f"--{boundary}\r\n".encode()
        self._bytes = answer.aiter_raw()
        self._buffer = b""

    async def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += await anext(self._bytes)
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    async def part(self) -> Image.Image:
        assert await self._until(self.boundary) in (b"", b"\r\n")
        head = (await self._until(b"\r\n\r\n")).decode()
        length = int(dict(line.split(": ") for line in head.split("\r\n"))["Content-Length"])
        while len(self._buffer) < length:
            self._buffer += await anext(self._bytes)
        jpeg, self._buffer = self._buffer[:length], self._buffer[length:]
        return Image.open(io.BytesIO(jpeg))


async def one(outputs: Outputs) -> Any:
    return await outputs.one("mjpeg")


async def until_receivers(outputs: Outputs, count: int) -> None:
    async with asyncio.timeout(WAIT):
        while (await one(outputs)).receivers != count:
            await asyncio.sleep(0.005)


async def test_nobody_reads_and_nothing_happens(
    outputs: Outputs, session: LiveSession, engine: FakeEngine
) -> None:
    session.set({"truncation": 0.3})
    await asyncio.sleep(0.02)
    status = await one(outputs)
    assert (status.state, status.always, status.receivers, status.sent) == ("on", True, 0, 0)
    assert status.address == "/stream.mjpg"
    assert engine.calls == []
    assert session.broadcast.watched == 0


async def test_a_stream_shows_what_is_played(
    outputs: Outputs, address: str, session: LiveSession
) -> None:
    async with (
        httpx.AsyncClient(timeout=WAIT) as client,
        client.stream("GET", f"{address}/stream.mjpg") as answer,
    ):
        assert answer.headers["cache-control"] == "no-store"
        reader = Reader(answer)
        first = await reader.part()
        assert (first.format, first.size) == ("JPEG", (64, 48))
        session.go_to_seed(5, None, None)  # type: ignore[arg-type]
        async with asyncio.timeout(WAIT):
            while np.array_equal(np.asarray(await reader.part()), np.asarray(first)):
                pass
        assert (await one(outputs)).receivers == 1
    await until_receivers(outputs, 0)
    async with asyncio.timeout(WAIT):
        while session.broadcast.watched:
            await asyncio.sleep(0.005)


async def test_a_picture_at_rest_is_repeated(
    outputs: Outputs, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mjpeg, "REPEAT_SECONDS", 0.05)
    async with (
        httpx.AsyncClient(timeout=WAIT) as client,
        client.stream("GET", f"{address}/stream.mjpg") as answer,
    ):
        reader = Reader(answer)
        pictures = [np.asarray(await reader.part()) for _ in range(4)]
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)


async def test_the_picture_is_the_newest_whoever_reads(
    outputs: Outputs, address: str, session: LiveSession, engine: FakeEngine
) -> None:
    async with httpx.AsyncClient(timeout=WAIT) as client:
        sizes = []
        for height, width in ((48, 64), (20, 30), (7, 5)):
            engine.picture_size = (height, width)
            session.set({"truncation": height / 100})
            answer = await client.get(f"{address}/frame.jpg")
            assert answer.headers["content-type"] == "image/jpeg"
            sizes.append(Image.open(io.BytesIO(answer.content)).size)
    assert sizes == [(64, 48), (30, 20), (5, 7)]
    await until_receivers(outputs, 0)


async def test_no_picture_is_a_sentence(
    outputs: Outputs, address: str, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mjpeg, "FIRST_SECONDS", 0.05)
    engine.gate.clear()
    async with httpx.AsyncClient(timeout=WAIT) as client:
        answer = await client.get(f"{address}/frame.jpg")
    assert answer.status_code == 503
    assert answer.json() == {"error": "No picture came within 0.05 seconds."}
    engine.gate.set()


async def test_readers_are_counted_and_bounded(outputs: Outputs, address: str) -> None:
    await outputs.start("mjpeg", {"readers": 2, "quality": 40})
    async with httpx.AsyncClient(timeout=WAIT) as client:
        async with (
            client.stream("GET", f"{address}/stream.mjpg") as first,
            client.stream("GET", f"{address}/stream.mjpg") as second,
        ):
            readers = [Reader(first), Reader(second)]
            for reader in readers:
                await reader.part()
            assert (await one(outputs)).receivers == 2
            for path in ("/stream.mjpg", "/frame.jpg"):
                answer = await client.get(address + path)
                assert answer.status_code == 503
                assert "2 readers are there already" in answer.json()["error"]
        await until_receivers(outputs, 0)
        assert (await client.get(f"{address}/frame.jpg")).status_code == 200


async def test_one_that_does_not_read_keeps_nobody_waiting(
    outputs: Outputs, address: str, session: LiveSession, engine: FakeEngine
) -> None:
    engine.picture_size = (1024, 1024)
    await outputs.start("mjpeg", {"fps": 240, "quality": 100})
    port = int(address.rpartition(":")[2])
    _, lazy = await asyncio.open_connection("127.0.0.1", port, limit=1)
    lazy.write(b"GET /stream.mjpg HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    async with (
        httpx.AsyncClient(timeout=WAIT) as client,
        client.stream("GET", f"{address}/stream.mjpg") as answer,
    ):
        reader = Reader(answer)
        for seed in range(4):
            before = np.asarray(await reader.part())
            session.go_to_seed(seed + 1, None, None)  # type: ignore[arg-type]
            async with asyncio.timeout(WAIT):
                while np.array_equal(np.asarray(await reader.part()), before):
                    pass
    lazy.close()


async def test_a_head_has_no_end_to_wait_for(address: str) -> None:
    async with httpx.AsyncClient(timeout=WAIT) as client:
        answer = await client.head(f"{address}/stream.mjpg")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("multipart/x-mixed-replace")


async def test_readers_are_let_go_at_the_end(outputs: Outputs, address: str) -> None:
    async with (
        httpx.AsyncClient(timeout=WAIT) as client,
        client.stream("GET", f"{address}/stream.mjpg") as answer,
    ):
        reader = Reader(answer)
        await reader.part()
        await outputs.close()
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(StopAsyncIteration):
                while await reader.part():
                    pass


READERS = {
    "ffmpeg": "-loglevel error -f mpjpeg -i {} -frames:v 4 -pix_fmt rgb24 -f rawvideo -",
    "gst-launch-1.0": "-q souphttpsrc location={} ! multipartdemux ! jpegdec ! videoconvert "
    "! video/x-raw,format=RGB ! identity eos-after=5 ! fdsink",
}
"""Programs that write four frames as raw RGB; of GStreamer's five the last is left out."""


@pytest.mark.parametrize("program", READERS)
async def test_programs_read_it(address: str, session: LiveSession, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    arguments = READERS[program].format(f"{address}/stream.mjpg").split()
    reading = await asyncio.create_subprocess_exec(
        program, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    ended = asyncio.create_task(reading.communicate())
    async with asyncio.timeout(3 * WAIT):
        seed = 0
        while not ended.done():
            seed += 1
            session.go_to_seed(seed, None, None)  # type: ignore[arg-type]
            await asyncio.sleep(0.02)
    pixels, _ = await ended
    assert len(pixels) == 4 * 48 * 64 * 3
    assert len(set(pixels)) > 1


async def test_ffmpeg_reads_it(outputs: Outputs, address: str, session: LiveSession) -> None:
    av = pytest.importorskip("av")

    def read() -> list[tuple[int, int]]:
        with av.open(f"{address}/stream.mjpg", format="mpjpeg", timeout=WAIT) as stream:
            frames = stream.decode(video=0)
            return [(frame.width, frame.height) for frame, _ in zip(frames, range(4), strict=False)]

    reading = asyncio.create_task(asyncio.to_thread(read))
    async with asyncio.timeout(3 * WAIT):
        seed = 0
        while not reading.done():
            seed += 1
            session.go_to_seed(seed, None, None)  # type: ignore[arg-type]
            await asyncio.sleep(0.02)
    assert await reading == [(64, 48)] * 4
