"""What a page of another site can do to a running Taxiway: ask its models, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hardening.doors import address, http_routes_of, listener_of
from servers.sockets import line
from taxiway.core.config import Config
from taxiway.model_servers import ModelServers
from taxiway.servers.hub import server as hub
from taxiway.servers.studio import routes as frames
from taxiway.servers.studio.page import VERSIONED

EVIL = "https://evil.example"
ASKING = {
    "/query": {"POST"},
    "/{command}": {"GET", "HEAD", "POST"},
    "/socket.io/": {"GET", "HEAD", "POST"},
    "/socket.io": {"GET", "HEAD", "POST"},
    "/data": {"GET", "HEAD"},
    "/error": {"GET", "HEAD"},
    "/info": {"GET", "HEAD"},
    "/meta": {"GET", "HEAD"},
    "/healthz": {"GET", "HEAD"},
    "/readyz": {"GET", "HEAD"},
    "/healthcheck": {"GET", "HEAD"},
    "/openapi.json": {"GET", "HEAD"},
    "/generate.png": {"GET", "HEAD"},
    "/generate.jpg": {"GET", "HEAD"},
    "/frame.jpg": {"GET", "HEAD"},
    "/stream.mjpg": {"GET", "HEAD"},
    "/osc": {"GET", "HEAD"},
}
"""Any page may ask a model, as it could with Runway. A new line here is a decision."""
ENDLESS = ("/stream.mjpg",)
"""Answers that go on for as long as somebody reads."""
READING = {place: {"GET", "HEAD"} for place in ("/", "/output", "/studio/{path:path}", VERSIONED)}
"""Served to anyone, but no other page gets to read it."""


UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def state(model_servers: ModelServers) -> Any:
    """Everything that somebody could change."""
    running = [(model.name, model.slot, model.state) for model in model_servers.running()]
    return running, list(model_servers.chains.links), dict(model_servers.jobs.records)


@pytest.fixture
async def client(model_servers: ModelServers) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=listener_of(model_servers).url, timeout=60) as client:
        await client.get("/info")
        yield client


async def test_every_route_that_is_not_for_asking_a_model_is_closed_to_other_pages(
    model_servers: ModelServers, client: httpx.AsyncClient
) -> None:
    before = state(model_servers)
    headers = {"origin": EVIL, "authorization": f"Bearer {model_servers.tokens.own}"}
    closed = 0
    for path, methods in http_routes_of(listener_of(model_servers)):
        for method in methods - ASKING.get(path, set()) - READING.get(path, set()):
            for more in (headers, {"origin": "null", **headers}, {"sec-fetch-site": "cross-site"}):
                answer = await client.request(method, address(path), json={}, headers=more)
                assert answer.status_code == 403, (method, path)
                assert "access-control-allow-origin" not in answer.headers
            closed += 1
    assert closed >= 5
    assert state(model_servers) == before


async def test_asking_a_model_from_another_page_changes_nothing_else(
    model_servers: ModelServers, client: httpx.AsyncClient
) -> None:
    before = state(model_servers)
    for path, methods in {**ASKING, **READING}.items():
        for method in methods - ({"GET"} if path in ENDLESS else set()):
            headers = {"origin": EVIL, "content-type": "text/plain"}
            body = b'{"seed": 1, "size": 32, "model": "rainbow", "source": "painter"}'
            url = address(path) + "?EIO=4&transport=polling"
            answer = await client.request(method, url, content=body, headers=headers)
            assert answer.status_code < 500
            assert path not in READING or "access-control-allow-origin" not in answer.headers
    assert state(model_servers) == before


async def test_no_other_page_opens_the_studios_socket_even_with_the_token(
    model_servers: ModelServers,
) -> None:
    url = listener_of(model_servers).url.replace("http", "ws") + frames.PATH
    for origin in (EVIL, "null", "http://localhost", "file://"):
        with pytest.raises(InvalidStatus) as caught:
            await connect(
                url,
                origin=origin,  # type: ignore[arg-type]
                subprotocols=[frames.PROTOCOL, f"token.{model_servers.tokens.own}"],  # type: ignore[list-item]
            )
        assert caught.value.response.status_code == 403


async def test_no_page_starts_or_stops_a_model_at_the_hub(
    model_servers: ModelServers, client: httpx.AsyncClient
) -> None:
    before = state(model_servers)
    async with hub.listener(model_servers, Config(), 0) as door:
        changing = [
            (method, path)
            for path, methods in http_routes_of(door)
            for method in methods - {"GET", "HEAD"}
        ]
        assert len(changing) == 3
        for method, path in changing:
            for origin in (EVIL, "null", "file://", door.url):
                url = door.url + address(path)
                answer = await client.request(method, url, json={}, headers={"origin": origin})
                assert answer.status_code == 403, (method, path, origin)
    assert state(model_servers) == before


async def test_no_door_opens_to_a_name_that_is_not_ours(model_servers: ModelServers) -> None:
    """DNS rebinding: a name of the attacker's that leads to this machine."""
    model = model_servers.running()[0]
    async with hub.listener(model_servers, Config(), 0) as door:
        for port in (model.port, model.socketio_port, door.port):
            assert port is not None
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
                for path in ("/query", "/studio/socket", "/socket.io/?EIO=4", "/v1/models"):
                    assert await status(port, method, path, upgrade=False) == b"403"
                    assert await status(port, method, path, upgrade=True) == b"403"


async def status(port: int, method: str, path: str, upgrade: bool) -> bytes:
    """The status of the answer to a request under a forged name."""
    head = f"{method} {path} HTTP/1.1\r\nHost: attacker.example:{port}\r\n"
    async with line(port) as own:
        await own.send((head + (UPGRADE if upgrade else "") + "\r\n").encode())
        return (await own.reader.readline()).split()[1]
