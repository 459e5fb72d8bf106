"""Actions on the live session by every door: HTTP, the socket, OSC."""

import asyncio

import pytest

from session_fakes import FakeEngine, on_session
from studio_page import PLAYERS, TOKEN, TOKENS, client_of, studio
from taxiway.core.config import Config
from taxiway.core.events import MessageIgnored
from taxiway.live.messages.actions import ACTIONS
from taxiway.live.messages.moves import Message
from taxiway.live.presets.state import State
from taxiway.servers.osc.server import OscServer
from taxiway.servers.studio import scene_routes
from taxiway.servers.studio.live_routes import PATH, PICTURES, routes


async def test_presets_over_http() -> None:
    async with (
        on_session(FakeEngine()) as session,
        client_of(routes(session, TOKENS), PLAYERS) as client,
    ):
        shown = (await client.get(PATH)).json()["actions"]
        assert [each["name"] for each in shown] == list(ACTIONS)
        done = await client.post(PATH + "/preset/store", json={"number": 2, "name": "a"})
        assert done.json() == {}
        session.set({"truncation": 0.1})
        assert (await client.post(PATH + "/preset", json={"number": 2})).status_code == 200
        assert "truncation" not in session.controls.values()
        assert (await client.post(PATH + "/stop")).json() == {}
        for action, sent, status, words in (
            ("preset", {"number": 3}, 404, "Preset 3 is empty"),
            ("preset", {"number": 3, "secs": 1}, 400, "no 'secs'; it takes curve, number"),
            ("preset", {}, 400, "'number' is missing"),
            ("preset", {"number": 3, "curve": "x"}, 400, "'curve' takes one of"),
            ("explode", {}, 404, "No action named 'explode'"),
        ):
            answer = await client.post(f"{PATH}/{action}", json=sent)
            assert answer.status_code == status
            assert words in answer.json()["error"]
        assert (await client.get(f"{PICTURES}/0123456789abcdef.jpg")).status_code == 404
        refused = await client.post(PATH + "/stop", headers={"authorization": ""})
        assert refused.status_code == 403


async def test_a_scene_goes_out_and_comes_in_for_the_owner_alone() -> None:
    async with on_session(FakeEngine()) as session:
        own = {"authorization": f"Bearer {TOKEN}"}
        async with client_of(scene_routes.routes(session, TOKENS), PLAYERS) as client:
            path = scene_routes.PATH
            assert (await client.get(path)).status_code == 404
            session.kept.presets[2] = State(values={"truncation": 0.4}, name="dusk")
            scene = (await client.get(path)).content
            session.kept.clear(2)
            assert (await client.post(path, content=scene)).status_code == 403
            taken = await client.post(path, content=scene, headers=own)
            assert taken.json() == {"presets": [2]}
            assert session.kept.presets[2].name == "dusk"
            for seconds in (1, 2):
                session.timeline.add(seconds, "even")
            for asked, count in (("", 121), ("?fps=24", 49)):
                told = (await client.get(scene_routes.TIMELINE + asked)).text
                assert told.count('"t"') == count + 1
            for asked in ("x", "0", "1e9"):
                refused = await client.get(f"{scene_routes.TIMELINE}?fps={asked}")
                assert (refused.status_code, "'fps' takes" in refused.text) == (400, True)
            wrong = await client.post(path, content=b"PK no", headers=own)
            assert (wrong.status_code, "no whole zip" in wrong.text) == (400, True)


async def test_a_page_hears_of_presets_whoever_stores_them() -> None:
    async with on_session(FakeEngine()) as session, studio(session) as served:
        async with served.page() as page, served.page() as other:
            await page.word("hello")
            await other.word("hello")
            await page.say("perform", action="preset/store", inputs={"number": 1, "name": "dawn"})
            for each in (page, other):
                presets = (await each.word("presets"))["presets"]
                assert [(one["number"], one["name"]) for one in presets] == [(1, "dawn")]
            await page.say("perform", action="preset", inputs={"number": 5})
            assert "Preset 5 is empty" in (await page.word("error"))["message"]
        async with served.page() as late:
            await late.word("hello")
            assert len((await late.word("presets"))["presets"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "'number' is missing"), ([1, 2, "even", 4], "got 4 values"), ([8], "Preset 8 is empty")],
)
async def test_presets_by_osc(arguments: list[object], words: str) -> None:
    engine = FakeEngine()
    said: list[str] = []
    engine.events.listen(
        lambda event: said.append(event.reason) if isinstance(event, MessageIgnored) else None
    )
    async with on_session(engine) as session:
        session.kept.presets[1] = State(values={"truncation": 0.4})
        async with OscServer(session.engine, session, Config(osc_port=0)) as server:
            sender = ("127.0.0.1", 9)
            server._move([Message("/preset", [1.0, 0])], sender)
            assert session.controls.values() == {"truncation": 0.4}
            session.set({"truncation": 0.1})
            server._move([Message("/preset/1", [0])], sender)
            assert session.controls.values() == {"truncation": 0.1}
            server._move([Message("/preset/1", [1])], sender)
            assert session.controls.values() == {"truncation": 0.4}
            server._move([Message("/preset", arguments)], sender)
            await asyncio.sleep(0)
    assert any(words in each for each in said), said
