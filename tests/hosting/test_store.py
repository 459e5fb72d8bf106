"""What is hosted, on the disk: kept, shared, counted, and never lost once it was said."""

import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fuzz import examples
from hosting.store_cases import LIMITS, MODEL, hosting
from taxiway.core.errors import InvalidArgument
from taxiway.hosting.database import StoreError
from taxiway.hosting.records import Limits
from taxiway.hosting.schema import MIGRATIONS
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as store:
        yield store


def test_only_its_owner_may_read_it_and_no_token_is_in_it(store: Store, tmp_path: Path) -> None:
    store.create(MODEL, "7b", digest("tw_secret"), LIMITS)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert b"tw_secret" not in path.read_bytes()


def test_a_copy_is_whole_while_the_server_writes(store: Store, tmp_path: Path) -> None:
    token = hosting(store)
    store.admit(token, 1.0)
    folder = tmp_path / "there"
    folder.mkdir()
    store.backup(folder / "hosted.db")
    store.admit(token, 2.0)
    with Store(folder) as copy:
        assert copy.tokens()[0].requests == 1
        assert copy.models() == store.models()
    assert (folder / "hosted.db").stat().st_mode & 0o077 == 0
    with pytest.raises(InvalidArgument, match="is there already"):
        store.backup(folder / "hosted.db")


def test_a_file_of_a_newer_taxiway_is_left_alone(store: Store, tmp_path: Path) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "hosted.db") as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(StoreError, match="written by a newer Taxiway"):
        Store(tmp_path)


def test_every_step_of_the_schema_can_be_gone_from_the_one_before(tmp_path: Path) -> None:
    for version in range(len(MIGRATIONS)):
        folder = tmp_path / str(version)
        folder.mkdir()
        old = sqlite3.connect(folder / "hosted.db")
        for step in MIGRATIONS[:version]:
            for statement in step:
                old.execute(statement)
        old.execute(f"PRAGMA user_version = {version}")
        old.close()
        with Store(folder) as store:
            hosting(store)


def test_two_that_open_a_new_file_at_once_both_get_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from taxiway.hosting.store import Store\n"
        "sys.stdin.read(); print(Store(Path(sys.argv[1])).models())"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in both] == ["[]\n", "[]\n"]


@pytest.mark.parametrize("content", [b"not a database, but long enough to be one" * 50, b"\0" * 9])
def test_a_file_that_is_none_of_ours_is_said_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hosted.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"hosted.db cannot be used: file is not a database\.$"):
        Store(tmp_path)
    assert (tmp_path / "hosted.db").read_bytes() == content


def fill(store: Store) -> None:
    for number in range(1000):
        store.add_token("class", "x" * 80, str(number).encode(), LIMITS, 0)


def test_a_full_disk_is_said_and_loses_nothing(store: Store) -> None:
    token = hosting(store)
    pages = store._rows("PRAGMA page_count")[0]["page_count"]
    store._one(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        fill(store)
    kept = len(store.tokens())
    store._one("PRAGMA max_page_count = 100000")
    store.add_token("class", "", b"more", LIMITS, 0)
    assert len(store.tokens()) == kept + 1
    assert store.admit(token, 0)


class Counting(RuleBasedStateMachine):
    """Any order of requests leaves the counts that a person would have kept."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.temporary.name))
        self.token = hosting(self.store, Limits(budget=5, price=7))
        self.admitted = self.refused = self.errors = 0

    @rule()
    def admit(self) -> None:
        assert self.store.admit(self.token, 1.0) == (self.admitted < 5)
        self.admitted = min(5, self.admitted + 1)

    @rule()
    def refuse(self) -> None:
        self.store.refuse(self.token, 1.0)
        self.refused += 1

    @rule()
    def fail(self) -> None:
        self.store.failed(self.token)
        self.errors += 1

    @rule(durable=st.booleans())
    def open_again(self, durable: bool) -> None:
        self.store.close()
        self.store = Store(Path(self.temporary.name), durable)

    @invariant()
    def counts(self) -> None:
        token = self.store.tokens()[0]
        assert token.requests == self.admitted + self.refused
        assert (token.refused, token.errors) == (self.refused, self.refused + self.errors)
        assert token.cost == 7 * self.admitted

    def teardown(self) -> None:
        self.store.close()
        self.temporary.cleanup()


TestCounting = Counting.TestCase
TestCounting.settings = settings(max_examples=examples(15), stateful_step_count=15, deadline=None)
