"""A lock on a file that ends with its process, however that ends.

It is SQLite's own lock on an empty file: the same on every system, and the standard library has it.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ERRORS = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_READONLY: errno.EROFS}
"""What the system calls that which SQLite has a number of its own for."""
PATIENCE = 1.0
"""Seconds; longer than `is_held` holds the lock to look whether it can."""


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock within the block; gives whether we do, or another process does."""
    with closing(_open(path, PATIENCE)) as lock:
        yield _take(lock)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock. Raises OSError where the disk does not let that be seen."""
    if not path.exists() or not os.access(path, os.W_OK):
        return False  # on a read-only disk nobody can
    with closing(_open(path, 0)) as lock:
        return not _take(lock)


def _open(path: Path, patience: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(path, patience, isolation_level=None)


def _take(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        number = ERRORS.get(error.sqlite_errorcode & 0xFF, errno.EIO)
        raise OSError(number, os.strerror(number), "the lock") from error
    return True
