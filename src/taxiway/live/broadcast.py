"""From one session to many viewers: a one-place slot each, credits, one encode shared by all."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import msgspec
from msgspec import Struct

from taxiway.core.frame import Frame
from taxiway.core.images import ImageFormat, encode_jpeg, encode_png
from taxiway.live.screens import Screens

LIVE_QUALITY = 85
FINAL_QUALITY = 95
CREDITS = 2
PAUSE_SECONDS = 3.0
SMALL_BYTES = 512 * 512 * 3
"""Of a picture whose JPEG takes half a millisecond: to hand it to a thread and back takes longer,
on a busy machine many times as long."""


class Encoded(Struct, frozen=True):
    """A picture as a file, and what that took."""

    data: bytes
    format: ImageFormat
    encode_ms: float


class EncodedFrame:
    """A frame on its way to the viewers; it is encoded once, when the first of them wants it."""

    def __init__(self, frame: Frame, final: bool, pool: ThreadPoolExecutor) -> None:
        self.frame = frame
        self.final = final
        self._pool = pool
        self._encoding: asyncio.Future[Encoded] | None = None

    async def encoded(self) -> Encoded:
        """JPEG at quality 85, or 95 if final; PNG where there is an alpha channel."""
        if self._encoding is None:
            self._encoding = self._begun()
        # Shielded, since others wait for it too when one viewer leaves.
        return await asyncio.shield(self._encoding)

    def _begun(self) -> asyncio.Future[Encoded]:
        loop = asyncio.get_running_loop()
        if self.frame.pixels.nbytes > SMALL_BYTES or _is_transparent(self.frame):
            return loop.run_in_executor(self._pool, _encode, self.frame, self.final)
        made: asyncio.Future[Encoded] = loop.create_future()
        made.set_result(_encode(self.frame, self.final))
        return made


class Viewer:
    """One listener. `wake` is called when there may be something new to send to it.

    A frame sent costs one of two credits until it is acknowledged. A viewer that has owed an
    acknowledgement for 3 seconds gets nothing more until it comes.
    """

    def __init__(self, wake: Callable[[], None], clock: Callable[[], float]) -> None:
        self._wake = wake
        self._clock = clock
        self._slot: EncodedFrame | None = None
        self._owed: deque[tuple[int, float]] = deque()

    def offer(self, encoded_frame: EncodedFrame) -> None:
        """Put `encoded_frame` in the slot; one that was not sent yet is forgotten."""
        self._slot = encoded_frame
        self._wake()

    def take(self) -> EncodedFrame | None:
        """The frame to send now, which costs a credit; None without a frame or a credit."""
        if self._slot is None or len(self._owed) >= CREDITS or self.owing() > PAUSE_SECONDS:
            return None
        encoded_frame, self._slot = self._slot, None
        self._owed.append((encoded_frame.frame.index, self._clock()))
        return encoded_frame

    def acknowledge(self, index: int) -> None:
        """The frame of that index was drawn, and so all before it are settled."""
        while self._owed and self._owed[0][0] <= index:
            self._owed.popleft()
        self._wake()

    def owing(self) -> float:
        """Seconds since the oldest frame was sent that is not acknowledged; 0 if all are."""
        return self._clock() - self._owed[0][1] if self._owed else 0.0


class Broadcast:
    """Publishes pictures to whoever watches. Nobody waits for anybody.

    `published` counts the pictures, those sent again at full quality too; `published_at` is when
    the newest was; `screens` tell how viewers do that show nothing else.
    """

    def __init__(
        self,
        on_watched: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._newest: EncodedFrame | None = None
        self._held: Callable[[], Frame] | None = None
        self._viewers: set[Viewer] = set()
        self.screens = Screens(clock)
        self._on_watched = on_watched
        self._clock = clock
        self._indices = count(1)
        self.published = 0
        self.published_at: float | None = None
        self._pool = ThreadPoolExecutor(2, "encode")

    @property
    def newest(self) -> EncodedFrame | None:
        """The last picture; None before the first."""
        if (held := self._held) is not None:
            self._held = None
            self.publish(held(), final=True)
        return self._newest

    @property
    def is_settled(self) -> bool:
        """Whether `finish` would do nothing."""
        return self._held is None and (self._newest is None or self._newest.final)

    @property
    def watched(self) -> int:
        """How many there are to render for."""
        return len(self._viewers)

    def join(self, wake: Callable[[], None]) -> Viewer:
        """Let someone watch; the newest picture is the first thing they get."""
        newest = self.newest
        viewer = Viewer(wake, self._clock)
        self._viewers.add(viewer)
        if newest is not None:
            viewer.offer(newest)
        self._on_watched()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self._viewers.discard(viewer)

    def publish(self, frame: Frame, final: bool = False) -> None:
        """Offer `frame` to everyone, under the next index."""
        frame = msgspec.structs.replace(frame, index=next(self._indices))
        self._held = None
        self.published, self.published_at = frame.index, self._clock()
        self._newest = newest = EncodedFrame(frame, final, self._pool)
        for viewer in self._viewers:
            viewer.offer(newest)

    def hold(self, frame: Callable[[], Frame]) -> None:
        """Publish what `frame` gives, at full quality, once someone looks or at `finish`."""
        self._held, self._newest = frame, None
        if self._viewers:
            self.publish(frame(), final=True)

    def finish(self) -> None:
        """Offer the newest picture once more at full quality, unless that was done."""
        newest = self.newest
        if newest is not None and not newest.final:
            self.publish(msgspec.structs.replace(newest.frame, merged=0), final=True)

    def close(self) -> None:
        """End the encoding threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _encode(frame: Frame, final: bool) -> Encoded:
    started = time.perf_counter()
    transparent = _is_transparent(frame)
    format: ImageFormat = "PNG" if transparent else "JPEG"
    if transparent:
        data = encode_png(frame.pixels)
    else:
        data = encode_jpeg(frame.pixels, FINAL_QUALITY if final else LIVE_QUALITY)
    return Encoded(data, format, (time.perf_counter() - started) * 1000)


def _is_transparent(frame: Frame) -> bool:
    return frame.pixels.ndim == 3 and frame.pixels.shape[2] == 4
