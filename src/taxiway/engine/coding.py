"""Moving pictures to bytes over there, and back to pixels here; see `sending`.

H.264 is made of what changes, so that each picture needs those before it: a `Writer` and a `Reader`
go through the same ones in the same order, which a way that mends itself sees to.
"""

import io
from fractions import Fraction
from typing import Any

import numpy as np
import simplejpeg
from msgspec import Struct
from PIL import Image

from taxiway.core.frame import padded
from taxiway.core.images import Pixels, encode_jpeg
from taxiway.engine.sending import Sent

X264 = {"preset": "superfast", "tune": "zerolatency", "x264-params": "keyint=infinite:scenecut=0"}
RATE = 30
MOST_THREADS, SMALL = 4, 2**20
"""Threads for a picture of more pixels than that; waiting for each other takes longer below."""


class Coded(Struct):
    """A picture on its way: its bytes, what kind they are, its height and width.

    `begins` is whether H.264 begins with it, `names` are those of the outputs that it is.
    """

    kind: str
    data: bytes
    height: int
    width: int
    begins: bool = False
    names: list[str] = []


class Writer:
    """One output of one command, picture after picture."""

    def __init__(self) -> None:
        self._sent: Sent | None = None
        self._size = (0, 0)
        self._encoder: Any = None
        self._count = 0
        self._lacks_video = False

    def coded(self, pixels: Pixels, sent: Sent) -> Coded:
        """A picture, uint8 [H, W], [H, W, 3] or [H, W, 4], as it is sent."""
        height, width = pixels.shape[:2]
        if pixels.shape[2:] != (3,):
            return Coded(*_other(pixels, sent), height, width)
        if sent.crf is not None and not self._lacks_video:
            try:
                data, begins = self._film(padded(pixels), sent)
                return Coded("H.264", data, height, width, begins)
            except (ImportError, ValueError, OSError):
                self._lacks_video = True  # it is installed, and cannot be used
        return Coded("JPEG", encode_jpeg(_shrunk(pixels, sent.shrink), sent.quality), height, width)

    def _film(self, pixels: Pixels, sent: Sent) -> tuple[bytes, bool]:
        """The next picture [H, W, 3] of a film, even in height and width, and if it begins one."""
        import av

        size = tuple(max(2, side // sent.shrink // 2 * 2) for side in pixels.shape[:2])
        begins = (sent, size) != (self._sent, self._size)
        if begins:
            self._sent, self._size, self._count = sent, (size[0], size[1]), 0
            self._encoder = encoder = av.CodecContext.create("libx264", "w")
            encoder.height, encoder.width = size
            encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, RATE)
            encoder.thread_count = _threads(*size)
            encoder.options = {**X264, "crf": str(sent.crf)}
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame = frame.reformat(size[1], size[0], "yuv420p", dst_colorspace="ITU709")
        frame.pts, self._count = self._count, self._count + 1
        return b"".join(map(bytes, self._encoder.encode(frame))), begins


class Reader:
    """The other end of a `Writer`."""

    def __init__(self) -> None:
        self._decoder: Any = None

    def pixels(self, coded: Coded) -> Pixels:
        """The picture as it was given, but for what was lost. Raises ValueError if unreadable."""
        size = coded.width, coded.height
        if coded.kind == "H.264":
            return self._next(coded)
        if coded.kind == "JPEG":
            picture = simplejpeg.decode_jpeg(coded.data)
            if picture.shape[:2] == size[::-1]:
                return np.asarray(picture)
            return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
        with Image.open(io.BytesIO(coded.data), formats=["WEBP", "JPEG"]) as image:
            return np.asarray(image.resize(size, Image.Resampling.BILINEAR))

    def _next(self, coded: Coded) -> Pixels:
        import av

        if coded.begins:
            self._decoder = decoder = av.CodecContext.create("h264", "r")
            decoder.thread_type, decoder.thread_count = "SLICE", _threads(coded.height, coded.width)
            decoder.flags |= av.codec.context.Flags.low_delay
        if self._decoder is None:
            raise ValueError("H.264 that begins nowhere")
        try:
            frames = self._decoder.decode(av.Packet(coded.data))
        except av.FFmpegError as error:
            self._decoder = None
            raise ValueError(f"unreadable H.264: {error}") from None
        if not frames:
            raise ValueError("H.264 without a picture")
        width, height = (side + side % 2 for side in (coded.width, coded.height))
        whole = frames[-1].reformat(width, height, "rgb24", src_colorspace="ITU709")
        return np.ascontiguousarray(whole.to_ndarray()[: coded.height, : coded.width])


def _threads(height: int, width: int) -> int:
    return MOST_THREADS if height * width > SMALL else 1


def _shrunk(pixels: Pixels, times: int) -> Pixels:
    if times == 1:
        return pixels
    return np.asarray(Image.fromarray(pixels).reduce(times))


def _other(pixels: Pixels, sent: Sent) -> tuple[str, bytes]:
    """A grey picture, or one with transparent parts, which JPEG has not."""
    if pixels.shape[2:] != (4,):
        return "grey", encode_jpeg(_shrunk(pixels, sent.shrink), sent.quality)
    buffer = io.BytesIO()
    Image.fromarray(_shrunk(pixels, sent.shrink)).save(
        buffer, "WEBP", quality=sent.quality, method=0
    )
    return "WebP", buffer.getvalue()
