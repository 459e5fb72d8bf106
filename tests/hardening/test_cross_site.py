"""What a page of another site can do to a running Taxiway: ask its models, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hardening.doors import address, listener_of, routes_of
from servers.sockets import line
from taxiway.core.config import Config
from taxiway.gates import Gates
from taxiway.servers import frames, hub

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
    "/healthcheck": {"GET", "HEAD"},
    "/openapi.json": {"GET", "HEAD"},
    "/generate.png": {"GET", "HEAD"},
    "/generate.jpg": {"GET", "HEAD"},
}
"""Any page may ask a model, as it could with Runway. A new line here is a decision."""
READING = {"/": {"GET", "HEAD"}, "/studio/{path:path}": {"GET", "HEAD"}}
"""Served to anyone, but no other page gets to read it."""


UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def state(gates: Gates) -> Any:
    """Everything that somebody could change."""
    places = [(place.name, place.slot, place.state) for place in gates.places()]
    return places, list(gates.chains.links), dict(gates.jobs.records)


@pytest.fixture
async def client(gates: Gates) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=listener_of(gates).url, timeout=30) as client:
        await client.get("/info")
        yield client


async def test_every_route_that_is_not_for_asking_a_model_is_closed_to_other_pages(
    gates: Gates, client: httpx.AsyncClient
) -> None:
    before = state(gates)
    headers = {"origin": EVIL, "authorization": f"Bearer {gates.token}"}
    closed = 0
    for path, methods in routes_of(listener_of(gates)):
        for method in methods - ASKING.get(path, set()) - READING.get(path, set()):
            for more in (headers, {"origin": "null", **headers}, {"sec-fetch-site": "cross-site"}):
                answer = await client.request(method, address(path), json={}, headers=more)
                assert answer.status_code == 403, (method, path)
                assert "access-control-allow-origin" not in answer.headers
            closed += 1
    assert closed >= 5
    assert state(gates) == before


async def test_asking_a_model_from_another_page_changes_nothing_else(
    gates: Gates, client: httpx.AsyncClient
) -> None:
    before = state(gates)
    for path, methods in {**ASKING, **READING}.items():
        for method in methods:
            headers = {"origin": EVIL, "content-type": "text/plain"}
            body = b'{"seed": 1, "size": 32, "model": "rainbow", "source": "painter"}'
            url = address(path) + "?EIO=4&transport=polling"
            answer = await client.request(method, url, content=body, headers=headers)
            assert answer.status_code < 500
            assert path not in READING or "access-control-allow-origin" not in answer.headers
    assert state(gates) == before


async def test_no_other_page_opens_the_studios_socket_even_with_the_token(gates: Gates) -> None:
    url = listener_of(gates).url.replace("http", "ws") + frames.PATH
    for origin in (EVIL, "null", "http://localhost", "file://"):
        with pytest.raises(InvalidStatus) as caught:
            await connect(
                url,
                origin=origin,  # type: ignore[arg-type]
                subprotocols=[frames.PROTOCOL, f"token.{gates.token}"],  # type: ignore[list-item]
            )
        assert caught.value.response.status_code == 403


async def test_no_page_starts_or_stops_a_model_at_the_hub(gates: Gates) -> None:
    before = state(gates)
    async with hub.listener(gates, Config(), 0) as door, httpx.AsyncClient() as client:
        changing = [
            (method, path)
            for path, methods in routes_of(door)
            for method in methods - {"GET", "HEAD"}
        ]
        assert len(changing) == 3
        for method, path in changing:
            for origin in (EVIL, "null", "file://", door.url):
                url = door.url + address(path)
                answer = await client.request(method, url, json={}, headers={"origin": origin})
                assert answer.status_code == 403, (method, path, origin)
    assert state(gates) == before


async def test_no_door_opens_to_a_name_that_is_not_ours(gates: Gates) -> None:
    """DNS rebinding: a name of the attacker's that leads to this machine."""
    place = gates.places()[0]
    async with hub.listener(gates, Config(), 0) as door:
        for port in (place.port, place.socketio_port, door.port):
            assert port is not None
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
                for path in ("/query", "/studio/socket", "/socket.io/?EIO=4", "/v1/models"):
                    assert await status(port, method, path, upgrade=False) == b"403"
                    # By other methods than GET there is no WebSocket, whoever asks.
                    wanted = b"403" if method == "GET" else b"405"
                    assert await status(port, method, path, upgrade=True) == wanted


async def status(port: int, method: str, path: str, upgrade: bool) -> bytes:
    """The status of the answer to a request under a forged name."""
    head = f"{method} {path} HTTP/1.1\r\nHost: attacker.example:{port}\r\n"
    async with line(port) as own:
        await own.send((head + (UPGRADE if upgrade else "") + "\r\n").encode())
        return (await own.reader.readline()).split()[1]
