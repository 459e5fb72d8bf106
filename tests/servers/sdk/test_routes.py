"""The Model SDK's routes as a plug-in meets them, beside our own."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from servers.fakes import FakeEngine
from taxiway.core.config import Config
from taxiway.core.errors import ModelFailed
from taxiway.servers.http import routes as http
from taxiway.servers.sdk import routes as sdk
from taxiway.servers.socketio import server as socketio
from taxiway.servers.studio import page as studio
from taxiway.web.application import application
from taxiway.web.powers import Tokens
from toys import Gradient, Troubled

Z = [0.25] * 512


def client(engine: Any) -> httpx.AsyncClient:
    both = [*http.routes(engine, lambda: "fake"), *sdk.routes(engine, lambda: "fake")]
    transport = httpx.ASGITransport(application(both, Config()), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(Gradient())


@pytest.fixture
def api(engine: FakeEngine) -> httpx.AsyncClient:
    return client(engine)


async def test_a_command_is_answered_and_becomes_the_current_output(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.post("/generate", json={"z": Z, "truncation": 0.8})
    assert answer.status_code == 200
    assert answer.json()["image"].startswith("data:image/jpeg;base64,")
    assert (await api.get("/data")).json() == answer.json()


async def test_any_command_of_the_model_can_be_asked_not_only_the_first() -> None:
    red = "data:image/gif;base64,R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs="
    async with client(FakeEngine(Troubled())) as api:
        answer = await api.post("/look", json={"picture": red})
        assert (answer.status_code, answer.json()) == (200, {"mean": 85.0})


async def test_the_output_format_may_be_asked_for(api: httpx.AsyncClient) -> None:
    headers = {"x-runway-output-format": "image=PNG"}
    answer = await api.post("/generate", json={"z": Z}, headers=headers)
    assert answer.json()["image"].startswith("data:image/png;base64,")


async def test_the_description_of_a_command_is_that_of_info(api: httpx.AsyncClient) -> None:
    answer = await api.get("/generate")
    assert (answer.status_code, answer.json()) == (200, (await api.get("/info")).json())


async def test_meta_lists_the_commands_and_the_time_since_the_last(
    api: httpx.AsyncClient,
) -> None:
    meta = (await api.get("/meta")).json()
    assert meta["millisSinceLastCommand"] is None
    assert meta["millisRunning"] >= 0
    assert (meta["modelSDKVersion"], meta["GPU"], meta["options"]) == ("0.6.1", False, [])
    assert meta["commands"] == [(await api.get("/info")).json()]
    await api.post("/generate", json={"z": Z})
    assert (await api.get("/meta")).json()["millisSinceLastCommand"] >= 0


@pytest.mark.parametrize(
    ("state", "status"),
    [("starting", "STARTING"), ("running", "RUNNING"), ("asleep", "RUNNING")],
)
async def test_healthcheck_says_when_it_can_be_asked(
    engine: FakeEngine, api: httpx.AsyncClient, state: str, status: str
) -> None:
    engine.running["fake"].state = state
    answer = await api.get("/healthcheck")
    assert (answer.status_code, answer.json()) == (200, {"status": status})


async def test_healthcheck_of_a_model_that_is_not_there_yet_is_starting(
    engine: FakeEngine, api: httpx.AsyncClient
) -> None:
    engine.running.clear()
    assert (await api.get("/healthcheck")).json() == {"status": "STARTING"}


@pytest.mark.parametrize(("state", "stopped"), [("failed", False), ("asleep", True)])
async def test_healthcheck_of_a_model_that_failed_or_was_stopped_says_why(
    state: str, stopped: bool
) -> None:
    down = SimpleNamespace(state=state, is_stopped=stopped, message="It is no more.")
    async with client(SimpleNamespace(running={"fake": down})) as api:
        answer = await api.get("/healthcheck")
        assert (answer.status_code, answer.json()) == (503, {"error": "It is no more."})


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_command_is_named_and_is_not_the_models_error(
    api: httpx.AsyncClient, method: str
) -> None:
    answer = await api.request(method, "/generat", json={})
    assert (answer.status_code, answer.json()) == (404, {"error": "Unknown command: generat."})
    assert (await api.get("/error")).json() == {"error": None}


async def test_a_wrong_value_and_a_failure_have_the_sdks_statuses(
    engine: FakeEngine, api: httpx.AsyncClient
) -> None:
    answer = await api.post("/generate", json={"z": [1]})
    assert (answer.status_code, answer.json()["input"]) == (400, "z")
    assert (await api.post("/generate", content=b"notjson")).status_code == 400
    engine.raises = ModelFailed("no such luck")
    answer = await api.post("/generate", json={"z": Z})
    assert (answer.status_code, answer.json()) == (500, {"error": "no such luck"})


async def test_what_our_own_routes_refuse_they_still_refuse(api: httpx.AsyncClient) -> None:
    for method, path in [("GET", "/query"), ("POST", "/info"), ("POST", "/generate.png")]:
        assert (await api.request(method, path)).status_code == 405, path
    for path in ("/favicon.ico", "/a/b", "/studio", "/socket.io"):
        answer = await api.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"].startswith("There is nothing at"), path
    assert (await api.put("/generate")).status_code == 405


def test_no_route_of_ours_can_be_taken_for_a_command(engine: Any) -> None:
    sockets = SimpleNamespace(events=SimpleNamespace(listen=lambda _: None), running={})
    ours = [
        *http.routes(engine, lambda: "fake"),
        *socketio.SocketIo(sockets, lambda: "fake").routes(),  # type: ignore[arg-type]
        *studio.routes(Tokens("", "")),
    ]
    single = {str(getattr(route, "path", "")).split("/")[1] for route in ours} - {""}
    assert {name for name in single if name.isidentifier()} <= sdk.TAKEN
