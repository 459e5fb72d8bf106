"""The frames as a film: MP4, WebM, or MOV with transparency, written while the model is played."""

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, ClassVar

from taxiway.core.datatypes import AnyDataType, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.extras import lacking
from taxiway.core.files import place_free
from taxiway.core.frame import Frame
from taxiway.core.images import Pixels
from taxiway.core.sink import Sink, SinkDone
from taxiway.film.media import import_av
from taxiway.film.stream import FORMATS, FilmStream

LONGEST_GAP = 10.0
"""Seconds without a picture, as while the machine slept, that the film does not have either."""


class Record(Sink):
    """A film of what is seen: a picture at rest lasts, and one that came late is where it belongs.

    It has its name from the moment that it is whole; where one has that name already, it is called
    `film-2.mp4` and so on. Until then it lies beside as a hidden file, which can be played too,
    should the machine fail.
    """

    title = "Recording"
    seen = "Play the file once it is there."
    alpha = True
    least_fps = 240
    end_seconds = 30.0
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "path": Text(default=None, description="A file: .mp4, .webm, or .mov with transparency."),
        "seconds": Number(default=None, optional=True, min=0.1, description="Stop after so long."),
    }
    clock: Callable[[], float] = staticmethod(time.monotonic)

    _film: FilmStream | None = None
    _file: IO[bytes] | None = None
    _written = ""

    @classmethod
    def probe(cls) -> str | None:
        return lacking("av", "Recording") or None

    @property
    def address(self) -> str:
        return self._written or str(self._path)

    @property
    def _path(self) -> Path:
        return Path(self.settings_given["path"]).expanduser().absolute()

    def open(self, width: int, height: int, fps: int) -> None:
        if self._path.suffix not in FORMATS:
            endings = ", ".join(FORMATS)
            raise InvalidArgument(f"'path' takes a file {endings}, got '{self._path}'.", "path")
        import_av("Recording")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = self._path.with_name(f".{secrets.token_hex(4)}-{self._path.name}")
        # Without a buffer of ours, which would be lost with us.
        self._file = self._temporary.open("x+b", buffering=0)
        self._fps, self._start = fps, self.clock()

    def send(self, frame: Frame) -> None:
        assert self._file is not None
        if self._film is None:
            self._film = FilmStream(self._file, FORMATS[self._path.suffix], frame.pixels, self._fps)
            self._last: Pixels = frame.pixels
        self._until(round((self.clock() - self._start) * self._fps), frame.pixels)
        limit = self.settings_given["seconds"]
        if limit is not None and self._film.count >= limit * self._fps:
            self.close()
            raise SinkDone(f"{limit:g} seconds are in {self._written}.")

    def _until(self, place: int, pixels: Pixels) -> None:
        """Let a picture be the film's at a place; the one before lasts until then."""
        assert self._film is not None
        if (missing := place - self._film.count) > LONGEST_GAP * self._fps:
            self._start += missing / self._fps
            place = self._film.count
        while self._film.count < place:
            self._film.write(self._last)
        # A hair early is no reason to lose it.
        if self._film.count <= place + 1:
            self._film.write(pixels)
        self._last = pixels

    def close(self) -> None:
        film, self._film = self._film, None
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with file:
                if film is not None:
                    film.close()
                    file.flush()
                    os.fsync(file.fileno())
            if film is not None:
                self._written = str(place_free(self._temporary, self._path))
        finally:
            with contextlib.suppress(FileNotFoundError):
                self._temporary.unlink()


SLOT = Record
