"""Sound laid under a film: decoded, repeated or cut to its length, encoded as it goes on."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.film.media import playing

RATE = 48_000
Samples = npt.NDArray[np.float32]
LONGEST = 3600.0
"""Seconds of a sound that are kept in memory, to be repeated."""


class Sound:
    """Writes samples [2, N] into a container's audio stream, up to the time that it is asked for.

    `of` gives one that writes nothing where there is no sound.
    """

    def __init__(self, container: Any, codec: str, samples: Samples, seconds: float) -> None:
        self._container, self._samples = container, samples
        self._stream = container.add_stream(codec, rate=RATE, layout="stereo")
        self._total = round(seconds * RATE)
        self._frame_size = 0
        self._written = 0

    @staticmethod
    def of(given: Path | bytes | None, container: Any, codec: str, seconds: float) -> "Sound":
        """The sound of a file; raises NotFound or InvalidArgument if it cannot be read."""
        if given is None:
            return Silence()
        return Sound(container, codec, decoded(given, min(seconds, LONGEST)), seconds)

    def until(self, seconds: float) -> None:
        """Write what is heard before a time, in whole packets."""
        self._write(min(round(seconds * RATE), self._total), whole=True)

    def end(self) -> None:
        """Write the rest and what the encoder still holds."""
        self._write(self._total, whole=False)
        self._container.mux(self._stream.encode())

    def _write(self, stop: int, whole: bool) -> None:
        import av

        if not self._frame_size:
            context = self._stream.codec_context
            if not context.is_open:
                context.open()
            self._frame_size = context.frame_size or 1024
        while (left := stop - self._written) >= (self._frame_size if whole else 1):
            size = min(left, self._frame_size)
            places = np.arange(self._written, self._written + size) % self._samples.shape[1]
            part = np.ascontiguousarray(self._samples[:, places])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.rate, frame.pts = RATE, self._written
            self._container.mux(self._stream.encode(frame))
            self._written += size


class Silence(Sound):
    """No sound."""

    def __init__(self) -> None:
        pass

    def until(self, seconds: float) -> None:
        pass

    def end(self) -> None:
        pass


def decoded(given: Path | bytes, seconds: float) -> Samples:
    """Up to `seconds` of a sound file (or of a film's) as float32 [2, N] at 48 kHz."""
    if isinstance(given, Path) and not given.is_file():
        raise NotFound(f"There is no file '{given}'.")
    name = given.name if isinstance(given, Path) else "sound"
    with playing(given, "sound") as container:
        parts = list(taken(pieces(container), round(seconds * RATE)))
    if not parts:
        raise InvalidArgument(f"'{name}' has no sound in it.", "sound")
    return np.concatenate(parts, axis=1)


def pieces(container: Any) -> Iterator[Samples]:
    """The first sound of an open file, piece by piece."""
    import av

    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    for frame in chain(container.decode(audio=0), [None]):
        for piece in resampler.resample(frame):
            yield np.asarray(piece.to_ndarray(), np.float32)


def taken(parts: Iterator[Samples], count: int) -> Iterator[Samples]:
    """Pieces up to `count` samples in all."""
    left = count
    for part in parts:
        yield part[:, :left]
        left -= part.shape[1]
        if left <= 0:
            return
