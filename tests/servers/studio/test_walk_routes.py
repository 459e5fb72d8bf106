"""Walks of the live picture over HTTP."""

from session_fakes import FakeEngine, Watcher, on_session
from studio_page import TOKEN, TOKENS, client_of
from taxiway.servers.studio.walk_routes import PATH, routes


async def test_a_walk_is_described_begun_and_stopped() -> None:
    async with (
        on_session(FakeEngine()) as session,
        client_of(routes(session, TOKENS), TOKEN) as client,
    ):
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
