"""A store that is written, and killed at each write in turn: a program for test_store_writes.py.

Prints a line of JSON for each case: at which write, how much was acknowledged, what was kept then.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from hosting.forms import make
from hosting.store_cases import LIMITS, MODEL, server
from sqlite_faults import Writes
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest


def steps(folder: Path) -> Iterator[Store]:
    """One act after another; each is acknowledged where it gives the store."""
    with Store(folder) as store:
        store._one("PRAGMA wal_autocheckpoint = 8")  # so that the file itself is written as well
        yield store
        store.create(MODEL, "7b", digest("secret"), LIMITS)
        yield store
        token = store.tokens("class")[0].id
        store.add_tokens("class", [("a", b"a"), ("b", b"b")], LIMITS, 1.0)
        yield store
        store.join(server("here"))
        yield store
        for act in (store.answered, lambda token, now: store.failed(token), None):
            assert store.admit(token, 2.0)
            yield store
            if act is not None:
                act(token, 3.0)
                yield store
        store.place("class")
        yield store
        store.bury("here")
        yield store
        store.revoke(token + 1, 4.0)
        yield store
        store.remove("class")
        yield store


def kept(store: Store) -> list[str]:
    """All that is there, as text."""
    tables = ("models", "tokens", "servers", "places", "held", "owners", "server")
    return [repr(store._rows(f"SELECT * FROM {table} ORDER BY 1, 2")) for table in tables]


def killed(folder: Path, form: int, dies_at: int, torn: bool) -> int:
    """How many acts were acknowledged before the write at which a child is killed."""
    folder.mkdir()
    make(folder, form)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        Writes(dies_at, torn)
        for _ in steps(folder):
            os.write(write, b"+")
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        acknowledged = len(said.read())
    return -1 if os.waitpid(child, 0)[1] == 0 else acknowledged


def main(folder: Path, form: int, every: int, torn: bool) -> None:
    whole = folder / "whole"
    whole.mkdir()
    make(whole, form)
    print(json.dumps({"states": [kept(store) for store in steps(whole)]}))
    for number in range(1, 10_000, every):
        case = folder / str(number)
        acknowledged = killed(case, form, number, torn)
        if acknowledged < 0:
            return
        with Store(case) as store:
            [check] = store._rows("PRAGMA integrity_check")
            found = {"at": number, "acknowledged": acknowledged, "kept": kept(store)}
        print(json.dumps(found | {"check": check["integrity_check"]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "torn")
