"""The frames as a film: MP4, WebM, or MOV with transparency, written while the model is played."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import ClassVar

from taxiway.catalog.folder import recording_path
from taxiway.core.datatypes import AnyDataType, Category, Number, Text
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.extras import lacking
from taxiway.core.files import GrowingFile
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
    seen = "The file is there once it is stopped."
    alpha = True
    least_fps = 240
    end_seconds = 30.0
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "path": Text(
            default="", description="A file .mp4, .webm or .mov; else one in the data folder."
        ),
        "format": Category(
            one_of=("MP4", "WebM", "MOV"), description="Without a path; MOV has transparency."
        ),
        "seconds": Number(default=None, optional=True, min=0.1, description="Stop after so long."),
    }
    clock: Callable[[], float] = staticmethod(time.monotonic)

    _film: FilmStream | None = None
    _growing: GrowingFile | None = None
    _written = ""

    @classmethod
    def probe(cls) -> str | None:
        return lacking("av", "Recording") or None

    @property
    def address(self) -> str:
        growing = self._growing
        return self._written or str(growing.path if growing else self.settings_given["path"])

    @property
    def result(self) -> str:
        return f"The film is {self._written}." if self._written else ""

    def open(self, width: int, height: int, fps: int) -> None:
        given = self.settings_given
        path = recording_path(given["path"], f".{given['format'].lower()}")
        if path.suffix not in FORMATS:
            endings = ", ".join(FORMATS)
            raise InvalidArgument(f"'path' takes a file {endings}, got '{path}'.", "path")
        import_av("Recording")
        self._growing = GrowingFile(path)
        self._fps, self._start = fps, self.clock()

    def send(self, frame: Frame) -> None:
        assert self._growing is not None
        if self._film is None:
            form = FORMATS[self._growing.path.suffix]
            self._film = FilmStream(self._growing.file, form, frame.pixels, self._fps)
            self._last: Pixels = frame.pixels
        try:
            self._until(round((self.clock() - self._start) * self._fps), frame.pixels)
        except OSError as error:
            raise self._left(self._film, self._growing, error) from None
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

    def _left(self, film: FilmStream, growing: GrowingFile, error: OSError) -> Unavailable:
        self._film = self._growing = None
        with suppress(OSError):
            film.close()
        return growing.left(error)

    def close(self) -> None:
        film, self._film = self._film, None
        growing, self._growing = self._growing, None
        if growing is None:
            return
        try:
            if film is not None:
                film.close()
        except OSError as error:
            raise growing.left(error) from None
        except BaseException:
            # What there is stays hidden, for whoever wants to rescue it.
            growing.file.close()
            raise
        if film is not None:
            self._written = str(growing.finish())
        else:
            growing.discard()


SLOT = Record
