"""Going back to a backup: while a server runs, after damage, from an earlier form."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from command_line import taxiway
from hosting.forms import TABLES
from taxiway.core.errors import InvalidArgument
from taxiway.hosting import app
from taxiway.hosting.database import FILE
from taxiway.hosting.records import Hosted, Limits
from taxiway.hosting.restoring import restore
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

BODY = {"seed": 1, "size": 32}
EARLIEST = f"""{TABLES}
PRAGMA user_version = 1;
INSERT INTO models VALUES ('old', 'painter', NULL, '{{}}', NULL, 0, 1, 300, 1.0, 'asleep');
INSERT INTO tokens (model, label, scopes, price, created, budget, requests)
    VALUES ('old', 'class', 'query', 0, 1.0, 50, 7);
"""
"""The first form that there was, as it lies on somebody's disk."""


def hosted(store: Store, name: str) -> None:
    model = Hosted(name=name, model="painter", created=time.time())
    store.create(model, "first", digest(name), Limits(budget=100))


async def test_a_server_goes_on_with_what_the_backup_holds(tmp_path: Path) -> None:
    folder, backup = tmp_path / "data", tmp_path / "backup.db"
    folder.mkdir()
    with Store(folder) as store:
        hosted(store, "a")
    serving = app.serving(folder, app.Settings(port=0))
    async with serving as listener, httpx.AsyncClient(base_url=listener.url, timeout=60) as client:

        async def asked(model: str) -> int:
            headers = {"authorization": f"Bearer {model}"}
            answer = await client.post(f"/{model}/v1/query", json=BODY, headers=headers)
            return answer.status_code

        assert [await asked("a"), await asked("b")] == [200, 404]
        with Store(folder) as store:
            store.backup(backup)
            hosted(store, "b")
        asking = [asyncio.create_task(asked("a")) for _ in range(20)]
        assert await asked("b") == 200
        kept = await asyncio.to_thread(restore, folder, backup)
        assert set(await asyncio.gather(*asking)) == {200}
        assert [await asked("a"), await asked("b")] == [200, 404]
        with Store(folder) as store:
            (token,) = store.tokens()
            assert 2 <= token.requests <= 22  # that of the backup, and those that came after it
            hosted(store, "c")
        assert await asked("c") == 200
        assert kept is not None
        await asyncio.to_thread(restore, folder, kept)  # and back again
        assert await asked("b") == 200
    assert not list(folder.glob(".restore-*"))


def test_a_backup_of_the_earliest_form_is_brought_to_this_one(tmp_path: Path) -> None:
    backup = tmp_path / "old.db"
    with closing(sqlite3.connect(backup)) as old:
        old.executescript(EARLIEST)
    data = tmp_path / "data"
    said = taxiway("host", "restore", backup, "--data", data)
    assert said.returncode == 0, said.stderr
    assert "What was there" not in said.stdout
    with Store(data) as store:
        assert [model.name for model in store.models()] == ["old"]
        (token,) = store.tokens()
        assert (token.limits.budget, token.requests) == (50, 7)
        hosted(store, "new")


def test_what_is_no_backup_leaves_everything_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with Store(data) as store:
        hosted(store, "a")
    foreign, newer, cut = tmp_path / "foreign.db", tmp_path / "newer.db", tmp_path / "cut.db"
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    with Store(data) as store:
        store.backup(newer)
        store.backup(cut)
    with closing(sqlite3.connect(newer)) as later:
        later.execute("PRAGMA user_version = 999")
    cut.write_bytes(cut.read_bytes()[:5000])
    (tmp_path / "text.db").write_text("hello")
    for name, words in (
        ("foreign.db", "no whole backup"),
        ("newer.db", "newer Taxiway"),
        ("cut.db", "backup"),
        ("text.db", "no backup that can be read"),
        ("none.db", "There is no file"),
    ):
        with pytest.raises(InvalidArgument, match=words) as refused:
            restore(data, tmp_path / name)
        assert name in str(refused.value)
        assert ".restore-" not in str(refused.value)
    with Store(data) as store:
        assert [model.name for model in store.models()] == ["a"]
    assert sorted(path.name for path in data.iterdir()) == [FILE]


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    backup, data = tmp_path / "backup.db", tmp_path / "data"
    data.mkdir()
    with Store(data) as store:
        hosted(store, "a")
        store.backup(backup)
    (data / FILE).write_bytes(b"damaged" * 1000)
    kept = restore(data, backup)
    assert kept is not None
    assert kept.read_bytes().startswith(b"damaged")
    with Store(data) as store:
        assert [model.name for model in store.models()] == ["a"]
