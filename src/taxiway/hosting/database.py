"""A connection to what is kept of hosted models, and what SQLite does for it.

In WAL mode readers never wait, so servers and `taxiway host` share the file: what one commits the
others see at their next look. `postgres` is the same for several machines. Statements are written
once for both, with `?` for values.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.hosting.schema import MIGRATIONS

FILE = "hosted.db"
BUSY_SECONDS = 10.0

Row = dict[str, Any]


class StoreError(TaxiwayError):
    """The store cannot be read or written; the message says why."""


class Database(Protocol):
    """One connection, for one thread at a time. Methods raise StoreError."""

    connections: int
    """How often it has been made; one that broke is made anew at the next statement."""

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """What a statement gives."""

    def looks(self, *asked: tuple[str, *tuple[Any, ...]]) -> list[list[Row]]:
        """What statements with their values give that change nothing, in one way there and back."""

    def one(self, statement: str, *values: Any) -> int:
        """Run a statement that is a transaction by itself, or part of one; the rows it changed."""

    def change(self) -> AbstractContextManager[None]:
        """A transaction: all of the block, or nothing of it; within another one a part of that."""

    def backup(self, to: Path) -> None:
        """Write a whole copy, while servers run too. Raises InvalidArgument."""

    def close(self) -> None:
        """Leave it."""


class Sqlite:
    """The file of one data folder. `durable` is synchronous FULL."""

    def __init__(self, path: Path, durable: bool = True) -> None:
        self.path = path
        self.connections = 1
        read_only = path.exists() and not os.access(path, os.W_OK)
        with self._told():
            if not path.exists():
                # SQLite gives the files beside it the same mode. Never where it is there: closing
                # a file ends all locks that this process has on it, those of SQLite too.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            # Nobody writes on a read-only disk, where SQLite could make no file to share it by.
            address = path.absolute().as_uri() + ("?immutable=1" if read_only else "")
            self.sql = sqlite3.connect(
                address, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
            )
        self.sql.row_factory = sqlite3.Row
        if read_only:
            return
        try:
            self.one("PRAGMA journal_mode = WAL")
            self.one(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self.one("PRAGMA foreign_keys = ON")
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.sql.close()

    def rows(self, statement: str, *values: Any) -> list[Row]:
        with self._told():
            return [dict(row) for row in self.sql.execute(statement, values)]

    def looks(self, *asked: tuple[str, *tuple[Any, ...]]) -> list[list[Row]]:
        return [self.rows(*each) for each in asked]

    def one(self, statement: str, *values: Any) -> int:
        with self._told():
            return self.sql.execute(statement, values).rowcount

    @contextmanager
    def change(self) -> Iterator[None]:
        if self.sql.in_transaction:
            yield
            return
        with self._told():
            self.sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.sql.execute("COMMIT")
            except BaseException:
                if self.sql.in_transaction:
                    self.sql.execute("ROLLBACK")
                raise

    def backup(self, to: Path) -> None:
        if to.exists():
            raise InvalidArgument(f"'{to}' is there already.")
        os.close(os.open(to, os.O_CREAT | os.O_WRONLY, 0o600))
        self.one("VACUUM INTO ?", str(to))

    def _migrate(self) -> None:
        if self._steps():
            with self.change():
                # Another process may have done it while this one waited for its turn.
                for step in self._steps():
                    for statement in step:
                        self.one(statement)
                self.one(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _steps(self) -> tuple[tuple[str, ...], ...]:
        return steps_from(self.rows("PRAGMA user_version")[0]["user_version"], str(self.path))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path} cannot be used: {error}.") from error


def steps_from(version: int, where: str) -> tuple[tuple[str, ...], ...]:
    """What leads from that form to ours. Raises StoreError if it is a later one."""
    if version > len(MIGRATIONS):
        raise StoreError(f"{where} was written by a newer Taxiway; update this one.")
    return MIGRATIONS[version:]
