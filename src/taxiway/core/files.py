"""Writing files by one rule, for every command and tool.

A file is written whole: it is either the old one or the new one, never half. It has the permissions
that the user's umask gives, or those of the file before. It is never written over what it is made
from, nor over what somebody else made, unless that is forced.
"""

import errno
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from taxiway.core.errors import InvalidArgument, Unavailable

MANIFEST = ".taxiway"
"""Which files of a folder are ours, a line each: name, size and time of the last change."""
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What sticks and shares say that have no second names for a file."""
_guards = list["_Guard"]()


def write_whole(path: Path | str, data: bytes) -> None:
    """Write `data` to `path` through a temporary file beside it, flushed to disk and renamed.

    Raises OSError if the folder cannot be written; `path` is then what it was before.
    """
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path | str) -> Iterator[BinaryIO]:
    """A file to write into that becomes `path` at the end; on any error `path` stays as it was.

    Raises InvalidArgument within `guarding` where `path` is somebody else's.
    """
    path = Path(path)
    for guard in _guards:
        guard.check(path)
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        file = temporary.open("x+b")  # by the umask
    except OSError as error:
        error.filename = str(path)  # the name that was given, not the one made up
        raise
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(temporary, path.stat().st_mode & 0o7777)
        for guard in _guards:
            guard.keep(path, temporary)
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and error.filename in (None, str(temporary), temporary):
            # A full disk does not say where it is full.
            error.filename = str(path)
        raise


def check_ours(paths: Iterable[Path]) -> None:
    """Before the first of several files is written: raise InvalidArgument within `guarding` where
    one of them is somebody else's."""
    for path in paths:
        for guard in _guards:
            guard.check(path)


def put_whole(written: Path, path: Path) -> None:
    """Let a file that was written beside `path` become that. Raises as `whole_file`."""
    for guard in _guards:
        guard.check(path)
    for guard in _guards:
        guard.keep(path, written)
    os.replace(written, path)


class GrowingFile:
    """A file that is written for a long time: hidden beside `path` until it is whole.

    Nothing that is there is replaced, and what was written by then can be read when we fail. Raises
    OSError.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._hidden = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
        # Without a buffer of ours, which would be lost with us.
        self.file: IO[bytes] = self._hidden.open("x+b", buffering=0)

    def finish(self) -> Path:
        """Give it the first of `path`, `path-2` and so on that is free; which it was.

        Raises OSError, and leaves it hidden.
        """
        with self.file:
            os.fsync(self.file.fileno())
        return place_free(self._hidden, self.path)

    def left(self, error: OSError) -> Unavailable:
        """Leave what there is hidden, to be rescued, as it cannot be written on; what to tell."""
        if not os.path.getsize(self._hidden):
            self.discard()
            return Unavailable(f"{error.strerror}.")
        self.file.close()
        return Unavailable(f"{error.strerror}: what was written until then is {self._hidden}.")

    def discard(self) -> None:
        """Leave nothing of it."""
        self.file.close()
        self._hidden.unlink()


def rename_to_free(written: Path, path: Path) -> None:
    """Rename a file, replacing nothing. Raises FileExistsError where something is."""
    try:
        os.link(written, path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # The name is taken first, then filled.
        path.open("xb").close()
        try:
            os.replace(written, path)
        except OSError:
            path.unlink()
            raise
    else:
        os.unlink(written)


def place_free(written: Path, path: Path) -> Path:
    """Rename a file that is whole to the first of `path`, `path-2` and so on that is free; which it
    was. Raises OSError, and the file keeps its name."""
    number, free = 1, path
    while True:
        try:
            rename_to_free(written, free)
        except FileExistsError:
            number += 1
            free = path.with_stem(f"{path.stem}-{number}")
        else:
            return free


def plain_name(text: str) -> str:
    """A file's name that stays in its folder; InvalidArgument for a path."""
    if not text or text.startswith(".") or Path(text).name != text or "\\" in text:
        raise InvalidArgument(f"'file' takes a plain name such as film.mp4, got {text!r}.", "file")
    return text


def check_free(
    path: Path,
    sources: Sequence[Path] = (),
    is_ours: Callable[[Path], bool] | None = None,
    force: bool = False,
) -> None:
    """Raise InvalidArgument where writing a file would destroy something.

    What it is made from stays in any case; another file that is there goes only if it `is_ours`, or
    by `force`.
    """
    if not path.exists():
        return
    if any(source.exists() and path.samefile(source) for source in sources):
        raise InvalidArgument(f"'{path}' is what is read; take another name for what is written.")
    if not force and not (is_ours is not None and is_ours(path)):
        raise InvalidArgument(
            f"'{path}' is there already, so it is kept; add --force to write over it, or take "
            "another name."
        )


@contextmanager
def guarding(folder: Path, force: bool = False) -> Iterator[None]:
    """Within the block, files below a folder are written over only if we wrote them, or by `force`.

    We know them by a list in the folder; one that has been changed since is somebody else's.
    """
    guard = _Guard(folder, force)
    _guards.append(guard)
    try:
        yield
    finally:
        _guards.remove(guard)


class _Guard:
    def __init__(self, folder: Path, force: bool) -> None:
        self.folder, self.force, self.known = folder.resolve(), force, dict[str, list[int]]()
        with suppress(OSError):
            for line in (self.folder / MANIFEST).read_bytes().splitlines():
                with suppress(ValueError, TypeError, RecursionError):
                    name, *facts = json.loads(line)
                    self.known[str(name)] = facts

    def check(self, path: Path) -> None:
        """Raise InvalidArgument where a file in the folder is somebody else's."""
        name = self._name(path)
        if name is None or self.force or not path.exists() or self.known.get(name) == _facts(path):
            return
        raise InvalidArgument(
            f"'{path}' was there before, so it is kept; add --force to write over it, or take "
            "another folder."
        )

    def keep(self, path: Path, written: Path) -> None:
        """Remember what is about to become `path`."""
        name = self._name(path)
        if name is None:
            return
        self.known[name] = _facts(written)
        with (self.folder / MANIFEST).open("a", encoding="utf-8") as file:
            file.write(json.dumps([name, *self.known[name]]) + "\n")

    def _name(self, path: Path) -> str | None:
        whole = path.parent.resolve() / path.name
        return whole.relative_to(self.folder).as_posix() if self.folder in whole.parents else None


def _facts(path: Path) -> list[int]:
    """Size and time of the last change of a file, which renaming keeps."""
    known = path.stat()
    return [known.st_size, known.st_mtime_ns]
