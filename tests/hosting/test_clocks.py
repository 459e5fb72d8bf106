"""A clock that jumps by a day or a year moves dates, and nothing else."""

import asyncio
import os
import shutil
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hosting.certificates import make_certificate
from hosting.serving_fakes import hosting
from hosting.store_cases import server
from taxiway.hosting import owner
from taxiway.hosting.app import Settings, serving
from taxiway.hosting.peers import DEAD_AFTER, Peers
from taxiway.hosting.records import Hosted, Limits, Rate
from taxiway.hosting.store import Ledger, Store
from taxiway.hosting.tokens import digest

DAY, YEAR = 86400.0, 365 * 86400.0
Set = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets the wall clock to so many seconds beside the true time."""
    beside, true = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: true() + beside[0])

    def set_to(seconds: float) -> None:
        beside[0] = seconds

    return set_to


async def test_rates_and_budgets_go_on_and_dates_are_dates(tmp_path: Path, clock: Set) -> None:
    limits = {
        "tw_rate": Limits(rate=Rate(2, 3600)),
        "tw_budget": Limits(budget=4),
        "tw_date": Limits(expires=time.time() + 3600),
    }
    statuses: dict[str, list[int]] = {token: [] for token in limits}
    async with hosting(tmp_path) as host:
        host.host()
        for token, limit in limits.items():
            host.store.add_token("class", token, digest(token), limit, time.time())
        for beside in (0, DAY, -YEAR, -YEAR + DAY, 0):
            clock(beside)
            for token, told in statuses.items():
                told.append((await host.ask({"text": "a"}, token=token)).status_code)
        counted = {token.label: token.requests - token.refused for token in host.store.tokens()}
    assert statuses == {
        "tw_rate": [200, 200, 429, 429, 429],
        "tw_budget": [200, 200, 200, 200, 401],
        "tw_date": [200, 401, 200, 200, 200],
    }
    assert counted["tw_budget"] == 4


async def test_a_server_is_dead_by_its_beats_and_by_no_clock(tmp_path: Path, clock: Set) -> None:
    with Store(tmp_path, durable=False) as store, Store(tmp_path, durable=False) as theirs:
        ledger, other = Ledger(store), server("other")
        theirs.join(other)
        peers = Peers(ledger)
        await peers.join("http://here")
        for beside in (DAY, -YEAR, 0, YEAR, -DAY, 0, YEAR):
            clock(beside)
            theirs.beat()
            await peers.look()
            assert len(store.servers()) == 2
        died = peers.died(other)
        for _ in range(DEAD_AFTER - 1):
            clock(-YEAR)
            await peers.look()
        assert not died.is_set()
        await peers.look()
        assert died.is_set()
        ledger.close()


def test_a_link_or_sign_in_of_a_wrong_clock_is_not_good_for_a_year(
    tmp_path: Path, clock: Set
) -> None:
    with Store(tmp_path) as store:
        clock(YEAR)
        links = [owner.new_link(store) for _ in range(2)]
        own = owner.sign_in(store, links[0])
        assert own is not None
        assert owner.is_signed_in(store, own)
        clock(0)
        assert not owner.is_signed_in(store, own)
        assert owner.sign_in(store, links[1]) is None
        clock(-DAY)
        own = owner.sign_in(store, owner.new_link(store))
        assert own is not None
        assert owner.is_signed_in(store, own)


async def test_a_model_sleeps_and_a_certificate_is_renewed_though_the_clock_jumps(
    tmp_path: Path, clock: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.hosting.certificate.LOOK_SECONDS", 0.02)
    make_certificate(tmp_path)
    cert = tmp_path / "cert.pem"
    with Store(tmp_path) as store:
        hosted = Hosted(name="art", model="painter", idle_seconds=1.0)
        store.create(hosted, "", digest("tw_art"), Limits())
    settings = Settings(port=0, certificate=str(cert), key=str(tmp_path / "key.pem"))
    async with serving(tmp_path, settings) as listener:
        given = {"Authorization": "Bearer tw_art"}
        url = f"https://127.0.0.1:{listener.port}/art/v1"
        async with httpx.AsyncClient(verify=False, headers=given, timeout=60) as http:
            for beside in (DAY, -YEAR):
                clock(beside)
                answer = await http.post(f"{url}/query", json={"seed": 1, "size": 32})
                assert answer.status_code == 200
            made = tmp_path / "new"
            made.mkdir()
            make_certificate(made)
            for name in ("key.pem", "cert.pem"):
                os.utime(made / name, (time.time(), time.time()))
                shutil.move(made / name, tmp_path / name)
            there = ssl.get_server_certificate
            new = cert.read_text()
            async with asyncio.timeout(60):
                while await asyncio.to_thread(there, ("127.0.0.1", listener.port)) != new:
                    await asyncio.sleep(0.05)
                while (await http.get(f"{url}/state")).json()["state"] != "asleep":
                    await asyncio.sleep(0.05)
