"""The store in PostgreSQL, for servers on several machines; needs psycopg."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from taxiway.core.errors import InvalidArgument
from taxiway.hosting.database import Row, StoreError, steps_from
from taxiway.hosting.schema import MIGRATIONS, for_postgres

CONNECT_SECONDS = 10
TURN = 0x7461786977617900
"""The number of the lock under which one process at a time changes the tables."""

Result = TypeVar("Result")


class Postgres:
    """A database at `address`, a URL or libpq's words; what these leave out is libpq's to find.

    A connection that broke is made anew at the next look or the next transaction's beginning, where
    nothing can have been done twice.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.connections = 0
        self._changing = False
        self._connect()
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.sql.close()

    def rows(self, statement: str, *values: Any) -> list[Row]:
        def look() -> list[Row]:
            return self.sql.execute(_theirs(statement), values).fetchall()

        with self._told():
            return look() if self._changing else self._tried(look)

    def looks(self, *asked: tuple[str, *tuple[Any, ...]]) -> list[list[Row]]:
        def look() -> list[list[Row]]:
            with self.sql.pipeline():
                found = [self.sql.execute(_theirs(said), values) for said, *values in asked]
            return [each.fetchall() for each in found]  # after the block, or each is waited for

        with self._told():
            return look() if self._changing else self._tried(look)

    def one(self, statement: str, *values: Any) -> int:
        with self._told():
            if self.sql.closed and not self._changing:
                self._connect()
            return self.sql.execute(_theirs(statement), values).rowcount

    @contextmanager
    def change(self) -> Iterator[None]:
        if self._changing:
            yield
            return
        with self._told():
            self._tried(lambda: self.sql.execute("BEGIN"))
            self._changing = True
            try:
                yield
                self.sql.execute("COMMIT")
            except BaseException:
                if not self.sql.closed:
                    self.sql.execute("ROLLBACK")
                raise
            finally:
                self._changing = False

    def backup(self, to: Path) -> None:
        raise InvalidArgument("A store in PostgreSQL is copied by pg_dump, while servers run too.")

    def _connect(self) -> None:
        with self._told():
            self.sql = psycopg.connect(
                self.address,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                application_name="taxiway",
                row_factory=dict_row,
            )
        self.connections += 1

    def _tried(self, what: Callable[[], Result]) -> Result:
        """Do what changes nothing, once more if the connection turns out to be broken."""
        try:
            return what()
        except psycopg.OperationalError:
            if not self.sql.closed:
                raise
        self._connect()
        return what()

    def _migrate(self) -> None:
        with self.change():
            self.one("SELECT pg_advisory_xact_lock(?)", TURN)
            self.one("CREATE TABLE IF NOT EXISTS form (number BIGINT NOT NULL)")
            found = self.rows("SELECT number FROM form")
            steps = steps_from(found[0]["number"] if found else 0, self._name())
            for step in steps:
                for statement in step:
                    self.one(for_postgres(statement))
            if steps:
                self.one("DELETE FROM form")
                self.one("INSERT INTO form VALUES (?)", len(MIGRATIONS))

    def _name(self) -> str:
        return f"The database {self.sql.info.dbname} of {self.sql.info.host or 'this machine'}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            raise StoreError(f"The store in PostgreSQL cannot be used: {said}.") from error


def _theirs(statement: str) -> str:
    return statement.replace("?", "%s")
