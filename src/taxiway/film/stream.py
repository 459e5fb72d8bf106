"""Pictures to a film while they come, at a steady rate: into a file, or to a server."""

from collections.abc import Mapping
from fractions import Fraction
from typing import IO, Any

import numpy as np
from msgspec import Struct

from taxiway.core.frame import flattened, padded
from taxiway.core.images import Pixels
from taxiway.film.media import Target, import_av
from taxiway.film.sound import Sound
from taxiway.film.writer import BT709

# Fragments while it is written, so that a film that was cut off can be played; whole at the end.
WHOLE_AT_LAST = {"movflags": "+hybrid_fragmented"}
SECONDS_OF_SILENCE = 1e6


class StreamFormat(Struct, frozen=True, kw_only=True):
    """How FFmpeg calls container, encoder and kind of pixels, and what these are told."""

    container: str
    codec: str
    pixels: str
    options: Mapping[str, str] = {}
    container_options: Mapping[str, str] = {}
    alpha: bool = False
    silence: bool = False
    """Whether there is a track of silence, without which services take no stream."""


FORMATS = {
    ".mp4": StreamFormat(
        container="mp4",
        codec="libx264",
        pixels="yuv420p",
        options={"preset": "veryfast", "crf": "18"},
        container_options=WHOLE_AT_LAST,
    ),
    ".mov": StreamFormat(
        container="mov",
        codec="prores_ks",
        pixels="yuva444p10le",
        options={"profile": "4444"},
        container_options=WHOLE_AT_LAST,
        alpha=True,
    ),
    ".webm": StreamFormat(
        container="webm",
        codec="libvpx-vp9",
        pixels="yuv420p",
        options={"crf": "28", "deadline": "realtime", "cpu-used": "8", "row-mt": "1"},
    ),
}


class FilmStream:
    """An open film, one picture after the other at `fps`.

    Pictures are uint8 [H, W, 3 or 4], all of the `first` one's size. Raises MissingDependency
    without PyAV, and what FFmpeg raises where the target cannot be written.
    """

    def __init__(
        self, target: IO[bytes] | str, form: StreamFormat, first: Pixels, fps: int, bitrate: int = 0
    ) -> None:
        self._av = import_av("Writing a video")
        self._form, self._fps = form, fps
        self.count = 0
        options = dict(form.container_options)
        self._target = target if isinstance(target, str) else Target(target)
        self._container = self._av.open(self._target, "w", format=form.container, options=options)
        self._stream = self._video(self._prepared(first), bitrate)
        self._sound = Sound.of(None, None, "", 0)
        if form.silence:
            quiet = np.zeros((2, 1024), np.float32)
            self._sound = Sound(self._container, "aac", quiet, SECONDS_OF_SILENCE)

    def write(self, pixels: Pixels, place: int = 0) -> None:
        """The next picture; not before that place, so that a stream keeps up with the clock."""
        self.count = max(self.count, place)
        picture = self._prepared(pixels)
        kind = "rgba" if picture.shape[2] == 4 else "rgb24"
        frame = self._av.VideoFrame.from_ndarray(picture, format=kind)
        frame = frame.reformat(format=self._form.pixels, dst_colorspace="ITU709")
        frame.pts, frame.time_base = self.count, Fraction(1, self._fps)
        self._container.mux(self._stream.encode(frame))
        self.count += 1
        self._sound.until(self.count / self._fps)
        self._check()

    def close(self) -> None:
        """Write what the encoder holds, and the end."""
        try:
            if self.count:
                self._container.mux(self._stream.encode())
        finally:
            self._container.close()
        self._check()

    def _check(self) -> None:
        if isinstance(self._target, Target):
            self._target.check()

    def _prepared(self, pixels: Pixels) -> Pixels:
        return padded(flattened(pixels, self._form.alpha))

    def _video(self, first: Pixels, bitrate: int) -> Any:
        stream = self._container.add_stream(self._form.codec, rate=self._fps)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = self._form.pixels
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = BT709
        context.gop_size = 2 * self._fps
        stream.bit_rate = bitrate  # 0 for VP9, which else takes the default rate as a limit
        stream.options = dict(self._form.options)
        return stream
