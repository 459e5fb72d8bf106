"""A live stream of pictures to a server, in a process of its own.

PyAV holds Python's lock while it connects, so that a server which does not answer would stop all
else in the process that asks it.
"""

import faulthandler
import os
import time
from functools import partial
from multiprocessing.connection import Connection

import numpy as np

from taxiway.core import child
from taxiway.core.errors import Unavailable
from taxiway.core.images import Pixels
from taxiway.film.media import import_av
from taxiway.film.stream import FilmStream, StreamFormat

PATIENCE_SECONDS = 10.0
"""How long a server may take to connect, or to take one picture."""
LAST_SECONDS = 2.0
"""How long the end of a stream may take."""
FORM = StreamFormat(
    container="flv",
    codec="libx264",
    pixels="yuv420p",
    options={"preset": "veryfast", "tune": "zerolatency"},
    container_options={"flvflags": "no_duration_filesize"},
    silence=True,
)


class Push:
    """Sends pictures, uint8 [H, W, 3] of one size, to an `rtmp://` address; `bitrate` in bits per
    second. Raises MissingDependency without PyAV."""

    def __init__(self, url: str, fps: int, bitrate: int) -> None:
        import_av("RTMP")
        self._pictures, theirs = child.CONTEXT.Pipe()
        self._patience = PATIENCE_SECONDS
        arguments = (theirs, url, fps, bitrate, self._patience)
        self._process = child.start(push, arguments, name="rtmp")
        theirs.close()

    def send(self, pixels: Pixels) -> None:
        """Send the next picture, once the one before was taken. Raises Unavailable with the reason
        where the server takes none."""
        try:
            self._pictures.send_bytes(np.array(pixels.shape, np.uint32).tobytes())
            self._pictures.send_bytes(np.ascontiguousarray(pixels).reshape(-1))
            if not self._pictures.poll():
                return
        except OSError:
            pass  # The process has ended; what it said is read below.
        raise Unavailable(self._reason())

    def close(self) -> None:
        """Send what is left, within 2 seconds."""
        self._pictures.close()
        self._process.join(LAST_SECONDS)
        self._process.kill()
        self._process.join()

    def kill(self) -> None:
        """End at once; on any thread, also while `send` waits."""
        self._process.kill()

    def _reason(self) -> str:
        try:
            return str(self._pictures.recv_bytes(), "utf-8")
        except (EOFError, OSError):
            return f"no answer in {self._patience:g} seconds"


def push(pictures: Connection, url: str, fps: int, bitrate: int, patience: float) -> None:
    """Stream the pictures that come, until no more do; at an error say it, and end."""
    film, began = None, 0.0
    with open(os.devnull, "w") as nowhere:
        # A watch that needs no lock of Python's ends this process where one step takes too long.
        watch = partial(faulthandler.dump_traceback_later, patience, exit=True, file=nowhere)
        try:
            while (pixels := _next(pictures)) is not None:
                watch()
                if film is None:
                    film, began = FilmStream(url, FORM, pixels, fps, bitrate), time.monotonic()
                # A machine that does not keep the rate sends fewer, not later and later ones.
                film.write(pixels, int((time.monotonic() - began) * fps))
                faulthandler.cancel_dump_traceback_later()
            if film is not None:
                watch()
                film.close()
        except Exception as error:
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            pictures.send_bytes(reason.encode())
        finally:
            faulthandler.cancel_dump_traceback_later()


def _next(pictures: Connection) -> Pixels | None:
    try:
        shape = np.frombuffer(pictures.recv_bytes(), np.uint32)
        return np.frombuffer(pictures.recv_bytes(), np.uint8).reshape(shape)
    except EOFError:
        return None
