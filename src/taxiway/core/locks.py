"""A lock on a file that ends with its process, however that ends.

It is SQLite's own lock on an empty file: the same on every system, and the standard library has it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PATIENCE = 1.0
"""Seconds; longer than `is_held` holds the lock to look whether it can."""


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock within the block; gives whether we do, or another process does."""
    with closing(_open(path, PATIENCE)) as lock:
        yield _take(lock)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock."""
    if not path.exists():
        return False
    with closing(_open(path, 0)) as lock:
        return not _take(lock)


def _open(path: Path, patience: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(path, patience, isolation_level=None)


def _take(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
