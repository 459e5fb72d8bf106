"""The files of a source: a folder, a zip file, or one file by itself."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

from taxiway.core import zips
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.images import Unusable, is_hidden, is_picture, upright_size
from taxiway.core.parsing import is_utf8
from taxiway.training.dataset import MAX_JSON
from taxiway.training.datasets.boxes.found import Size, Sizes
from taxiway.training.datasets.pictures.sources import MAX_PIXELS

MOST_FILES = 1_000_000


class Files(NamedTuple):
    """Names with / between folders, and how one is read, or measured if it is a picture.

    `read` raises InvalidArgument, `measure` Unusable.
    """

    source: Path
    names: list[str]
    read: Callable[[str], bytes]
    measure: Callable[[str], Size]

    def ending(self, *endings: str) -> list[str]:
        """The names with one of those endings, in order."""
        return [name for name in self.names if name.lower().endswith(endings)]

    @property
    def pictures(self) -> Sizes:
        """Those that are pictures."""
        return {name: partial(self.measure, name) for name in self.names if is_picture(name)}

    def text(self, name: str) -> str:
        """A file as text. Raises InvalidArgument."""
        data = self.read(name)
        if not is_utf8(data):
            raise InvalidArgument(f"'{name}' in '{self.source}' is not valid UTF-8.")
        return data.decode("utf-8-sig")


@contextmanager
def opened(source: Path) -> Iterator[Files]:
    """The files of a source, hidden ones passed over. Raises NotFound or InvalidArgument."""
    if source.is_dir():
        yield folder(source)
    elif not source.is_file():
        raise NotFound(f"There is no folder or file '{source}'.")
    elif source.suffix.lower() == ".zip":
        try:
            with zips.opened(source) as archive:
                yield zipped(source, archive)
        except zips.Unreadable as reason:
            raise InvalidArgument(f"'{source}' {reason}.") from None
    else:
        read = partial(_read, source.parent)
        yield Files(source, [source.name], read, partial(measure, source.parent))


def folder(path: Path) -> Files:
    """The files of a folder and the folders in it."""
    return of_folder(path, listing(path))


def listing(path: Path) -> list[str]:
    """The names of the files in a folder and the folders in it, in order; not hidden ones."""
    names, top = list[str](), str(path)
    for parent, folders, files in os.walk(top):
        folders[:] = [each for each in folders if not is_hidden(each)]
        inside = parent[len(top) :].replace(os.sep, "/").strip("/")
        names += [f"{inside}/{each}" if inside else each for each in files if each[0] != "."]
    return sorted(filter(_is_text, names))


def of_folder(path: Path, names: list[str]) -> Files:
    """Those files of a folder."""
    return Files(path, names, partial(_read, path), partial(measure, path))


def zipped(path: Path, archive: ZipFile) -> Files:
    """The files of an open zip file."""
    known = {
        info.filename.replace("\\", "/"): info
        for info in archive.infolist()[:MOST_FILES]
        if not info.is_dir() and not is_hidden(info.filename) and _is_text(info.filename)
    }

    def read(name: str) -> bytes:
        try:
            return zips.contents(archive, known[name], MAX_JSON)
        except zips.Unreadable as reason:
            raise InvalidArgument(f"'{name}' in '{path}' {reason}.") from None

    def measure(name: str) -> Size:
        try:
            return upright_size(io.BytesIO(read(name)), MAX_PIXELS)
        except InvalidArgument:
            raise Unusable("cannot be taken out of the zip file") from None

    return Files(path, sorted(known), read, measure)


def _is_text(name: str) -> bool:
    # Names that are no text cannot be said, so they are not there.
    return name.isprintable()


def _read(path: Path, name: str) -> bytes:
    try:
        with (path / name).open("rb") as file:
            data = file.read(MAX_JSON + 1)
    except OSError as error:
        raise InvalidArgument(f"'{path / name}' cannot be read: {error.strerror}.") from None
    if len(data) > MAX_JSON:
        raise InvalidArgument(f"'{path / name}' is larger than {MAX_JSON // 1_000_000} MB.")
    return data


def measure(path: Path, name: str) -> Size:
    try:
        with (path / name).open("rb") as file:
            return upright_size(file, MAX_PIXELS)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from None
