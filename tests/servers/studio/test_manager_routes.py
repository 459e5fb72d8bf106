"""The manager over HTTP: who may use it, and what it says."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config
from taxiway.model_servers import ModelServers

CONFIG = Config(port=0, socketio_port=None, osc_port=None, hub_port=None)


@pytest.fixture
async def model_servers() -> AsyncIterator[ModelServers]:
    async with app.serving(CONFIG, [catalog.card("painter")], {}) as model_servers:
        yield model_servers


@pytest.fixture
async def client(model_servers: ModelServers) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {model_servers.tokens.own}"}
    url = model_servers.running()[0].url
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        yield client


async def test_the_desk_lists_models_places_and_chains(client: httpx.AsyncClient) -> None:
    await client.get("/info")
    manager = (await client.get("/studio/api/desk")).json()
    assert {"rainbow", "painter"} <= {card["name"] for card in manager["models"]}
    (model,) = manager["running"]
    assert (model["name"], model["slot"], model["state"]) == ("painter", 0, "running")
    assert model["url"] == str(client.base_url).rstrip("/")
    assert [field["name"] for field in model["info"]["outputs"]] == ["image"]
    assert manager["chains"] == []


ROUTES = [
    ("GET", "/studio/api/desk", None),
    ("POST", "/studio/api/running", {"model": "rainbow"}),
    ("DELETE", "/studio/api/running/painter", None),
    ("POST", "/studio/api/opened", {"upload": "0"}),
    ("POST", "/studio/api/chains", {"source": "painter", "target": "painter"}),
    ("DELETE", "/studio/api/chains", {"source": "painter", "target": "painter"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": "Bearer wrong"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_without_token_or_from_another_page_nothing_changes(
    client: httpx.AsyncClient,
    model_servers: ModelServers,
    headers: Any,
    method: str,
    path: str,
    body: Any,
) -> None:
    answer = await client.request(method, path, json=body, headers=headers)
    assert answer.status_code == 403
    assert [model.name for model in model_servers.running()] == ["painter"]
    assert model_servers.chains.links == []


async def test_preflights_of_the_desk_open_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.options("/studio/api/running", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/studio/api/running", {"model": "nope"}, 404, "No model named 'nope'"),
        ("POST", "/studio/api/running", {"model": 3}, 400, "Expected `str`, got `int`"),
        ("POST", "/studio/api/running", None, 400, "The body is not"),
        ("DELETE", "/studio/api/running/nope", None, 404, "No model named 'nope' runs"),
        ("POST", "/studio/api/chains", {"source": "painter"}, 400, "target"),
        ("POST", "/studio/api/chains", {"source": "x", "target": "painter"}, 404, "'x' runs"),
        ("DELETE", "/studio/api/chains", {"source": "a", "target": "b"}, 404, "does not feed"),
    ],
)
async def test_what_cannot_be_done_is_said(
    client: httpx.AsyncClient, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answer = await client.request(method, path, json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


async def test_a_model_is_started_and_stopped(
    client: httpx.AsyncClient, model_servers: ModelServers
) -> None:
    own = {"origin": str(client.base_url).rstrip("/")}
    model = (
        await client.post("/studio/api/running", json={"model": "rainbow"}, headers=own)
    ).json()
    assert (model["name"], model["slot"]) == ("rainbow", 1)
    assert (await client.get(f"{model['url']}/healthz")).json()["model"] == "rainbow"
    # A page may shut the model_server it came by.
    answer = await client.delete(f"{model['url']}/studio/api/running/rainbow")
    assert (answer.status_code, answer.json()) == (200, {})
    assert [model.name for model in model_servers.running()] == ["painter"]
