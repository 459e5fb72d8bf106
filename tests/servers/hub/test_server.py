"""The hub's API: models, sessions, and who may start and stop them."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.manager_fakes import INFO, PORTED, RAINBOW, UNKNOWN, FakeDesk, Z
from taxiway.core.config import Config
from taxiway.servers.hub import server as hub
from taxiway.servers.hub.records import version_of
from taxiway.web.application import application

RAINBOWS = 230677302
"""The version that plug-ins may have stored for `rainbow`; it must never change."""
CHANGES = [
    ("POST", "/v1/model_sessions"),
    ("POST", "/v1/model_sessions/stop_all"),
    ("DELETE", "/v1/model_sessions/rainbow"),
]


@pytest.fixture
def manager() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def api(manager: FakeDesk) -> httpx.AsyncClient:
    return client(manager)


def client(manager: FakeDesk, null_origin: bool = False, **headers: str) -> httpx.AsyncClient:
    app = application(hub.routes(manager, Config(hub_null_origin=null_origin)), Config())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:5142", headers=headers)


async def begin(api: httpx.AsyncClient, name: str, **more: Any) -> Any:
    """What a plug-in gets that starts a model."""
    wanted = {"modelVersionId": version_of(name), "application": "Unity", **more}
    answer = await api.post("/v1/model_sessions", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sessions(api: httpx.AsyncClient) -> list[Any]:
    listed: list[Any] = (await api.get("/v1/model_sessions")).json()["modelSessions"]
    return listed


async def test_there_is_a_hub(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/healthcheck")).json() == {"success": True}


async def test_models_are_listed_with_ids_that_stay(api: httpx.AsyncClient) -> None:
    rainbow, sketcher = (await api.get("/v1/models")).json()["models"]
    assert (rainbow["name"], rainbow["description"]) == ("Rainbow", "Rainbows.")
    assert rainbow["defaultVersionId"] == rainbow["id"] == RAINBOWS
    assert (sketcher["name"], sketcher["defaultVersionId"]) == ("Sketcher", version_of("sketcher"))


async def test_a_stylegan_is_listed_as_runway_did_before_it_has_run(
    api: httpx.AsyncClient,
) -> None:
    [command] = (await api.get("/v1/models")).json()["models"][0]["commands"]
    assert command["name"] == "generate"
    assert [(field["name"], field["type"]) for field in command["inputs"]] == [
        ("z", "vector"),
        ("truncation", "number"),
    ]
    assert command["outputs"][0]["type"] == "image"


async def test_a_model_whose_commands_nobody_knows_is_listed_once_it_has_run(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    async def names() -> list[str]:
        return [model["name"] for model in (await api.get("/v1/models")).json()["models"]]

    assert await names() == ["Rainbow", "Sketcher"]
    manager.begin(UNKNOWN)
    manager.run("unknown")
    assert await names() == ["Rainbow", "Sketcher", "Unknown"]
    await manager.stop("unknown")
    assert await names() == ["Rainbow", "Sketcher", "Unknown"]


async def test_inputs_that_may_be_left_out_are_not_told_for_plug_ins_send_all(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    await begin(api, "rainbow")
    manager.run("rainbow")
    [session] = await sessions(api)
    assert session["model"]["commands"] == [{**INFO, "inputs": [Z]}]


async def test_every_file_option_has_a_first_choice(api: httpx.AsyncClient) -> None:
    options = (await api.get("/v1/models")).json()["models"][1]["options"]
    assert [option.get("oneOf") for option in options] == [["a", "b"], None, ["default"]]


async def test_a_session_runs_from_its_start_to_its_stop(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    wishes = {"runLocation": "Local", "gpuIndex": -1}
    made = await begin(api, "rainbow", providerOptions=wishes)
    assert made["id"] == made["modelSession"]["id"]
    path = f"/v1/model_sessions/{made['id']}"
    session = (await api.get(path)).json()["modelSession"]
    assert session == made["modelSession"]
    assert (session["runningStatus"], session["startedRunningAt"]) == ("STARTING", None)
    assert session["url"] == "http://localhost:8000"
    assert session["application"] == "Unity"
    assert session["providerOptions"] == {**wishes, "runType": None}
    assert session["modelVersionId"] == session["model"]["defaultVersionId"] == RAINBOWS
    manager.run("rainbow")
    session = (await api.get(path)).json()["modelSession"]
    assert session["runningStatus"] == "RUNNING"
    assert session["createdAt"] <= session["startedRunningAt"]
    assert (await api.delete(path)).json() == {"success": True}
    assert await sessions(api) == []
    assert (await api.get(path)).status_code == 404
    assert (await api.delete(path)).status_code == 404


@pytest.mark.parametrize(
    ("state", "status"),
    [("running", "RUNNING"), ("failed", "FAILED"), ("starting", "STARTING")],
)
async def test_the_status_is_one_that_plug_ins_know(
    manager: FakeDesk, api: httpx.AsyncClient, state: Any, status: str
) -> None:
    manager.begin(RAINBOW).state = state
    assert (await sessions(api))[0]["runningStatus"] == status


async def test_a_model_that_runs_already_is_joined_not_started_again(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    manager.begin(RAINBOW)
    made = await begin(api, "rainbow")
    assert manager.asked == []
    assert made["modelSession"]["application"] == "Taxiway"
    own = {"name": "mine", "family": "stylegan", "title": "mine", "summary": "From a file."}
    manager.begin(own)
    assert (await begin(api, "mine"))["id"] == "mine"
    assert "mine" in [model["name"] for model in (await api.get("/v1/models")).json()["models"]]


async def test_a_model_that_was_only_put_to_sleep_has_no_session_and_starts_again(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    manager.begin(RAINBOW).state = "asleep"
    assert await sessions(api) == []
    assert (await api.get("/v1/model_sessions/rainbow")).status_code == 404
    made = await begin(api, "rainbow")
    assert (manager.asked, made["modelSession"]["application"]) == ([("rainbow", {})], "Unity")


async def test_stop_all_stops_what_that_application_started(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    manager.begin(UNKNOWN)
    await begin(api, "rainbow", application="Photoshop")
    await begin(api, "sketcher", application="Unity")
    answer = await api.post("/v1/model_sessions/stop_all", json={"application": "Photoshop"})
    assert answer.json() == {"success": True}
    assert list(manager.started) == ["unknown", "sketcher"]
    for body in ({}, {"application": 7}):
        answer = await api.post("/v1/model_sessions/stop_all", json=body)
        assert (answer.status_code, "application" in answer.json()["error"]) == (400, True)


async def test_only_options_that_the_model_has_reach_it(
    manager: FakeDesk, api: httpx.AsyncClient
) -> None:
    given = {"size": 32, "checkpoint": "b", "weights": "default", "device": "x"}
    await begin(api, "sketcher", modelOptions=given)
    await begin(api, "rainbow", modelOptions={"checkpoint": "/etc/passwd"})
    assert manager.asked == [("sketcher", {"size": 32, "checkpoint": "b"}), ("rainbow", {})]


async def test_a_file_is_one_of_those_offered(manager: FakeDesk, api: httpx.AsyncClient) -> None:
    wanted = {
        "modelVersionId": version_of("sketcher"),
        "modelOptions": {"checkpoint": "/etc/passwd"},
    }
    answer = await api.post("/v1/model_sessions", json=wanted)
    assert answer.status_code == 400
    assert answer.json() == {"error": "'checkpoint' takes one of: a, b.", "input": "checkpoint"}
    assert manager.asked == []


@pytest.mark.parametrize("version", [0, -1, 7, "7", 2**63])
async def test_an_unknown_version_is_a_404(api: httpx.AsyncClient, version: Any) -> None:
    answer = await api.post("/v1/model_sessions", json={"modelVersionId": version})
    assert answer.status_code == 404
    assert "/v1/models" in answer.json()["error"]


async def test_bodies_that_make_no_sense_are_refused(api: httpx.AsyncClient) -> None:
    wanted = {"modelVersionId": RAINBOWS}
    for content in (b"", b"[]", b"notjson", b"{}", b"\xff", b'{"modelOptions":' + b"[" * 10**5):
        for path in ("/v1/model_sessions", "/v1/model_sessions/stop_all"):
            assert (await api.post(path, content=content)).status_code == 400
    for more in (
        {"modelOptions": [1]},
        {"application": "x" * 65},
        {"providerOptions": {"runLocation": "x" * 65}},
        {"providerOptions": {"gpuIndex": 2**70}},
    ):
        answer = await api.post("/v1/model_sessions", json=wanted | more)
        assert answer.status_code == 400, more
        assert answer.json()["error"].startswith("The body is not what is expected: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("modelVersionId", "modelOptions", "application", "providerOptions")
ALMOST = st.dictionaries(st.sampled_from(FIELDS), JSON)


@given(ALMOST, st.sampled_from([RAINBOWS, version_of("sketcher"), 7]))
async def test_any_body_is_answered_or_refused(body: dict[str, Any], version: int) -> None:
    body = {"modelVersionId": version, **body}
    async with client(FakeDesk()) as api:
        for path in ("/v1/model_sessions", "/v1/model_sessions/stop_all"):
            answer = await api.post(path, content=json.dumps(body).encode())
            assert answer.status_code in (200, 400, 404)
        assert (await api.get("/v1/model_sessions")).status_code == 200


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("null_origin", [False, True])
async def test_a_page_of_the_web_may_not_change_what_runs(
    manager: FakeDesk, method: str, path: str, null_origin: bool
) -> None:
    manager.begin(RAINBOW)
    body = {"modelVersionId": version_of("sketcher"), "application": "Taxiway"}
    for origin in ("https://evil.example", "http://localhost:5142", "http://localhost:8000", ""):
        async with client(manager, null_origin, origin=origin) as api:
            answer = await api.request(method, path, json=body)
            assert answer.status_code == 403, origin
            assert answer.json() == {"error": "A web page may not start or stop models here."}
            assert answer.headers["access-control-allow-origin"] == origin
    assert (list(manager.started), manager.asked) == (["rainbow"], [])


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("origin", hub.PANELS)
async def test_a_panel_may_if_the_person_allowed_it(
    manager: FakeDesk, method: str, path: str, origin: str
) -> None:
    manager.begin(RAINBOW)
    body = {"modelVersionId": version_of("sketcher"), "application": "Taxiway"}
    async with client(manager, origin=origin) as api:
        answer = await api.request(method, path, json=body)
        assert answer.status_code == 403
        assert "--photoshop" in answer.json()["error"]
    assert (list(manager.started), manager.asked) == (["rainbow"], [])
    async with client(manager, null_origin=True, origin=origin) as api:
        assert (await api.request(method, path, json=body)).status_code == 200
    assert list(manager.started) != ["rainbow"]


async def test_anyone_may_look(manager: FakeDesk) -> None:
    manager.begin(PORTED)
    async with client(manager, origin="https://example.org") as api:
        paths = ("healthcheck", "models", "model_sessions?show=active", "model_sessions/sketcher")
        for path in paths:
            answer = await api.get(f"/v1/{path}")
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "https://example.org"
