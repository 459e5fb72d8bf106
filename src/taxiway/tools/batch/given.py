"""The pictures of a batch: files, those of folders and zip files, and the frames of films."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from taxiway.core import zips
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import READABLE, Pixels, is_picture
from taxiway.core.zips import Unreadable
from taxiway.film.media import playing

MOST_BYTES = 64 * 2**20
"""In one picture's file."""
FILMS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv")
TAKEN = "batch"
"""What the files are called that are about all pictures: none of one picture is."""
_UNSAFE = re.compile(r"[^\w.-]+")
Read = Callable[[], bytes | Pixels | str]


class Picture(NamedTuple):
    """One of the set: the name it came by, the start of the names of its files, its bytes, its
    pixels [H, W, 3] or its text; of a film the time in seconds."""

    name: str
    stem: str
    read: Read
    time: float | None = None


class Given:
    """A set of pictures, to be gone through once; `count` is how many there are, about so in films.

    Raises InvalidArgument where there are none, MissingDependency for a film without PyAV.
    """

    def __init__(self, given: Any, opened: ExitStack) -> None:
        items = given if isinstance(given, list) else [given]
        self.films = [item for item in items if is_film(item)]
        self._stills = list(_distinct(_found([i for i in items if not is_film(i)], opened)))
        self._stems = {TAKEN, *(picture.stem.lower() for picture in self._stills)}
        self.fps, self.count = 10.0, len(self._stills)
        for film in self.films:
            fps, count = measured(film)
            self.fps, self.count = fps, self.count + count
        if not self.count:
            raise InvalidArgument(
                f"'pictures' holds none; it takes {', '.join(READABLE)}, .zip or a film.",
                "pictures",
            )

    def __iter__(self) -> Iterator[Picture]:
        yield from self._stills
        for film in self.films:
            stem = free_stem(film.name, self._stems)
            for number, (time, pixels) in enumerate(frames(film)):
                name = f"{stem}/frame{number:06d}"
                yield Picture(f"{film.name} {number}", name, partial(_same, pixels), time)


def is_film(item: Any) -> bool:
    """Whether something given is a film, by its ending."""
    if not isinstance(item, Path):
        return False
    return item.suffix.lower() in FILMS and item.is_file()


def measured(film: Path) -> tuple[float, int]:
    """A film's frames a second, and about how many there are, at least one."""
    with playing(film) as opened:
        if not opened.streams.video:
            raise InvalidArgument(f"There are no frames in '{film}'.", "pictures")
        stream = opened.streams.video[0]
        fps = float(stream.average_rate or stream.base_rate or 25)
        seconds = (opened.duration or 0) / 1e6  # AV_TIME_BASE
        return fps, max(1, int(stream.frames or round(seconds * fps)))


def frames(film: Path) -> Iterator[tuple[float, Pixels]]:
    """The frames of a film, uint8 [H, W, 3], with their times in seconds, as asked for."""
    with playing(film) as opened:
        for number, frame in enumerate(opened.decode(video=0)):
            time = frame.time if frame.time is not None else number / 25
            yield round(float(time), 4), frame.to_ndarray(format="rgb24")


def _same(pixels: Pixels) -> Pixels:
    return pixels


def _found(items: list[Any], opened: ExitStack) -> Iterator[tuple[str, Read]]:
    """The pictures of files, folders and zip files by name, in the order of their names."""
    for number, item in enumerate(items):
        if isinstance(item, bytes):
            yield from _in_bytes(item, f"picture{number:04d}", opened)
        elif item.is_dir():
            for path in sorted(item.rglob("*")):
                if is_picture(path.name) and path.is_file():
                    yield path.relative_to(item).as_posix(), _bounded(path)
        elif item.suffix.lower() == ".zip":
            yield from _in_zip(item, opened)
        elif item.exists():
            yield item.name, _bounded(item)
        else:
            raise InvalidArgument(f"There is no folder or file '{item}'.", "pictures")


def _in_bytes(data: bytes, name: str, opened: ExitStack) -> Iterator[tuple[str, Read]]:
    """One picture, or a zip file of them, that came as bytes."""
    if data.startswith(b"PK"):
        yield from _in_zip(BytesIO(data), opened)
    else:
        yield name, lambda: data


def _in_zip(file: Path | BytesIO, opened: ExitStack) -> Iterator[tuple[str, Read]]:
    """The pictures in a zip file, which stays open."""
    try:
        archive = opened.enter_context(zips.opened(file))
    except Unreadable as reason:
        name = file.name if isinstance(file, Path) else "what came"
        raise InvalidArgument(f"'{name}' {reason}.", "pictures") from None
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if is_picture(info.filename) and not info.is_dir():
            yield info.filename, partial(zips.contents, archive, info, MOST_BYTES)


def _bounded(path: Path) -> Read:
    """What reads a file, but no more than MOST_BYTES."""

    def read() -> bytes:
        if os.stat(path).st_size > MOST_BYTES:
            raise InvalidArgument(f"'{path.name}' is larger than {MOST_BYTES // 2**20} MB.")
        return path.read_bytes()

    return read


def _distinct(found: Iterator[tuple[str, Read]]) -> Iterator[Picture]:
    """The pictures, each with a start of file names that no other has; folders are kept."""
    taken = {TAKEN}
    for name, read in found:
        yield Picture(name, free_stem(name, taken), read)


def free_stem(name: str, taken: set[str]) -> str:
    """The start of file names that a name leads to and that was not taken; it is from now on."""
    stem = stem_of(name)
    if stem.lower() in taken:
        stem += f"-{name.rpartition('.')[2].lower()}"
    first, number = stem, 2
    while stem.lower() in taken:
        stem, number = f"{first}-{number}", number + 1
    taken.add(stem.lower())
    return stem


def stem_of(name: str) -> str:
    """`a b/c.png` as `a-b/c`: plain parts, none of them a way out of the folder."""
    parts = PurePosixPath(name.replace("\\", "/")).with_suffix("").parts
    safe = [_UNSAFE.sub("-", part).strip("-.")[:100] for part in parts[-7:]]
    return "/".join(part for part in safe if part) or "picture"
