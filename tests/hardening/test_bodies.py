"""What starts, stops and links models takes any body of who may ask, and is never at a loss."""

import json
from typing import Any

import httpx

import fuzz
from hardening.doors import address, http_routes_of, listener_of
from taxiway.core.config import Config
from taxiway.model_servers import ModelServers
from taxiway.servers.hub import server as hub

ODD: list[Any] = [
    None,
    True,
    -1,
    1e308,
    "",
    "x" * 100_000,
    "\ud800",
    "../..",
    [],
    [[]],
    {},
    {"a": 1},
]
FIELDS = (
    *("model", "options", "command", "source", "target", "output", "input", "tool", "inputs"),
    *("modelVersionId", "modelOptions", "providerOptions", "application"),
)
BROKEN = (
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"model": NaN}',
    b'{"model": 1e999}',
    b'{"model": "\xc0\xaf"}',
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
)
ASKED = {"model": "painter", "source": "painter", "target": "painter", "tool": "generate"}
"""Names that are there, so that what stands beside them is looked at."""


def bodies() -> list[bytes]:
    """What is no JSON, and every field with odd values: all of them, or one in five."""
    odd = [{**ASKED, name: value} for name in FIELDS for value in ODD]
    odd = odd if fuzz.whole else odd[::5]
    return [*BROKEN, *(json.dumps(body).encode() for body in [*ODD, *odd])]


async def troubled(client: httpx.AsyncClient, method: str, path: str) -> list[Any]:
    """The bodies at which the server was at a loss."""
    found = []
    for body in bodies():
        answer = await client.request(method, path, content=body)
        sentence = answer.json().get("error") if answer.status_code >= 400 else "fine"
        if answer.status_code >= 500 or not sentence:
            found.append((body[:80], answer.status_code, answer.text[:200]))
    return found


async def test_no_body_leaves_the_desk_at_a_loss(model_servers: ModelServers) -> None:
    listener = listener_of(model_servers)
    headers = {"authorization": f"Bearer {model_servers.tokens.own}"}
    async with httpx.AsyncClient(base_url=listener.url, headers=headers, timeout=60) as client:
        await client.get("/info")
        for path, methods in http_routes_of(listener):
            if path.startswith("/studio/api/"):
                for method in methods & {"POST", "DELETE"}:
                    assert await troubled(client, method, address(path)) == [], (method, path)
        assert (await client.get("/healthz")).json()["status"] == "ok"


async def test_no_body_leaves_the_hub_at_a_loss(model_servers: ModelServers) -> None:
    async with (
        hub.listener(model_servers, Config(), 0) as door,
        httpx.AsyncClient(base_url=door.url, timeout=60) as client,
    ):
        for path, methods in http_routes_of(door):
            for method in methods - {"GET", "HEAD"}:
                assert await troubled(client, method, address(path)) == [], (method, path)
