"""Socket.IO behind the guard: pages ask it with credentials, and only those that may."""

from typing import cast

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from interop.broadcasting import BroadcastingEngine
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.servers.socketio.server import SocketIo
from taxiway.web.application import application
from taxiway.web.listen import Listener

HANDSHAKE = "/socket.io/?EIO=3&transport=polling"


def listener(config: Config) -> Listener:
    server = SocketIo(cast(Engine, BroadcastingEngine()), lambda: "fake")
    return Listener(application(server.routes(), config), config)


@pytest.mark.parametrize("origin", ["https://editor.p5js.org", "null"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
async def test_a_page_may_ask_with_credentials(origin: str, method: str) -> None:
    async with listener(Config(port=0)) as server, httpx.AsyncClient(timeout=60) as http:
        answer = await http.request(method, server.url + HANDSHAKE, headers={"Origin": origin})
    assert answer.headers.get_list("access-control-allow-origin") == [origin]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"


async def test_other_origins_are_refused_on_both_transports_where_they_are_named() -> None:
    config = Config(port=0, allowed_origins=("https://ok.example",))
    socket = f"{HANDSHAKE.removesuffix('polling')}websocket"
    async with listener(config) as server, httpx.AsyncClient(timeout=60) as http:
        for origin, status in (("https://ok.example", 200), ("https://evil.example", 403)):
            headers = {"Origin": origin}
            assert (await http.get(server.url + HANDSHAKE, headers=headers)).status_code == status
        url = server.url.replace("http", "ws") + socket
        async with connect(url, origin="https://ok.example"):  # type: ignore[arg-type]
            pass
        with pytest.raises(InvalidStatus):
            await connect(url, origin="https://evil.example")  # type: ignore[arg-type]


async def test_a_photo_passes_a_websocket() -> None:
    async with listener(Config(port=0)) as server:
        url = server.url.replace("http", "ws") + HANDSHAKE.replace("polling", "websocket")
        async with connect(url, max_size=None) as client:
            for _ in range(3):
                await client.recv()
            await client.send('42["query",{"text":"%s"}]' % ("x" * 5_000_000))
            assert len(await client.recv()) > 5_000_000
