"""The frames as a stream of JPEGs over HTTP, which browsers, ffmpeg and OBS read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.errors import Unavailable
from taxiway.core.frame import Frame
from taxiway.core.images import encode_jpeg
from taxiway.core.sink import Sink

STREAM = "/stream.mjpg"
PICTURE = "/frame.jpg"
BOUNDARY = "frame"
REPEAT_SECONDS = 1.0
"""A frame at rest is sent again, so that a reader who is gone is noticed."""
FIRST_SECONDS = 10.0
"""How long `/frame.jpg` waits for a picture, as while a model wakes."""


class Mjpeg(Sink):
    """`/stream.mjpg` for streams and `/frame.jpg` for one picture, at the model's own address.

    Each frame is encoded once, for all readers. One that reads slowly gets the newest when it is
    ready for more.
    """

    title = "MJPEG"
    seen = "Open the address in a browser, ffplay or VLC."
    always = True
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "quality": Number(default=85, whole=True, min=1, max=100),
        "readers": Number(
            default=16, whole=True, min=1, max=256, description="How many may read at once."
        ),
    }

    def __init__(self, settings: Values) -> None:
        super().__init__(settings)
        self._jpeg = b""
        self._number = 0
        """Counts the frames that were encoded."""
        self._readers: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    @property
    def receivers(self) -> int:
        return len(self._readers)

    @property
    def address(self) -> str:
        return STREAM

    def send(self, frame: Frame) -> None:
        jpeg = encode_jpeg(frame.pixels, self.settings_given["quality"])
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._show, jpeg)

    def end(self) -> None:
        self._ended = True
        for changed in self._readers:
            changed.set()

    def routes(self) -> Sequence[Route]:
        return [Route(STREAM, self._stream), Route(PICTURE, self._picture)]

    async def _stream(self, request: Request) -> Response:
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        if request.method == "HEAD":
            return Response(media_type=kind, headers=headers)
        self._admit()
        return StreamingResponse(self._parts(), media_type=kind, headers=headers)

    async def _picture(self, request: Request) -> Response:
        self._admit()
        with self._reading() as changed:
            jpeg, _ = await self._newer(0, changed, FIRST_SECONDS)
        if not jpeg:
            raise Unavailable(f"No picture came within {FIRST_SECONDS:g} seconds.", 1)
        headers = {"cache-control": "no-store"}
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    async def _parts(self) -> AsyncIterator[bytes]:
        yield f"--{BOUNDARY}\r\n".encode()
        if self.receivers >= self.settings_given["readers"]:
            return  # Others came in between.
        with self._reading() as changed:
            seen = 0
            while not self._ended:
                jpeg, seen = await self._newer(seen, changed, REPEAT_SECONDS)
                if jpeg:
                    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    # A browser shows a part when it has read the boundary after it.
                    yield head.encode() + jpeg + f"\r\n--{BOUNDARY}\r\n".encode()

    async def _newer(self, seen: int, changed: asyncio.Event, seconds: float) -> tuple[bytes, int]:
        """The newest JPEG and its number, once it is another than `seen` or time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (self._number == seen or not self._jpeg) and not self._ended:
                    changed.clear()
                    await changed.wait()
        return self._jpeg, self._number

    def _admit(self) -> None:
        if self.receivers >= (most := self.settings_given["readers"]):
            raise Unavailable(f"{most} readers are there already, the most allowed.", 5)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[asyncio.Event]:
        """Be one of the readers; the event is set with every new frame."""
        if not self._readers:
            # What was seen by readers that left is old.
            self._jpeg = b""
        self._loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        self._readers.add(changed)
        self.on_receivers()
        try:
            yield changed
        finally:
            self._readers.discard(changed)
            self.on_receivers()

    def _show(self, jpeg: bytes) -> None:
        self._jpeg = jpeg
        self._number += 1
        for changed in self._readers:
            changed.set()


SLOT = Mjpeg
