"""Films and sound files to be read, by PyAV (FFmpeg's libraries), without what opens other files.

FFmpeg also plays lists, addresses and devices, so that a file may name others of this machine:
only containers that hold what they play are tried.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def import_av(what: str = "Reading films and sound") -> Any:
    """PyAV; raises MissingDependency with the line that brings it."""
    need("av", what)
    import av

    return av
