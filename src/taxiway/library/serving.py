"""Whether a server works with a data folder: a lock that ends with its process, however that ends.

It is SQLite's own lock on an empty file: the same on every system, and the standard library has it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from taxiway.core.errors import InvalidArgument

FILE = "serving.lock"
PATIENCE = 1.0
"""Seconds; longer than `is_serving` holds the lock to look whether it can."""


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Be the only server of `folder` within the block. Raises InvalidArgument if there is one."""
    with closing(_open(folder, PATIENCE)) as lock:
        if not _take(lock):
            raise InvalidArgument(f"A server works with {folder} already; stop it first.")
        yield


def is_serving(folder: Path) -> bool:
    """Whether a server works with `folder`."""
    if not (folder / FILE).exists():
        return False
    with closing(_open(folder, 0)) as lock:
        return not _take(lock)


def _open(folder: Path, patience: float) -> sqlite3.Connection:
    os.close(os.open(folder / FILE, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(folder / FILE, patience, isolation_level=None)


def _take(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
