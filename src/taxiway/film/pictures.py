"""The pictures of a film on their way through the encoder; one that lasts is encoded once.

A picture that stays for GROUP frames is encoded as so many that begin with a key frame and need
nothing before them, and these are written again for as long as it stays. The film has as many
frames as any other, and an hour of the same picture takes no longer than ten seconds of it.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from taxiway.core.frame import padded
from taxiway.core.images import Pixels
from taxiway.film.media import import_av

GROUP = 250
"""Frames from one key frame to the next, at most: x264's own default."""

DELAYS = {"libx264": 2, "libvpx-vp9": 0}
"""How many frames before it is shown a picture is decoded, at most: those that need later ones."""


class Pictures:
    """Encodes into `stream` of `container`; `set_up` makes an encoder as the stream's is.

    `heard_until` lays the sound up to a time, in seconds, beside the pictures that are written.
    """

    def __init__(
        self,
        container: Any,
        stream: Any,
        rate: Fraction,
        set_up: Callable[[Any], None],
        heard_until: Callable[[float], None],
    ) -> None:
        self._container, self._stream, self._rate, self._set_up = container, stream, rate, set_up
        self._heard_until = heard_until
        self._encoder: Any = stream.codec_context
        self._newest: Pixels | None = None
        self._frame: Any = None
        self._group: list[Any] = []
        self._waiting = 0
        self._written = 0
        self._sent = 0

    def add(self, pixels: Pixels) -> None:
        """One more frame, uint8 [H, W, 3 or 4]; the same array as before is the same picture."""
        if pixels is not self._newest:
            self._encode_waiting()
            self._newest, self._frame, self._group = pixels, None, []
        self._waiting += 1
        if self._waiting == GROUP:
            self._write_group()

    def end(self) -> None:
        """Write whatever the encoder still holds."""
        self._encode_waiting()
        self._flush()

    def _encode_waiting(self) -> None:
        for _ in range(self._waiting):
            self._encoder = self._encoder or self._another()
            self._send(self._encoder.encode(self._shown(self._written)))
            self._written += 1
        self._waiting = 0

    def _write_group(self) -> None:
        if self._group:
            self._send_again()
        else:
            self._flush()
            encoder = self._another()
            frames = range(self._written, self._written + GROUP)
            self._group = [p for at in frames for p in encoder.encode(self._shown(at))]
            self._group += encoder.encode()
            self._send(self._group)
        self._written += GROUP
        self._waiting = 0

    def _send_again(self) -> None:
        """The group once more, later by itself; since it was sent, its times are the stream's."""
        unit = self._group[0].time_base
        # WebM's are whole milliseconds: what a length is rounded by would add up.
        before, now = (
            round(at / self._rate / unit) for at in (self._written - GROUP, self._written)
        )
        for packet in self._group:
            packet.pts += now - before
            packet.dts += now - before
            self._write(packet)

    def _shown(self, index: int) -> Any:
        """The newest picture as the frame of that index."""
        if self._frame is None:
            assert self._newest is not None
            pixels = padded(self._newest)
            given = "rgba" if pixels.shape[2] == 4 else "rgb24"
            frame = import_av("Writing a video").VideoFrame.from_ndarray(pixels, format=given)
            self._frame = frame.reformat(format=self._stream.pix_fmt, dst_colorspace="ITU709")
        self._frame.pts, self._frame.time_base = index, 1 / self._rate
        return self._frame

    def _another(self) -> Any:
        own = self._stream.codec_context
        context = import_av("Writing a video").CodecContext.create(own.name, "w")
        context.time_base, context.framerate, context.flags = own.time_base, self._rate, own.flags
        self._set_up(context)
        return context

    def _flush(self) -> None:
        if self._encoder is not None:
            self._send(self._encoder.encode())
        self._encoder = None

    def _send(self, packets: list[Any]) -> None:
        """Write new packets. An encoder of few frames would decode them later than others do."""
        for packet in packets:
            packet.stream = self._stream
            packet.dts = self._sent - DELAYS[self._stream.codec_context.name]
            self._write(packet)

    def _write(self, packet: Any) -> None:
        self._container.mux(packet)
        self._sent += 1
        self._heard_until(float(self._sent / self._rate))
