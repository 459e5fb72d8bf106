"""What the teacher's page asks: for whom, and what it does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from hosting.serving_fakes import TOKEN, Host, hosting
from taxiway.hosting import owner
from taxiway.hosting.records import Limits
from taxiway.hosting.teacher import PREFIX, Teacher

TEXT = {"text": "hello"}
DOING = ["/leave", "/models/class/wake", "/class-list", "/tokens", "/tokens/1/revoke"]
READING = ["/state", "/usage.csv", "/pictures/class"]


class Desk:
    """A signed-in page without a browser."""

    def __init__(self, host: Host, own: str) -> None:
        self.host = host
        self.headers = {"Authorization": f"Bearer {own}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.host.http.get(PREFIX + path, headers=self.headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        json = None if isinstance(body, bytes) else body or {}
        content = body if isinstance(body, bytes) else None
        return await self.host.http.post(
            PREFIX + path, json=json, content=content, headers={**self.headers, **headers}
        )

    async def model(self) -> dict[str, Any]:
        model: dict[str, Any] = (await self.get("/state")).json()["models"][0]
        return model


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with hosting(tmp_path) as host:
        host.host()
        yield host


@pytest.fixture
async def desk(host: Host) -> Desk:
    entered = await host.http.post(f"{PREFIX}/enter", json={"link": owner.new_link(host.store)})
    return Desk(host, entered.json()["token"])


async def test_nothing_is_for_those_who_are_not_signed_in(host: Host) -> None:
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}"}, {"Cookie": "own=own_1"}):
        for path in READING:
            answer = await host.http.get(PREFIX + path, headers=headers)
            assert (answer.status_code, "owner-link" in answer.text) == (401, True)
        for path in DOING:
            assert (await host.http.post(PREFIX + path, headers=headers)).status_code == 401
    link = owner.new_link(host.store)
    assert (await Desk(host, link).get("/state")).status_code == 401


async def test_a_link_opens_the_page_once(host: Host) -> None:
    link = owner.new_link(host.store)
    entered = [
        await host.http.post(f"{PREFIX}/enter", json={"link": given}) for given in (link, link, "")
    ]
    assert [answer.status_code for answer in entered] == [200, 401, 401]
    assert "used already" in entered[1].json()["error"]
    assert "set-cookie" not in entered[0].headers


async def test_nothing_changes_by_get_or_from_another_site(host: Host, desk: Desk) -> None:
    for path in DOING:
        assert (await desk.get(path)).status_code == 404
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in DOING:
            answer = await desk.post(path, **headers)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = await host.http.options(f"{PREFIX}/tokens", headers=asked)
    assert "access-control-allow-origin" not in preflight.headers
    assert len(host.store.tokens()) == 1
    assert host.engine.running == {}


def test_every_route_is_tried_above(host: Host) -> None:
    routes = [route for route in Teacher(host.api).routes() if isinstance(route, Route)]
    said = {route.path.removeprefix(PREFIX).split("{")[0] for route in routes} - {"/enter"}
    tried = {f"/{path.split('/')[1]}{'/' * (path.count('/') > 1)}" for path in DOING + READING}
    assert said == tried | {"/tokens", "/tokens/"}


async def test_models_wake_sleep_pause_and_go_on(host: Host, desk: Desk) -> None:
    for act, state in (("wake", "running"), ("sleep", "asleep")):
        assert (await desk.post(f"/models/class/{act}")).status_code == 200
        await host.settle()
        assert (await desk.model())["state"] == state
    await desk.post("/models/class/deactivate")
    assert (await host.ask(TEXT)).status_code == 404
    await desk.post("/models/class/activate")
    assert (await host.ask(TEXT)).status_code == 200
    assert (await desk.post("/models/class/fly")).status_code == 404
    assert (await desk.post("/models/nobody/wake")).status_code == 404


async def test_a_model_that_failed_is_woken_at_once(host: Host, desk: Desk) -> None:
    await desk.post("/models/class/wake")
    await host.settle()
    host.engine.turn("class", "failed", "no")
    await host.ask(TEXT)
    assert (await desk.model())["state"] == "failed"
    await desk.post("/models/class/wake")
    await host.settle()
    assert (await desk.model())["state"] == "running"


async def test_a_model_that_is_asked_does_not_sleep(host: Host, desk: Desk) -> None:
    async with host.awake.held(host.store.model("class").spec(), 300):
        refused = await desk.post("/models/class/sleep")
    assert refused.status_code == 429
    assert "is being asked" in refused.json()["error"]


async def test_a_class_gets_its_tokens_once(host: Host, desk: Desk) -> None:
    names = (await desk.post("/class-list", b"Name\nAda\nGrace")).json()["names"]
    wanted = {"model": "class", "names": names, "rate": "5/s", "budget": 1, "expires": "2h"}
    made = (await desk.post("/tokens", wanted)).json()["tokens"]
    assert [card["label"] for card in made] == ["Ada", "Grace"]
    for card in made:
        assert card["link"] == f"http://localhost:8080/class#{card['token']}"
        assert [(await host.ask(TEXT, token=card["token"])).status_code for _ in range(2)] == [
            200,
            401,
        ]
    said = (await desk.get("/state")).text
    assert not any(card["token"] in said for card in made)
    told = [
        token for token in (await desk.get("/state")).json()["tokens"] if token["label"] == "Ada"
    ]
    assert (told[0]["state"], told[0]["left"], told[0]["rate"]) == ("used up", 0, "5/s")
    await desk.post(f"/tokens/{told[0]['id']}/revoke")
    assert (await host.ask(TEXT, token=made[0]["token"])).json()[
        "error"
    ] == "This token is revoked."


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"model": "nobody", "names": ["a"]}, 404),
        ({"model": "class", "names": []}, 400),
        ({"model": "class", "names": ["a"] * 201}, 400),
        ({"model": "class", "names": ["a\nb"]}, 400),
        ({"model": "class", "names": ["a"], "rate": "fast"}, 400),
        ({"model": "class", "names": ["a"], "budget": 0}, 400),
        ({"model": "class", "names": ["a"], "expires": "soon"}, 400),
        ({"model": "class", "names": ["a"], "price": "dear"}, 400),
        (b"{", 400),
    ],
)
async def test_wrong_wishes_are_a_sentence_and_make_nothing(
    host: Host, desk: Desk, wanted: Any, status: int
) -> None:
    refused = await desk.post("/tokens", wanted)
    assert refused.status_code == status
    assert refused.json()["error"].endswith(".")
    assert len(host.store.tokens()) == 1


async def test_the_table_holds_no_formula(host: Host, desk: Desk) -> None:
    host.store.add_token("class", '=HYPERLINK("http://evil")', b"1", Limits(), 0)
    table = await desk.get("/usage.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "\"'=HYPERLINK(" in table.text


async def test_pictures_are_kept_only_while_that_is_on(host: Host, desk: Desk) -> None:
    hosted, token = host.store.model("class"), host.store.tokens()[0]
    note = host.api.lately.answered
    note(hosted, token, {"image": "data:image/jpeg;base64,AA", "text": "x"})
    assert (await desk.get("/pictures/class")).status_code == 400
    await desk.post("/models/class/watch")
    assert (await host.get("/class/v1/state")).json()["watched"]
    for n in range(30):
        note(host.store.model("class"), token, {"image": f"data:image/png;base64,{n}", "text": "x"})
    note(host.store.model("class"), token, {"image": "data:image/png;" + "a" * 3_000_000})
    kept = (await desk.get("/pictures/class")).json()["pictures"]
    assert len(kept) == 24
    assert (kept[0]["text"], kept[0]["label"]) == ("data:image/png;base64,29", "first")
    await desk.post("/models/class/unwatch")
    await desk.post("/models/class/watch")
    assert (await desk.get("/pictures/class")).json()["pictures"] == []


async def test_errors_are_told_with_whose_they_are(host: Host, desk: Desk) -> None:
    await host.ask({"text": "a", "times": 99})
    await host.ask(TEXT, token="tw_wrong")
    errors = (await desk.get("/state")).json()["errors"]
    assert [(error["label"], error["model"]) for error in errors] == [("first", "class")]
    assert "times" in errors[0]["text"]


async def test_who_leaves_is_out(desk: Desk) -> None:
    assert (await desk.post("/leave")).status_code == 200
    assert (await desk.get("/state")).status_code == 401
