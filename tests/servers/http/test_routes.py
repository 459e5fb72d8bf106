"""Runway's HTTP API as its clients meet it, on a model in this process."""

import base64
import io
import json
import math
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from servers.fakes import FakeEngine
from taxiway.core.config import Config
from taxiway.core.errors import Busy, ModelFailed, Unavailable
from taxiway.core.images import read_metadata
from taxiway.latent.sample import z_of_seed
from taxiway.servers.http.routes import routes
from taxiway.web.application import application
from toys import Gradient, Troubled

Z = [0.25] * 512
ROUTES = [
    ("POST", "/query"),
    ("GET", "/info"),
    ("GET", "/data"),
    ("GET", "/error"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/generate.png"),
    ("GET", "/generate.jpg"),
]


def client(engine: FakeEngine, name: str = "fake", **config: Any) -> httpx.AsyncClient:
    app = application(routes(engine, lambda: name), Config(**config))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(Gradient())


@pytest.fixture
def api(engine: FakeEngine) -> httpx.AsyncClient:
    return client(engine)


def picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


async def test_a_query_is_answered_with_200_the_outputs_and_their_length(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.post("/query", json={"z": Z, "truncation": 0.8})
    assert answer.status_code == 200
    assert list(answer.json()) == ["image"]
    assert answer.json()["image"].startswith("data:image/jpeg;base64,")
    assert picture(answer.json()["image"]).size == (64, 64)
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.content.isascii()


async def test_an_answer_is_never_compressed(api: httpx.AsyncClient) -> None:
    headers = {"accept-encoding": "gzip, deflate, br"}
    answer = await api.post("/query", json={"z": Z}, headers=headers)
    assert "content-encoding" not in answer.headers
    assert answer.content.startswith(b'{"image"')


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", None],
)
async def test_a_body_is_read_as_json_whatever_its_type_says(
    api: httpx.AsyncClient, content_type: str | None
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await api.post("/query", content=json.dumps({"seed": 1}), headers=headers)
    assert answer.status_code == 200


async def test_unknown_keys_are_ignored_and_defaults_taken(api: httpx.AsyncClient) -> None:
    plain = await api.post("/query", json={"z": Z})
    more = await api.post("/query", json={"z": Z, "truncation": None, "future": {"a": [1]}})
    assert (plain.status_code, more.content) == (200, plain.content)
    assert more.headers["x-taxiway-ignored"] == "future"
    assert "X-Taxiway-Ignored" in more.headers["access-control-expose-headers"]
    assert "x-taxiway-ignored" not in plain.headers


@pytest.mark.parametrize("name", ["prompt", "a\r\nx: y", "é", "\ud800", "", "x" * 9999])
async def test_whatever_an_unknown_input_is_called_the_header_is_sound(
    api: httpx.AsyncClient, name: str
) -> None:
    body = {"seed": 1, "psi": 0.5, name: 1, **{f"more{index}": 1 for index in range(99)}}
    answer = await api.post("/query", content=json.dumps(body))
    assert answer.status_code == (400 if name == "\ud800" else 200)
    said = answer.headers.get("x-taxiway-ignored", "")
    assert said.isascii()
    assert said.isprintable()
    assert len(said) < 1000
    assert "psi" not in said


async def test_a_byte_order_mark_does_no_harm(api: httpx.AsyncClient) -> None:
    answer = await api.post("/query", content=b'\xef\xbb\xbf{"seed":1}')
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "kind"),
    [
        ({}, {}, "jpeg"),
        ({}, {"X-Runway-Output-Format": "image=PNG"}, "png"),
        ({}, {"X-Runway-Output-Format": "mask=PNG; image = JPEG"}, "jpeg"),
        ({}, {"X-Runway-Output-Format": ";;=;image=TIFF;nonsense"}, "jpeg"),
        ({"format": "PNG"}, {}, "png"),
    ],
)
async def test_the_format_may_be_chosen_by_header_or_input(
    api: httpx.AsyncClient, body: dict[str, Any], headers: dict[str, str], kind: str
) -> None:
    answer = await api.post("/query", json={"z": Z, **body}, headers=headers)
    assert answer.json()["image"].startswith(f"data:image/{kind};base64,")


async def test_info_shows_runways_fields(api: httpx.AsyncClient) -> None:
    info = (await api.get("/info")).json()
    fields = {field["name"]: field for field in info["inputs"]}
    assert fields["z"] == {
        "name": "z",
        "type": "vector",
        "length": 512,
        "samplingMean": 0,
        "samplingStd": 0.5,
        "default": None,
        "description": None,
    }
    assert fields["truncation"] == {
        "name": "truncation",
        "type": "number",
        "min": 0,
        "max": 1,
        "step": 0.01,
        "default": 0.8,
        "description": None,
    }
    image = info["outputs"][0]
    assert image["name"] == "image"
    assert (image["type"], image["channels"], image["defaultOutputFormat"]) == ("image", 3, "JPEG")
    assert len(info["outputs"]) == 1


async def test_data_is_an_empty_object_before_the_first_output_and_then_repeats_it(
    api: httpx.AsyncClient,
) -> None:
    before = await api.get("/data")
    assert (before.status_code, before.content) == (200, b"{}")
    answer = await api.post("/query", json={"z": Z})
    for _ in range(2):
        data = await api.get("/data")
        assert (data.status_code, data.content) == (200, answer.content)


async def test_error_is_null_then_the_message_then_null_again(api: httpx.AsyncClient) -> None:
    assert (await api.get("/error")).json() == {"error": None}
    failed = await api.post("/query", json={"z": [1]})
    told = await api.get("/error")
    assert told.status_code == 200
    assert told.json() == {"error": failed.json()["error"]}
    await api.post("/query", json={"z": Z})
    assert (await api.get("/error")).json() == {"error": None}


async def test_health_says_the_model_and_its_state(
    api: httpx.AsyncClient, engine: FakeEngine
) -> None:
    assert (await api.get("/healthz")).json() == {
        "status": "ok",
        "model": "fake",
        "state": "running",
    }
    engine.running.clear()
    asleep = await api.get("/healthz")
    assert (asleep.status_code, asleep.json()["state"]) == (200, "asleep")


async def test_it_is_ready_while_a_question_would_be_answered(
    api: httpx.AsyncClient, engine: FakeEngine
) -> None:
    running = next(iter(engine.running.values()))
    for state, is_stopped, status in (
        ("running", False, 200),
        ("asleep", False, 200),
        ("asleep", True, 503),
        ("starting", False, 503),
        ("failed", False, 503),
    ):
        running.state, running.is_stopped, running.message = state, is_stopped, "So it is."
        answer = await api.get("/readyz")
        assert answer.status_code == status
        assert (answer.status_code == 503) == ("error" in answer.json())
    engine.running.clear()
    assert (await api.get("/readyz")).status_code == 503


async def test_what_polls_a_model_that_does_not_run_gets_objects(engine: FakeEngine) -> None:
    api = client(engine, name="another")
    assert (await api.get("/data")).json() == {}
    assert (await api.get("/error")).json() == {"error": None}
    for method, path in [("GET", "/info"), ("GET", "/generate.png"), ("POST", "/query")]:
        answer = await api.request(method, path, content=b"{}")
        assert answer.status_code == 404
        assert "another" in answer.json()["error"]


async def test_a_png_by_its_address_says_how_it_was_made(api: httpx.AsyncClient) -> None:
    answer = await api.get("/generate.png?seed=1&psi=.7")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert read_metadata(answer.content) == {
        "model": "fake",
        "seed": 1,
        "truncation": 0.7,
        "z": z_of_seed(1).tolist(),
    }
    spelled_out = await api.get("/generate.png?truncation=.7&seed=1")
    assert read_metadata(spelled_out.content) == read_metadata(answer.content)


async def test_a_jpeg_by_its_address_is_one(api: httpx.AsyncClient) -> None:
    answer = await api.get("/generate.jpg?seed=1&unknown=x")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)


async def test_without_a_seed_each_picture_is_another(api: httpx.AsyncClient) -> None:
    seeds = [read_metadata((await api.get("/generate.png")).content)["seed"] for _ in range(2)]  # type: ignore[index]
    assert seeds[0] != seeds[1]


async def test_a_picture_by_its_address_leaves_the_current_output_alone(
    api: httpx.AsyncClient,
) -> None:
    await api.get("/generate.png?seed=1")
    await api.get("/generate.png?seed=x")
    assert (await api.get("/data")).content == b"{}"
    assert (await api.get("/error")).json() == {"error": None}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("seed=x", "seed"),
        ("seed=-1", "seed"),
        ("seed=4294967296", "seed"),
        ("seed=1.5", "seed"),
        ("seed=", "seed"),
        ("seed=1e999", "seed"),
        ("seed=nan", "seed"),
        ("seed=1&psi=Infinity", "truncation"),
        ("seed=" + "9" * 5000, "seed"),
        ("z=1,2,3", "z"),
        ("seed=1&format=TIFF", "format"),
    ],
)
async def test_a_wrong_address_names_the_input(
    api: httpx.AsyncClient, query: str, name: str
) -> None:
    answer = await api.get(f"/generate.png?{query}")
    assert (answer.status_code, answer.json()["input"]) == (400, name)
    assert f"'{name}'" in answer.json()["error"]


async def test_a_model_without_pictures_has_none_to_give() -> None:
    api = client(FakeEngine(Troubled()))
    answer = await api.get("/generate.png")
    assert answer.status_code == 404
    assert "gives no picture" in answer.json()["error"]
    assert "/generate.png" not in (await api.get("/openapi.json")).json()["paths"]


@pytest.mark.parametrize(
    "body",
    [
        {"z": [Z]},
        {"z": {str(index): number for index, number in enumerate(Z)}},
        {"z": [{str(index): number for index, number in enumerate(Z)}], "truncation": "0.8"},
        json.dumps({"z": Z, "truncation": " 8e-1 ".strip()}),
    ],
    ids=["batch", "typed", "both", "twice"],
)
async def test_shapes_that_clients_make_by_mistake_are_read(
    api: httpx.AsyncClient, body: Any
) -> None:
    plain = await api.post("/query", json={"z": Z, "truncation": 0.8})
    answer = await api.post("/query", json=body)
    assert (answer.status_code, answer.content) == (200, plain.content)


async def test_forms_are_read(api: httpx.AsyncClient) -> None:
    plain = await api.post("/query", json={"seed": 1, "truncation": 0.5})
    data = {"seed": "1", "psi": "0.5"}
    files = {"json": (None, json.dumps({"seed": 1})), "truncation": (None, ".5")}
    for answer in (
        await api.post("/query", data=data),
        await api.post("/query", files=files),  # type: ignore[arg-type]
    ):
        assert (answer.status_code, answer.content) == (200, plain.content)


WRONG = [
    ('{"z": [' + "NaN," * 511 + "NaN]}", "z"),
    ('{"z": [' + "Infinity," * 511 + "Infinity]}", "z"),
    ('{"z": [' + "1e999," * 511 + "1e999]}", "z"),
    ('{"z": [' + "1e39," * 511 + "1e39]}", "z"),
    (json.dumps({"z": Z[1:]}), "z"),
    (json.dumps({"z": [*Z, 0]}), "z"),
    ('{"z": []}', "z"),
    (json.dumps({"z": [Z, Z]}), "z"),
    (json.dumps({"z": [[[1]]]}), "z"),
    (json.dumps({"z": [True, *Z[1:]]}), "z"),
    (json.dumps({"z": [None, *Z[1:]]}), "z"),
    (json.dumps({"z": ["1", *Z[1:]]}), "z"),
    (json.dumps({"z": [[1], *Z[1:]]}), "z"),
    (json.dumps({"z": [{}, *Z[1:]]}), "z"),
    (json.dumps({"z": [10**40, *Z[1:]]}), "z"),
    ('{"z": 1}', "z"),
    ('{"z": "0,0,0"}', "z"),
    ('{"z": {"0": 1}}', "z"),
    ("{}", "z"),
    ('{"z": null}', "z"),
    ('{"seed": 1, "truncation": "0.8.1"}', "truncation"),
    ('{"seed": 1, "truncation": true}', "truncation"),
    ('{"seed": 1, "truncation": NaN}', "truncation"),
    ('{"seed": 1, "truncation": -Infinity}', "truncation"),
    ('{"seed": 1, "truncation": 1e999}', "truncation"),
    ('{"seed": 1, "truncation": [1]}', "truncation"),
    ('{"seed": 1.5}', "seed"),
    ('{"seed": -1}', "seed"),
    ('{"seed": ' + "9" * 400 + "}", "seed"),
    ('{"seed": 1, "format": "TIFF"}', "format"),
    ('{"seed": 1, "format": 3}', "format"),
]


@pytest.mark.parametrize(("body", "name"), WRONG, ids=[body[:24] for body, _ in WRONG])
async def test_a_wrong_input_is_named_in_a_400(
    api: httpx.AsyncClient, body: str, name: str
) -> None:
    answer = await api.post("/query", content=body)
    assert (answer.status_code, answer.json()["input"]) == (400, name)
    assert f"'{name}'" in answer.json()["error"]
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b'{"z": [0.1, }',
        b"{'z': 1}",
        b'{"seed": 1} trailing',
        b'{"seed": 01}',
        b'{"seed": "\xff\xfe"}',
        b'{"\xc0\xaf": 1}',
        b'{"seed": "\\ud800"}',
        b"\x00\x01\x02",
        "{}".encode("utf-16"),
        b"[1]",
        b"null",
        b'"seed"',
        b"1",
        b'{"z": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"z": ' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
        b'{"z": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    ],
    ids=lambda body: body[:16],
)
async def test_a_body_that_is_no_json_object_is_a_400(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/query", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
ALMOST = st.dictionaries(st.sampled_from(["z", "truncation", "seed", "format"]), JSON)


@given(ALMOST.map(json.dumps).map(str.encode) | st.binary(max_size=50))
async def test_any_body_is_answered_or_refused(body: bytes) -> None:
    answer = await client(FakeEngine(Gradient())).post("/query", content=body)
    assert answer.status_code in (200, 400)
    assert ("image" in answer.json()) == (answer.status_code == 200)


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Busy("256 requests wait already."), 429, "1"),
        (Unavailable("It starts again.", 2.5), 503, "3"),
        (ModelFailed("no such luck"), 500, None),
        (ZeroDivisionError("a secret"), 500, None),
    ],
)
@pytest.mark.parametrize("path", ["/query", "/generate.png"])
async def test_trouble_has_its_status_and_says_when_to_come_again(
    engine: FakeEngine, error: Exception, status: int, retry_after: str | None, path: str
) -> None:
    engine.raises = error
    method = "POST" if path == "/query" else "GET"
    answer = await client(engine).request(method, path, content='{"seed":1}')
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == retry_after
    assert answer.headers["access-control-allow-origin"] == "*"
    assert isinstance(answer.json()["error"], str)
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 404),
        ("POST", "/query/info", 404),
        ("GET", "/nothing", 404),
        ("GET", "/query", 405),
        ("POST", "/info", 405),
        ("PUT", "/query", 405),
        ("DELETE", "/data", 405),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/generate.gif", 404),
    ],
)
async def test_a_wrong_path_or_method_is_told_as_json_and_never_redirected(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path, json={"z": Z})
    assert answer.status_code == status
    assert path.replace("%2e", ".") in answer.json()["error"]
    assert answer.headers["access-control-allow-origin"] == "*"
    if status == 405:
        assert answer.headers["allow"]


async def test_head_answers_like_get_without_a_body(api: httpx.AsyncClient) -> None:
    for path in ("/info", "/data", "/error", "/healthz", "/openapi.json"):
        head, get = await api.head(path), await api.get(path)
        assert head.status_code == 200
        assert head.headers["content-length"] == str(len(get.content))


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/nothing"), ("POST", "/")])
@pytest.mark.parametrize(
    "asked", ["content-type,cache-control", "pragma, x-requested-with", "x-anything-at-all"]
)
async def test_a_preflight_passes_on_every_path_with_any_headers(
    api: httpx.AsyncClient, method: str, path: str, asked: str
) -> None:
    headers = {
        "origin": "https://editor.p5js.org",
        "access-control-request-method": method,
        "access-control-request-headers": asked,
        "access-control-request-private-network": "true",
    }
    answer = await api.options(path, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://editor.p5js.org"
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert answer.headers["access-control-max-age"] == "86400"
    methods = set(answer.headers["access-control-allow-methods"].split(", "))
    assert {"GET", "POST", "DELETE", "OPTIONS"} <= methods
    assert answer.headers["access-control-allow-headers"] == asked


@pytest.mark.parametrize("asked", [None, "", "a b", "x" * 2000, "a;b", "a,,b", "é"])
async def test_a_preflight_that_asks_for_no_headers_or_nonsense_gets_the_usual_ones(
    api: httpx.AsyncClient, asked: str | None
) -> None:
    headers = {} if asked is None else {"access-control-request-headers": asked.encode()}
    answer = await api.options("/query", headers=headers)  # type: ignore[arg-type]
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    assert {"Content-Type", "Accept", "Authorization", "Cache-Control"} <= allowed
    assert "X-Runway-Output-Format" in allowed


@pytest.mark.parametrize("origin", ["null", "https://editor.p5js.org", "file://"])
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_may_be_read_by_pages_of_any_origin(
    api: httpx.AsyncClient, origin: str, method: str, path: str
) -> None:
    answer = await api.request(method, path, json={"seed": 1}, headers={"origin": origin})
    assert answer.status_code == 200
    assert answer.headers.get_list("access-control-allow-origin") == [origin]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    plain = await api.request(method, path, json={"seed": 1})
    assert plain.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in plain.headers


async def test_what_is_not_a_number_becomes_null_in_an_answer() -> None:
    engine = FakeEngine(Troubled())
    engine.running["fake"].last_output = {"mean": math.nan, "said": "é"}
    answer = await client(engine).get("/data")
    assert answer.content == b'{"mean":null,"said":"\\u00e9"}'
