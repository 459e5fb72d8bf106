"""Walks of the live picture over HTTP."""

import httpx

from session_fakes import FakeEngine, Watcher, on_session
from taxiway.core.config import Config
from taxiway.servers.studio.walk_routes import PATH, routes
from taxiway.web.application import application
from taxiway.web.powers import Tokens


async def test_a_walk_is_described_begun_and_stopped() -> None:
    async with on_session(FakeEngine()) as session:
        transport = httpx.ASGITransport(
            application(routes(session, Tokens("to play", "secret")), Config())
        )
        headers = {"authorization": "Bearer secret"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers
        ) as client:
            shown = (await client.get(PATH)).json()
            assert [field["name"] for field in shown["inputs"]][:2] == ["kind", "keys"]
            assert not shown["goesOn"]
            watcher = Watcher(session)
            began = await client.post(PATH, json={"kind": "wander", "seconds": 5})
            assert began.json() == {"seconds": 5}
            await watcher.next()
            assert (await client.get(PATH)).json()["goesOn"]
            assert (await client.delete(PATH)).json() == {}
            assert not (await client.get(PATH)).json()["goesOn"]
            wrong = await client.post(PATH, json={"kind": "circle"})
            assert (wrong.status_code, wrong.json()["input"]) == (400, "keys")
            refused = await client.post(PATH, json={}, headers={"authorization": ""})
            assert refused.status_code == 403
