"""Pictures out of a video, through PyAV (FFmpeg's libraries)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from taxiway.core.errors import InvalidArgument
from taxiway.film.media import import_av, playing

VIDEOS = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")


def frames(path: Path, rate: float) -> Iterator[tuple[str, Image.Image]]:
    """Name and picture of the frames of a video, `rate` of them for each second of film.

    What comes after a damaged place is left out. Raises InvalidArgument if nothing can be played.
    """
    wanted = 0.0
    with _opened(path, rate) as (stream, play, broken):
        try:
            for frame in play(stream):
                if frame.time is not None and frame.time + 1e-6 >= wanted:
                    wanted = max(wanted + 1 / rate, frame.time)
                    yield f"{path.stem}-{frame.time:010.3f}s.png", upright(frame)
        except broken:
            return


def upright(frame: Any) -> Image.Image:
    """A frame as it is to be seen: telephones write theirs lying, with a note that says so."""
    image: Image.Image = frame.to_image()
    return image.rotate(getattr(frame, "rotation", 0), expand=True)


def predicted_frames(path: Path, rate: float) -> int:
    """About how many pictures `frames` will give."""
    with _opened(path, rate) as (stream, _, _):
        seconds = float(stream.duration * stream.time_base) if stream.duration else 0.0
        if not seconds and stream.container.duration:
            seconds = stream.container.duration / 1_000_000
        return max(1, round(seconds * rate))


@contextmanager
def _opened(path: Path, rate: float) -> Iterator[tuple[Any, Any, type[Exception]]]:
    """The picture stream of a video, a function that plays it, and the error it may raise."""
    if not rate > 0:
        raise InvalidArgument(f"'fps' takes a number above 0, got {rate:g}.", "fps")
    av = import_av("Taking pictures out of a film")
    with playing(path) as container:
        if not container.streams.video:
            raise InvalidArgument(f"'{path.name}' has sound but no pictures.")
        yield container.streams.video[0], container.decode, av.error.FFmpegError
