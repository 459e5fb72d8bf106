"""Where pictures come from: a folder, a zip file, a video; listed by name, opened one at a time."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from PIL import Image

from taxiway.core import zips
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import Unusable, decode, in_channels, is_hidden, is_picture
from taxiway.training.datasets.pictures.labels import (
    DESCRIPTION,
    NONE,
    Label,
    Labels,
    check_meant,
    printable,
    read_labels,
    slashed,
)
from taxiway.training.datasets.pictures.labels import MAX_BYTES as LARGEST_DESCRIPTION
from taxiway.training.datasets.pictures.video import VIDEOS, frames, predicted_frames

MAX_PIXELS = 150_000_000
"""The largest picture that is decoded; cameras of telephones make up to 200 million, rarely."""
MAX_BYTES = 300_000_000


@dataclass(frozen=True)
class Item:
    """One picture of a source. `read` opens it, or raises Unusable; `label` is its classes."""

    name: str
    read: Callable[[], Image.Image]
    label: Label = None


@dataclass(frozen=True)
class Source:
    """The pictures of a source in the order of their names; `count` of a video is a prediction.

    `classes` are the names of the labels, where they come from folders; `others` counts files
    that are no pictures; `moving` says that neighbours are frames of one film.
    """

    items: Iterable[Item]
    count: int
    classes: tuple[str, ...] = ()
    others: int = 0
    moving: bool = False


@contextmanager
def open_source(
    path: Path,
    labels: bool = False,
    rate: float = 10.0,
    described: bool = True,
    channels: int | None = 3,
) -> Iterator[Source]:
    """What there is in a folder, zip or video; `rate` is in frames per second of the film.

    Pictures are read as grey (1), colours (3), with alpha (4), or None: as they are stored.
    With `labels`, the folders that the pictures lie in are their classes; one with labels in its
    dataset.json brings its own, unless they are not `described`. Raises NotFound, or
    InvalidArgument for other files and for labels that are not understood.
    """
    if path.is_dir():
        yield folder(path, labels, described, channels)
    elif not path.is_file():
        raise NotFound(f"There is no folder or file '{path}'.")
    elif path.suffix.lower() in VIDEOS:
        items = (
            Item(name, partial(in_channels, image, channels or 3))
            for name, image in frames(path, rate)
        )
        yield Source(items, predicted_frames(path, rate), moving=True)
    else:
        with opened_zip(path) as archive:
            yield zipped(path, archive, labels, described, channels)


def folder(path: Path, labels: bool, described: bool = True, channels: int | None = 3) -> Source:
    """The pictures in a folder and the folders in it; hidden ones are passed over."""
    files = {
        name: file
        for file in path.rglob("*")
        if os.path.isfile(file) and not is_hidden(name := file.relative_to(path).as_posix())
    }
    named = {n: partial(_file, file, channels) for n, file in files.items() if is_picture(n)}
    place = description_of(files) if described else None
    known = read_labels(_read(files[place]), path) if place else NONE
    return listed(path, named, len(files), place, known, labels)


def zipped(
    path: Path, archive: ZipFile, labels: bool, described: bool = True, channels: int | None = 3
) -> Source:
    """The pictures in an open zip file, with the labels of its dataset.json or folders."""
    infos = {
        name: info
        for info in archive.infolist()
        if not is_hidden(name := slashed(info.filename)) and not name.endswith("/")
    }
    named = {
        name: partial(_member, archive, info, channels)
        for name, info in infos.items()
        if is_picture(name)
    }
    place = description_of(infos) if described else None
    known = read_labels(_described(path, archive, infos[place]), path) if place else NONE
    return listed(path, named, len(infos), place, known, labels)


def description_of(names: Collection[str]) -> str | None:
    """Which file of a dataset describes it: at its top, or in the one folder that all is in."""
    tops = {name.split("/")[0] for name in names}
    inside = f"{min(tops)}/{DESCRIPTION}" if len(tops) == 1 else DESCRIPTION
    return next((place for place in (DESCRIPTION, inside) if place in names), None)


def listed(
    path: Path,
    named: Mapping[str, Callable[[], Image.Image]],
    files: int,
    place: str | None,
    known: Labels,
    labels: bool,
) -> Source:
    """A source of pictures by name; `place` is that of its description, `known` what it says.

    Raises InvalidArgument where that is about other pictures.
    """
    above = len(place.removesuffix(DESCRIPTION)) if place else 0
    check_meant(path, known, [name[above:] for name in named])
    if labels and not known.of:
        known, above = labels_by_folder(named), 0
    items = [
        Item(printable(name), named[name], known.label(name[above:])) for name in sorted(named)
    ]
    return Source(items, len(items), known.classes, files - len(named) - (place is not None))


@contextmanager
def opened_zip(path: Path) -> Iterator[ZipFile]:
    """An open zip file; raises InvalidArgument if it is none."""
    try:
        with zips.opened(path) as archive:
            yield archive
    except zips.Unreadable:
        if path.suffix.lower() == ".zip":
            raise InvalidArgument(
                f"'{path.name}' is no whole zip file; copy it here or download it once more."
            ) from None
        raise InvalidArgument(
            f"'{path.name}' is neither a folder nor a zip file nor a video ({' '.join(VIDEOS)})."
        ) from None


def outermost(name: str) -> str:
    """The first folder of a name; nothing where it is in none."""
    return PurePosixPath(name).parts[0] if "/" in name else ""


def labels_by_folder(names: Iterable[str]) -> Labels:
    """Each folder a class. One that all pictures are in, as zip files often have, is none."""
    names = list(names)
    wrapping = common_folder(names)
    below = {name: name[len(wrapping) :] for name in names}
    classes = tuple(sorted({folder for rest in below.values() if (folder := outermost(rest))}))
    numbers = {folder: number for number, folder in enumerate(classes)}
    known = {name: numbers.get(outermost(rest)) for name, rest in below.items()}
    return Labels(known, tuple(map(printable, classes)))


def common_folder(names: Sequence[str]) -> str:
    """The folder, with / at its end, that all names and their own folders are in; or nothing."""
    parts = [PurePosixPath(name).parts[:-2] for name in names]
    ends = zip(min(parts, default=()), max(parts, default=()), strict=False)
    return "".join(f"{part}/" for part, other in takewhile(lambda ends: ends[0] == ends[1], ends))


def open_picture(data: bytes, channels: int | None = 3) -> Image.Image:
    """A picture file in so many channels, or None: as it is stored. Raises Unusable."""
    image = decode(data, MAX_PIXELS)
    return image if channels is None else in_channels(image, channels)


def _file(path: Path, channels: int | None) -> Image.Image:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unusable(f"is larger than {MAX_BYTES // 1_000_000} MB")
        return open_picture(path.read_bytes(), channels)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_DESCRIPTION + 1)


def _described(path: Path, archive: ZipFile, info: ZipInfo) -> bytes:
    try:
        return bytes_of(archive, info, LARGEST_DESCRIPTION)
    except Unusable as reason:
        raise InvalidArgument(f"'{path}' has a {DESCRIPTION} that {reason}.") from None


def _member(archive: ZipFile, info: ZipInfo, channels: int | None) -> Image.Image:
    return open_picture(bytes_of(archive, info), channels)


def bytes_of(archive: ZipFile, info: ZipInfo, most: int = MAX_BYTES) -> bytes:
    """A member's bytes, never more than it announces and than `most`; raises Unusable."""
    try:
        return zips.contents(archive, info, most)
    except zips.Unreadable as reason:
        raise Unusable(str(reason)) from None
