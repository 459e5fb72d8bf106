"""Servers are known while their processes live, and dead when they do not beat, by no clock."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hosting.store_cases import hosting, server
from taxiway.hosting.peers import DEAD_AFTER, Peers, is_serving, is_used, present
from taxiway.hosting.store import Ledger, Store

HOLD = (
    "import sys; from pathlib import Path; from taxiway.hosting.peers import present\n"
    "with present(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
)


def test_servers_of_a_folder_are_known_while_one_lives(tmp_path: Path) -> None:
    assert not is_used(tmp_path)
    with present(tmp_path):
        with present(tmp_path):
            assert is_used(tmp_path)
        assert is_used(tmp_path)
    assert not is_used(tmp_path)
    for lock in tmp_path.iterdir():
        assert lock.stat().st_mode & 0o077 == 0


def test_a_server_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        assert is_used(tmp_path)
        process.kill()
    assert not is_used(tmp_path)


@pytest.fixture
async def peers(tmp_path: Path) -> AsyncIterator[Peers]:
    with Store(tmp_path, durable=False) as store:
        ledger = Ledger(store)
        yield Peers(ledger)
        ledger.close()


async def test_who_does_not_beat_is_dead_after_so_many_looks_and_lives_again_with_a_beat(
    peers: Peers, tmp_path: Path
) -> None:
    with Store(tmp_path) as store:
        token = hosting(store)
        store.join(server("other"))
        assert store.admit(token, 1.0)
        await peers.join("http://here")
        for _ in range(DEAD_AFTER - 1):
            await peers.look()
        assert len(store.servers()) == 2
        store.beat()
        for _ in range(DEAD_AFTER):
            await peers.look()
        assert len(store.servers()) == 2
        died = peers.died(server("other"))
        await peers.look()
        assert died.is_set()
        assert [known.url for known in store.servers()] == ["http://here"]
        assert store.tokens()[0].requests == 0
        store.beat()
        await peers.look()
        store.beat()
        await peers.look()
        assert len(store.servers()) == 2
        assert peers._lively == {"other"}


async def test_what_was_never_seen_to_beat_is_not_asked(peers: Peers, tmp_path: Path) -> None:
    """As in a file that was copied from a machine whose server goes on there."""
    with Store(tmp_path) as store:
        hosting(store)
        store.join(server("other"))
        assert store.place("class")[0].id == "other"
        await peers.join("http://here")
        await peers.look()
        peers._knows.set()
        assert await peers.elsewhere(store.model("class"), store.places("class"), b"") is None
        store.beat()
        await peers.look()
        peers._beats["other"] = -1
        await peers.look()
        found = [place for place in store.places("class") if place.id == "other"]
        place = await peers.elsewhere(store.model("class"), found, b"")
        assert place is not None
        assert place.id == "other"


async def test_a_database_without_servers_is_not_serving(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.join(server("other"))
        assert not is_serving(store)
        store.address = "a database"
        assert not is_serving(store)
