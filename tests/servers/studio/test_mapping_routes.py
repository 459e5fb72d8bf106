"""The mapping over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.live.session import LiveSession
from taxiway.servers.studio.mapping_routes import PATH, routes
from taxiway.web.application import application
from taxiway.web.powers import Tokens

OWNER = {"authorization": "Bearer secret"}
LINE = {"from": "midi:1:cc:7", "to": "/truncation"}


@pytest.fixture
async def session() -> AsyncIterator[LiveSession]:
    async with on_session(FakeEngine()) as session:
        yield session


@pytest.fixture
async def client(session: LiveSession) -> AsyncIterator[httpx.AsyncClient]:
    app = application(routes(session, Tokens("to play", "secret")), Config())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers=OWNER
    ) as client:
        yield client


async def test_bindings_are_changed_and_kept(
    session: LiveSession, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    session.mapping.open(tmp_path / "a.jsonl")
    told = (await client.post(PATH, json={"bindings": [LINE]})).json()
    assert told["bindings"] == [{**LINE, "turn": ""}]
    assert told["file"] == str(tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == '{"from":"midi:1:cc:7","to":"/truncation"}\n'
    session.mapping.hear([("midi:1:cc:7", 0.5)], "page 1")
    told = (await client.get(PATH)).json()
    heard = told["heard"]["midi:1:cc:7"]
    assert (heard["value"], heard["by"]) == (0.5, "page 1")
    assert told["movers"]["/truncation"] == "mapping midi:1:cc:7"
    wrong = await client.post(PATH, json={"bindings": [{**LINE, "eval": 1}]})
    assert (wrong.status_code, "unknown field" in wrong.json()["error"]) == (400, True)
    assert (await client.get(PATH)).json()["bindings"] != []


async def test_addresses_are_learnt_or_refused_in_a_sentence(client: httpx.AsyncClient) -> None:
    told = await client.post(PATH + "/learn", json={"to": ["/z/3"]})
    assert told.json()["learning"] == ["/z/3"]
    assert (await client.post(PATH + "/learn", json={"to": []})).json()["learning"] == []
    chosen = await client.post(PATH + "/learn", json={"to": ["/z/3"], "signal": "audio:low"})
    (binding,) = chosen.json()["bindings"]
    assert (binding["from"], chosen.json()["learning"]) == ("audio:low", [])
    for to, signal, said in (
        ([], "audio:low", "No control waits"),
        (["/z/3"], "x", "2 to 100 letters"),
    ):
        wrong = await client.post(PATH + "/learn", json={"to": to, "signal": signal})
        assert (wrong.status_code, said in wrong.json()["error"]) == (400, True)
    wrong = await client.post(PATH + "/learn", json={"to": ["/z"]})
    words = "One signal moves one number: name it, as in /z/0."
    assert (wrong.status_code, wrong.json()["error"]) == (400, words)
    missing = await client.post(PATH + "/learn", json={"to": ["/nothing"]})
    assert (missing.status_code, missing.json()["error"]) == (404, "/nothing is no address here.")


async def test_a_player_looks_and_the_owner_changes(client: httpx.AsyncClient) -> None:
    player = {"authorization": "Bearer to play"}
    assert (await client.get(PATH, headers=player)).status_code == 200
    for path, content in (("", {"bindings": []}), ("/learn", {"to": []})):
        answer = await client.post(PATH + path, json=content, headers=player)
        assert (answer.status_code, "--owner-link" in answer.json()["error"]) == (403, True)
