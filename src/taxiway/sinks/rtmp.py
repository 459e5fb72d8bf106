"""The frames to a streaming service, or to any server that takes RTMP: H.264 in FLV."""

import threading
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from taxiway.core.datatypes import AnyDataType, Number, Text
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.extras import lacking
from taxiway.core.frame import Frame
from taxiway.core.images import fitted
from taxiway.core.sink import Sink
from taxiway.film.push import LAST_SECONDS, Push


class Rtmp(Sink):
    """A live stream of one size, whatever that of the pictures, at a steady rate, with silence."""

    title = "RTMP"
    seen = "The page of the service shows the stream, some seconds later."
    paths: ClassVar[tuple[str, ...]] = ()
    least_fps = 240
    end_seconds = 2 * LAST_SECONDS
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "url": Text(
            default=None, description="rtmp:// or rtmps://, with the key that the service gave."
        ),
        "width": Number(default=1280, whole=True, min=16, max=3840),
        "height": Number(default=720, whole=True, min=16, max=2160),
        "bitrate": Number(
            default=4000, whole=True, min=100, max=50_000, description="Kilobits a second."
        ),
    }

    _push: Push | None = None

    @classmethod
    def probe(cls) -> str | None:
        return lacking("av", "RTMP") or None

    @property
    def address(self) -> str:
        """Without the key, which is a secret."""
        parts = urlsplit(self.settings_given["url"])
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""

    def open(self, width: int, height: int, fps: int) -> None:
        if urlsplit(self.settings_given["url"]).scheme not in ("rtmp", "rtmps"):
            raise InvalidArgument("'url' takes an address that begins with rtmp://.", "url")
        given = self.settings_given
        self._push = Push(given["url"], fps, given["bitrate"] * 1000)

    def send(self, frame: Frame) -> None:
        assert self._push is not None
        given = self.settings_given
        try:
            self._push.send(fitted(frame.pixels, given["width"], given["height"]))
        except Unavailable as error:
            raise Unavailable(f"{self.address} does not take the stream: {error}.") from None

    def end(self) -> None:
        if (push := self._push) is not None:
            # A server that takes nothing more must not keep us.
            timer = threading.Timer(LAST_SECONDS, push.kill)
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        push, self._push = self._push, None
        if push is not None:
            push.close()


SLOT = Rtmp
