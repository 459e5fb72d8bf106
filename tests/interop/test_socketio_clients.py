"""socket.io-client of five generations, as npm has it, over every transport."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from interop.broadcasting import ECHO, Served, socket_io
from interop.node import run
from taxiway.servers.socketio.engineio_session import Timing

CLIENTS = ["sio1", "sio20", "sio23", "sio3", "sio4"]
TRANSPORTS = {"polling": "polling", "websocket": "websocket", "both": "websocket"}


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with socket_io() as served:
        yield served


@pytest.mark.parametrize("transports", TRANSPORTS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.smoke
async def test_a_sketch_of_any_age_plays(server: Served, client: str, transports: str) -> None:
    seen = await run("socketio_client.js", client, transports, f"http://{server.address}")
    assert seen == {
        "infos": 1,
        "info": ECHO.describe(),
        "first": {"text": "at once"},
        "transport": TRANSPORTS[transports],
        "text": True,
        "big": True,
        "error": {"error": "'text' takes text, got a number."},
        "ack": {"text": "ack"},
        "overheard": {"text": "for all"},
        "twenty": [str(i) for i in range(20)],
    }


@pytest.mark.parametrize("transports", ["polling", "websocket"])
async def test_clients_of_all_ages_rest_and_stay_connected(transports: str) -> None:
    # Who says nothing for that long is forgotten; less than this many clients may need to start.
    async with socket_io(Timing(interval=0.2, timeout=5)) as server:
        url = f"http://{server.address}"
        resting = [run("socketio_client.js", name, transports, url, "7") for name in CLIENTS]
        for seen in await asyncio.gather(*resting):
            assert "trouble" not in seen
            assert seen["late"] == {"text": "still here"}
