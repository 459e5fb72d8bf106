"""A store in PostgreSQL whose server is killed, or is not there."""

import random
import threading
from pathlib import Path

import pytest

from hosting.store_cases import hosting, server
from postgres_server import Server, running
from taxiway.core.errors import InvalidArgument, MissingDependency
from taxiway.hosting import store as module
from taxiway.hosting.database import StoreError
from taxiway.hosting.records import Limits
from taxiway.hosting.store import Store


def test_without_psycopg_the_line_that_gets_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.core.extras.is_here", lambda module: module != "psycopg")
    with pytest.raises(MissingDependency, match=r"needs psycopg: .*taxiway install postgres"):
        module.opened(tmp_path / "hosted.db", True, "postgresql://")


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_one_sentence(postgres: Server, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used") as told:
        Store(tmp_path, address=f"host={tmp_path} dbname=taxiway")
    assert "\n" not in str(told.value)
    with (
        Store(tmp_path, address=postgres.address()) as store,
        pytest.raises(InvalidArgument, match="pg_dump"),
    ):
        store.backup(tmp_path / "copy.db")


@pytest.mark.slow
@pytest.mark.postgres
def test_a_database_that_is_killed_has_all_that_was_acknowledged_and_is_used_again(
    tmp_path: Path,
) -> None:
    with running() as postgres:
        address = postgres.address()
        with Store(tmp_path, address=address) as store:
            token = hosting(store, Limits(budget=10_000))
        answered = unsure = 0
        for round in range(3):
            stop = threading.Timer(random.Random(round).uniform(0.02, 0.2), postgres.kill)
            with Store(tmp_path, address=address) as store:
                store.join(server(f"round{round}"))
                stop.start()
                try:
                    while True:
                        assert store.admit(token, 1.0)
                        assert store.answered(token, 1.0)
                        answered += 1
                except StoreError:
                    unsure += 1  # the last may have been counted, and was not answered
                stop.join()
                postgres.start()
                while True:
                    try:
                        assert store.asked("class", b"") is not None  # by a new connection
                        assert store.admit(token, 2.0)  # what was held is back
                        break
                    except StoreError:
                        pass  # it recovers
                assert store.answered(token, 2.0)
                answered += 1
                store.bury(f"round{round}")
                assert answered <= store.tokens()[0].requests <= answered + unsure
        assert answered > 20
