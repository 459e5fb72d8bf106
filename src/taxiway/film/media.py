"""Films and sound files to be read, by PyAV (FFmpeg's libraries), without what opens other files.

FFmpeg also plays lists, addresses and devices, so that a file may name others of this machine:
only containers that hold what they play are tried.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from taxiway.core.errors import InvalidArgument
from taxiway.core.extras import need

CONTAINERS = (
    *("mov", "mp4", "m4a", "matroska", "webm", "avi", "flv", "mpeg", "mpegts", "asf", "ogg"),
    *("wav", "w64", "aiff", "au", "caf", "mp3", "flac", "aac", "ac3", "amr", "gif"),
    *("mpegvideo", "h264", "hevc", "m4v", "apng", "ape", "wv", "mxf"),
)
"""FFmpeg's names of the containers that are read."""


@contextmanager
def playing(source: Path | bytes, what: str = "film") -> Iterator[Any]:
    """An open film or sound as PyAV's container. Raises as `import_av`, and InvalidArgument where
    it is none or cannot be decoded; `what` is said of it then.
    """
    av = import_av()
    name = source.name if isinstance(source, Path) else what
    options = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": ""}
    try:
        # As a file that is open already, since FFmpeg takes some names for addresses.
        file = source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
        with file, av.open(file, options=options) as container:
            yield container
    except (av.FFmpegError, IndexError, EOFError) as error:
        raise InvalidArgument(f"'{name}' is no {what} that can be read.", what) from error


class Target:
    """A file for FFmpeg to write a film to, which never fails: the first error ends the writing.

    `check` raises it. FFmpeg cannot close a film whose beginning could not be written (its trailer
    ends the process), and takes no notice of what was written in part.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        left = memoryview(data)
        try:
            while left and self._error is None:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._error = error
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def check(self) -> None:
        """Raise the OSError of the first write that failed, if one did."""
        if self._error is not None:
            raise self._error


def import_av(what: str = "Reading films and sound") -> Any:
    """PyAV; raises MissingDependency with the line that brings it."""
    need("av", what)
    import av

    return av
