"""Zip files that come from outside: what is wrong with one is one exception, whatever it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from taxiway.core.memory import BUDGET


class Unreadable(Exception):
    """What is wrong with a zip file or one in it, as a clause such as `cannot be read: ...`."""


@contextmanager
def opened(file: Path | BinaryIO) -> Iterator[ZipFile]:
    """An open zip file. Raises Unreadable if it is none, or a damaged one."""
    try:
        archive = ZipFile(file)
    except Exception:
        # zipfile raises BadZipFile, OSError, ValueError, struct.error, NotImplementedError...
        raise Unreadable("is no whole zip file") from None
    with archive:
        yield archive


def contents(archive: ZipFile, member: ZipInfo | str, most: int) -> bytes:
    """What a file in a zip file holds, `most` bytes at most.

    Raises Unreadable, and KeyError where there is none of that name. The room for it is taken from
    the budget, for as long as a block of its caller keeps it.
    """
    info = member if isinstance(member, ZipInfo) else archive.getinfo(member)
    if info.file_size > most:
        raise Unreadable(f"is larger than {most // 1_000_000} MB")
    try:
        with BUDGET.room(info.file_size), archive.open(info) as file:
            return file.read(info.file_size)  # never more than it announces
    except Exception as error:
        # BadZipFile, RuntimeError (encrypted), zlib.error, EOFError, NotImplementedError...
        told = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise Unreadable(f"cannot be taken out of the zip file: {told}") from None
