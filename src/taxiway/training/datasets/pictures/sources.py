"""Where pictures come from: a folder, a zip file, a video; listed by name, opened one at a time."""

import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from PIL import Image

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import Unusable, decode, over_white
from taxiway.training.datasets.pictures.video import VIDEOS, frames, predicted_frames

DESCRIPTION = "dataset.json"
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp"),
    *(".tif", ".tiff", ".avif", ".ppm", ".pgm", ".jp2"),
    *(".heic", ".heif"),  # not read, but counted and named: telephones make them
)
MAX_PIXELS = 150_000_000
"""The largest picture that is decoded; cameras of telephones make up to 200 million, rarely."""
MAX_BYTES = 300_000_000


@dataclass(frozen=True)
class Item:
    """One picture of a source. `read` opens it, or raises Unusable; `label` is its class."""

    name: str
    read: Callable[[], Image.Image]
    label: int | None = None


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
def open_source(path: Path, labels: bool = False, rate: float = 10.0) -> Iterator[Source]:
    """What there is in a folder, zip or video; `rate` is in frames per second of the film.

    With `labels`, the folders that the pictures lie in are their classes; one in the layout of
    StyleGAN's tools brings its own. Raises NotFound, or InvalidArgument for other files.
    """
    if path.is_dir():
        yield folder(path, labels)
    elif not path.is_file():
        raise NotFound(f"There is no folder or file '{path}'.")
    elif path.suffix.lower() in VIDEOS:
        items = (Item(name, partial(_itself, image)) for name, image in frames(path, rate))
        yield Source(items, predicted_frames(path, rate), moving=True)
    else:
        with opened_zip(path) as archive:
            yield zipped(archive, labels)


def folder(path: Path, labels: bool) -> Source:
    """The pictures in a folder and the folders in it; hidden ones are passed over."""
    files = {
        name: file
        for file in path.rglob("*")
        if os.path.isfile(file) and not hidden(name := file.relative_to(path).as_posix())
    }
    named = {name: partial(_file, file) for name, file in files.items() if is_picture(name)}
    known, classes = described_labels((path / DESCRIPTION).read_bytes)
    if labels and not known:
        classes = classes_of(named)
        known = labels_by_folder(named, classes)
    others = len(files) - len(named) - (DESCRIPTION in files)
    return listed(named, others, classes, known)


def zipped(archive: ZipFile, labels: bool) -> Source:
    """The pictures in an open zip file, with the labels of its dataset.json or folders."""
    infos = {i.filename: i for i in archive.infolist() if not i.is_dir() and not hidden(i.filename)}
    named = {n: partial(_member, archive, info) for n, info in infos.items() if is_picture(n)}
    known, classes = described_labels(lambda: bytes_of(archive, archive.getinfo(DESCRIPTION)))
    if labels and not known:
        classes = classes_of(named)
        known = labels_by_folder(named, classes)
    others = len(infos) - len(named) - (DESCRIPTION in infos)
    return listed(named, others, classes, known)


def listed(
    named: Mapping[str, Callable[[], Image.Image]],
    others: int,
    classes: tuple[str, ...],
    labels: dict[str, int],
) -> Source:
    """A source of pictures by name."""
    items = [Item(printable(name), named[name], labels.get(name)) for name in sorted(named)]
    return Source(items, len(items), classes, others)


@contextmanager
def opened_zip(path: Path) -> Iterator[ZipFile]:
    """An open zip file; raises InvalidArgument if it is none."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError, ValueError):
        if path.suffix.lower() == ".zip":
            raise InvalidArgument(
                f"'{path.name}' is no whole zip file; copy it here or download it once more."
            ) from None
        raise InvalidArgument(
            f"'{path.name}' is neither a folder nor a zip file nor a video ({' '.join(VIDEOS)})."
        ) from None
    with archive:
        yield archive


def described_labels(read: Callable[[], bytes]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Name -> class, and the classes' names, from a dataset.json.

    Nothing where it has none that is understood.
    """
    try:
        found: Any = json.loads(read())
        labels = {str(name): int(label) for name, label in found["labels"] or ()}
        return labels, tuple(map(str, found.get("classes") or ()))
    except (OSError, KeyError, ValueError, TypeError, RecursionError, Unusable):
        return {}, ()


def classes_of(names: Iterable[str]) -> tuple[str, ...]:
    """The outermost folders of the names, sorted."""
    return tuple(sorted({PurePosixPath(name).parts[0] for name in names if "/" in name}))


def labels_by_folder(names: Iterable[str], classes: tuple[str, ...]) -> dict[str, int]:
    """Name -> the number of its outermost folder among the classes."""
    numbers = {name: number for number, name in enumerate(classes)}
    return {n: numbers[PurePosixPath(n).parts[0]] for n in names if "/" in n} if classes else {}


def is_picture(name: str) -> bool:
    """Whether a name is that of a picture."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def printable(name: str) -> str:
    """A name as it can be shown: names of files may hold line breaks, or be no text at all."""
    odd = [unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name]
    return "".join(ascii(c)[1:-1] if bad else c for c, bad in zip(name, odd, strict=True))


def hidden(name: str) -> bool:
    """Whether a file or one of its folders is hidden, or what a Mac adds to zip files."""
    parts = set(PurePosixPath(name).parts) - {".."}
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def open_picture(data: bytes) -> Image.Image:
    """A picture file as RGB; transparent parts become white. Raises Unusable."""
    return over_white(decode(data, MAX_PIXELS))


def _itself(image: Image.Image) -> Image.Image:
    return image


def _file(path: Path) -> Image.Image:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unusable(f"is larger than {MAX_BYTES // 1_000_000} MB")
        return open_picture(path.read_bytes())
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None


def _member(archive: ZipFile, info: ZipInfo) -> Image.Image:
    return open_picture(bytes_of(archive, info))


def bytes_of(archive: ZipFile, info: ZipInfo) -> bytes:
    """A member's bytes, never more than it announces and never more than MAX_BYTES; or Unusable."""
    if info.file_size > MAX_BYTES:
        raise Unusable(f"is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except Exception as error:
        # zipfile raises BadZipFile, RuntimeError (encrypted), zlib.error, NotImplementedError...
        raise Unusable(f"cannot be taken out of the zip file: {error}") from None
