"""What is asked of the store at once is written together, and each hears of its own only."""

import asyncio
import threading
from pathlib import Path

import pytest

from hosting.store_cases import LIMITS, hosting
from taxiway.core.errors import NotFound
from taxiway.hosting.database import StoreError
from taxiway.hosting.records import Limits
from taxiway.hosting.store import Ledger, Store


class Held:
    """A ledger whose thread is kept busy, so that what is asked meanwhile waits."""

    def __init__(self, store: Store) -> None:
        self.ledger = Ledger(store)
        self.begun, self.go = threading.Event(), threading.Event()
        self.ledger.later(self._busy)
        self.begun.wait()

    def _busy(self) -> None:
        self.begun.set()
        self.go.wait()


async def test_what_waits_is_one_transaction_and_a_budget_is_exact_in_it(tmp_path: Path) -> None:
    with Store(tmp_path, durable=False) as store:
        token = hosting(store, Limits(budget=30))
        said: list[str] = []
        store._sql.sql.set_trace_callback(said.append)  # type: ignore[attr-defined]
        held = Held(store)
        asking = [asyncio.ensure_future(held.ledger(store.admit, token, 1.0)) for _ in range(50)]
        await asyncio.sleep(0)
        held.go.set()
        assert sum(await asyncio.gather(*asking)) == 30
        assert said.count("COMMIT") == 1
        held.ledger.close()
        assert store.tokens()[0].requests == 30


async def test_one_that_fails_takes_none_along(tmp_path: Path) -> None:
    with Store(tmp_path, durable=False) as store:
        token = hosting(store, Limits(budget=30))
        held = Held(store)
        calls = [
            held.ledger(store.admit, token, 1.0),
            held.ledger(store.revoke, 99, 1.0),
            held.ledger(store.add_token, "class", "", b"same", LIMITS, 1.0),
            held.ledger(store.add_token, "class", "", b"same", LIMITS, 1.0),
            held.ledger(store.admit, token, 1.0),
        ]
        asking = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0)
        held.go.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(each) for each in found] == [bool, NotFound, type(None), StoreError, bool]
        held.ledger.close()
        assert [known.requests for known in store.tokens()] == [2, 0]


async def test_a_look_waits_for_no_write(tmp_path: Path) -> None:
    with Store(tmp_path, durable=False) as store, Store(tmp_path) as reader:
        hosting(store)
        ledger = Ledger(store, reader)
        with store.together():
            found = await ledger.look(ledger.reader.asked, "class", b"")
        assert found is not None
        ledger.close()


async def test_who_has_gone_is_not_counted(tmp_path: Path) -> None:
    with Store(tmp_path, durable=False) as store:
        token = hosting(store)
        held = Held(store)
        asking = asyncio.ensure_future(held.ledger(store.admit, token, 1.0))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        held.go.set()
        held.ledger.close()
        assert store.tokens()[0].requests == 0
