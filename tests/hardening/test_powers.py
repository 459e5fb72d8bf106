"""Every route and every event declares who may do it, and that is who may."""

import httpx
import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute
from websockets.asyncio.client import connect

from hardening.doors import address, listener_of, routes_of
from hardening.test_cross_site import ENDLESS
from paths import ROOT
from taxiway.core.config import Config
from taxiway.model_servers import ModelServers
from taxiway.servers.hub import server as hub
from taxiway.servers.osc import server as osc
from taxiway.servers.socketio import server as socketio
from taxiway.servers.studio import json_messages, page_backend, socket
from taxiway.servers.studio import routes as frames
from taxiway.web.powers import Power, power_of

STEPS = {Power.ASK: 0, Power.READ: 0, Power.PLAY: 1, Power.OWN: 2}
"""How much each takes."""
TOLD = {
    "asking": ("/socket.io", "/socket.io/", "/healthcheck", "/meta"),
    "playing": ("/studio/socket",),
}
"""Powers as docs/control.md has them, and routes that it tells of in other words."""
FAR = {"x-forwarded-for": "203.0.113.7"}


def tokens(model_servers: ModelServers) -> list[str]:
    """What people have: nothing, the player's token, the owner's."""
    return ["", model_servers.tokens.play, model_servers.tokens.own]


def declared(routes: list[BaseRoute]) -> list[tuple[BaseRoute, Power]]:
    """Routes with what they declare; one that declares nothing is an error."""
    found = [(route, power_of(route)) for route in routes]
    assert [route for route, power in found if power is None] == []
    return [(route, power) for route, power in found if power is not None]


async def test_every_route_is_for_whom_it_says(model_servers: ModelServers) -> None:
    seen = set()
    async with httpx.AsyncClient(base_url=listener_of(model_servers).url, timeout=60) as client:
        await client.get("/info")
        for route, power in declared(routes_of(listener_of(model_servers))):
            if not isinstance(route, Route) or route.path in ENDLESS:
                continue
            for method in sorted(route.methods or ()):
                for has, token in enumerate(tokens(model_servers)):
                    if has >= STEPS[power] > 0 and (method == "DELETE" or has == 2):
                        continue  # what it then does is the business of other tests
                    headers = {"authorization": f"Bearer {token}"} if token else {}
                    answer = await client.request(method, address(route.path), headers=headers)
                    is_refused = answer.status_code == 403
                    assert is_refused is (has < STEPS[power]), (method, route.path, has)
                    seen.add((power, is_refused))
    assert {(Power.ASK, False), (Power.READ, False), (Power.PLAY, True), (Power.OWN, True)} <= seen


async def test_the_page_for_people_names_every_route_that_is_not_the_owners(
    model_servers: ModelServers,
) -> None:
    lines = (ROOT / "docs" / "control.md").read_text("utf-8").splitlines()
    table = {power: next(x for x in lines if x.startswith(f"| {power} |")) for power in TOLD}
    named = {Power.ASK: "asking", Power.PLAY: "playing"}
    for route, power in declared(routes_of(listener_of(model_servers))):
        path = str(getattr(route, "path", ""))
        if power in named and path not in ("/", "/{command}", *TOLD[named[power]]):
            known = table[named[power]]
            assert f"`{path}`" in known or f" {path}`" in known or path == "/generate.jpg", path


async def test_a_player_is_told_what_the_owner_may(model_servers: ModelServers) -> None:
    async with httpx.AsyncClient(base_url=listener_of(model_servers).url, timeout=60) as client:
        headers = {"authorization": f"Bearer {model_servers.tokens.play}"}
        answer = await client.get("/studio/api/jobs", headers=headers)
        assert (answer.status_code, "--owner-link" in answer.json()["error"]) == (403, True)
        assert (await client.get("/studio/api/desk", headers=headers)).status_code == 200


def test_every_message_of_the_studios_socket_says_what_it_takes() -> None:
    said = set(socket.Said.__args__)
    assert set(socket.POWERS) == said
    assert {kind for kind, power in socket.POWERS.items() if power is Power.OWN} == {
        json_messages.ModelAction
    }


@pytest.mark.parametrize("owns", [False, True])
async def test_only_the_owners_page_puts_a_model_to_sleep(
    model_servers: ModelServers, owns: bool
) -> None:
    listener = listener_of(model_servers)
    token = model_servers.tokens.own if owns else model_servers.tokens.play
    url = listener.url.replace("http", "ws") + frames.PATH
    words = [frames.PROTOCOL, f"token.{token}"]
    async with connect(url, origin=listener.url, subprotocols=words) as page:  # type: ignore[arg-type]
        await page.send('{"type": "model", "action": "stop"}')
        wanted = "asleep" if owns else "--owner-link"
        async for message in page:
            if isinstance(message, str) and wanted in message:
                break
    assert (model_servers.running()[0].state == "asleep") is owns


def test_the_events_of_socket_io_and_osc_say_what_they_take() -> None:
    assert socketio.POWERS == {"query": Power.ASK, "cancel": Power.ASK, "job": Power.OWN}
    assert {name for name, power in osc.POWERS.items() if power is Power.OWN} == {"/job"}


async def test_the_hub_is_for_programs_on_this_machine(model_servers: ModelServers) -> None:
    before = [(place.name, place.state) for place in model_servers.running()]
    async with (
        hub.listener(model_servers, Config(), 0) as door,
        httpx.AsyncClient(timeout=60) as client,
    ):
        for route, power in declared(routes_of(door)):
            assert isinstance(route, Route)
            for method in route.methods or ():
                url = door.url + address(route.path)
                answer = await client.request(method, url, json={}, headers=FAR)
                assert (answer.status_code == 403) is (power is Power.OWN), (method, route.path)
    assert [(place.name, place.state) for place in model_servers.running()] == before


async def test_the_socket_is_for_players_and_the_sdks_for_anyone(
    model_servers: ModelServers,
) -> None:
    found = declared(routes_of(listener_of(model_servers)))
    sockets = {route.path: power for route, power in found if isinstance(route, WebSocketRoute)}
    assert sockets == {
        frames.PATH: Power.PLAY,
        page_backend.PATH: Power.OWN,
        "/": Power.ASK,
        "/socket.io/": Power.ASK,
        "/socket.io": Power.ASK,
    }
