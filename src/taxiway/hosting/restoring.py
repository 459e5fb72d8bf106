"""Going back to a backup, also while a server works with the folder."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from taxiway.core.errors import InvalidArgument
from taxiway.hosting.database import FILE, StoreError
from taxiway.hosting.peers import is_used
from taxiway.hosting.store import Store

TABLES = {"models", "tokens"}
PATIENCE = 30.0
"""Seconds that a server may take for what it is writing."""


def restore(folder: Path, backup: Path) -> Path | None:
    """Put what `backup` holds in the place of what is kept in `folder`, all of it or nothing.

    A backup of an earlier version is brought to this one first. A server that runs goes on with
    it. Returns where what was there is kept, None where there was nothing. Raises InvalidArgument
    or StoreError.
    """
    _check(backup)
    with TemporaryDirectory(prefix=".restore-", dir=folder) as scratch:
        ready = Path(scratch) / FILE
        shutil.copyfile(backup, ready)
        try:
            with Store(Path(scratch)) as store:
                store.tokens()
        except StoreError as error:
            raise InvalidArgument(str(error).replace(str(ready), f"'{backup}'")) from None
        kept = _put_aside(folder)
        with closing(sqlite3.connect(ready)) as source:
            _copy(source, folder / FILE)
    return kept


def _check(backup: Path) -> None:
    if not backup.is_file():
        raise InvalidArgument(f"There is no file '{backup}'.")
    try:
        address = f"{backup.absolute().as_uri()}?immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as source:
            found = {name for (name,) in source.execute("SELECT name FROM sqlite_master")}
            (state,) = source.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise InvalidArgument(f"'{backup}' is no backup that can be read: {error}.") from None
    if not found >= TABLES or state != "ok":
        raise InvalidArgument(f"'{backup}' is no whole backup of hosted models.")


def _put_aside(folder: Path) -> Path | None:
    """Keep a copy of what is there; a file too damaged for one is moved, if no server has it."""
    there = folder / FILE
    if not there.exists():
        return None
    kept = folder / f"hosted-before-{datetime.now():%Y-%m-%d-%H%M%S-%f}.db"
    try:
        with Store(folder) as store:
            store.backup(kept)
    except StoreError:
        if is_used(folder):
            raise
        kept.unlink(missing_ok=True)
        there.rename(kept)
        for beside in ("-wal", "-shm"):
            (folder / f"{FILE}{beside}").unlink(missing_ok=True)
    return kept


def _copy(source: sqlite3.Connection, to: Path) -> None:
    try:
        with closing(sqlite3.connect(to, PATIENCE)) as target:
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target)
        to.chmod(0o600)
    except sqlite3.Error as error:
        raise StoreError(f"{to} cannot be written: {error}.") from error
