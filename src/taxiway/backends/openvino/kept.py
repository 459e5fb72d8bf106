"""What OpenVINO has compiled, kept in a folder for the next start: safe to delete, all of it.

OpenVINO's own cache saves half as much, as it needs the whole model to find what was made of it,
grows without end, and loads whatever lies in its folder.
"""

import hashlib
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from taxiway.core.files import write_whole

LARGEST, MOST = 1 << 26, 1 << 28
"""Bytes of one file, and of the folder: the longest unused go first."""
DIGEST = 32
OWN = 0o700
WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Kept:
    """The files in a folder of the user's own.

    What lies in them is run without a further look, so nothing is read that another user could have
    put there. Where that cannot be known, as on Windows, nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, key: str) -> list[memoryview] | None:
        """What was kept under a name, if it is there, the user's own, and whole."""
        try:
            if not is_own(self.folder.lstat(), stat.S_IFDIR):
                return None
            with open(self._path(key), "rb", opener=opened) as file:
                if not is_own(os.fstat(file.fileno()), stat.S_IFREG):
                    return None
                data = memoryview(file.read(LARGEST + 1))
            os.utime(self._path(key))
            if hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
                return None
            return msgspec.msgpack.decode(data[DIGEST:], type=list[memoryview])
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, key: str, parts: Sequence[bytes]) -> None:
        """Keep this if that can be, and drop the longest unused above MOST."""
        body = msgspec.msgpack.encode(parts)
        with suppress(OSError):
            self.folder.mkdir(mode=OWN, parents=True, exist_ok=True)
            if len(body) > LARGEST - DIGEST or not is_own(self.folder.lstat(), stat.S_IFDIR):
                return
            write_whole(self._path(key), hashlib.sha256(body).digest() + body)
            self._path(key).chmod(OWN & ~stat.S_IXUSR)
            left = MOST
            for path in sorted(self.folder.iterdir(), key=os.path.getmtime, reverse=True):
                left -= path.stat().st_size
                if left < 0 and ".compiled" in path.name:
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.compiled"


def opened(path: str, flags: int) -> int:
    """A file's descriptor; no link is followed, and no pipe waited for."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def is_own(found: os.stat_result, kind: int) -> bool:
    """Whether it is of a kind, and nobody but this user (and root) can have written it."""
    if not hasattr(os, "geteuid"):
        return False
    own = found.st_uid == os.geteuid() and not found.st_mode & WRITABLE_BY_OTHERS
    return own and stat.S_IFMT(found.st_mode) == kind


class Noted:
    """A node of which only its number is known."""

    def __init__(self, number: int) -> None:
        self.number = number


class Digest:
    """Operations that are noted down and not carried out: what a network is, with all its numbers.

    It takes a sixth of the time that OpenVINO's nodes take.
    """

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def __getattr__(self, operation: str) -> Any:
        def noted(*given: Any, **options: Any) -> Noted:
            self.count += 1
            self.note((operation, *given, *options.items()))
            return Noted(self.count)

        return noted

    def note(self, value: Any) -> None:
        """Add a plain value, an array, a node, or several."""
        if isinstance(value, np.ndarray):
            self._hash.update(f"{value.dtype}{value.shape}".encode())
            self._hash.update(np.ascontiguousarray(value).data)
        elif isinstance(value, list | tuple):
            self._hash.update(f"{len(value)}(".encode())
            for each in value:
                self.note(each)
        else:
            said = f"#{value.number}" if isinstance(value, Noted) else repr(value)
            self._hash.update(f"{len(said)}:{said}".encode())

    def __str__(self) -> str:
        return self._hash.hexdigest()
