"""Places for connections: pages of other origins do not lock the owner out."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from servers.sockets import Line, line
from taxiway.core.config import Config
from taxiway.servers.socketio import engineio
from taxiway.servers.socketio.engineio import MOST_OF_AN_ORIGIN, MOST_SESSIONS, EngineIo
from taxiway.servers.socketio.engineio_session import Session
from taxiway.web.application import application
from taxiway.web.listen import Listener

EVIL = "https://evil.example"
FEW = Config(port=0, connections_per_client=8, connections_per_origin=4, own_connections=2)
UPGRADE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
SESSIONS = MOST_SESSIONS // 8
PATH = "/socket.io/?EIO=4&transport="


class Deaf:
    """Speaks nothing over Engine.IO."""

    def opened(self, session: Session) -> None: ...

    def received(self, session: Session, text: str) -> None: ...

    def closed(self, session: Session) -> None: ...


@pytest.fixture(params=["auto", "h11"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    sockets = EngineIo(Deaf(), most_sessions=SESSIONS)
    app = application(sockets.routes("/socket.io"), FEW)
    async with Listener(app, FEW, request.param) as listener:
        yield listener.port
        sockets.close()


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """One request, whole."""
    headers["Content-Length"] = str(len(body))
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


async def socket(own: Line, origin: str | None = None) -> int:
    """Open a WebSocket; the status of the answer."""
    more = {"Origin": origin} if origin else {}
    return (await own.ask(request("GET", f"{PATH}websocket", **UPGRADE, **more))).status


async def test_idle_sockets_of_other_pages_go_for_the_owners(port: int) -> None:
    async with contextlib.AsyncExitStack() as lines:
        idle = [await lines.enter_async_context(line(port)) for _ in range(4)]
        for own in idle:
            assert await socket(own, EVIL) == 101
        # A fifth of that origin takes the place of the one that has been idle longest.
        fifth = await lines.enter_async_context(line(port))
        assert await socket(fifth, EVIL) == 101
        assert (await idle[0].rest()) is not None
        # Others have places of their own, but not all.
        for number in range(4):
            other = await lines.enter_async_context(line(port))
            assert await socket(other, f"https://{number}.example") == 101
        for _ in range(4):
            owner = await lines.enter_async_context(line(port))
            assert await socket(owner) == 101


async def test_where_all_are_the_owners_the_next_is_told_to_come_again(port: int) -> None:
    async with contextlib.AsyncExitStack() as lines:
        for _ in range(8):
            own = await lines.enter_async_context(line(port))
            assert await socket(own) == 101
        late = await lines.enter_async_context(line(port))
        assert (await late.reply()).status == 429


async def test_polling_sessions_of_other_pages_do_not_take_all_places(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_OF_AN_ORIGIN * 5 > MOST_SESSIONS
    monkeypatch.setattr(engineio, "MOST_OF_AN_ORIGIN", MOST_OF_AN_ORIGIN // 8)
    async with line(port) as own:
        for number in range(SESSIONS + 8):
            origin = {"Origin": f"https://{number % 5}.example"}
            greeting = request("GET", f"{PATH}polling", Host="localhost", **origin)
            answer = await own.ask(greeting)
            assert answer.status == 200
            # It comes back once, as a client does that means to stay.
            sid = answer.body.partition(b'"sid":"')[2].partition(b'"')[0].decode()
            words = request("POST", f"{PATH}polling&sid={sid}", b"40", Host="localhost", **origin)
            assert (await own.ask(words)).status == 200
        mine = await own.ask(request("GET", f"{PATH}polling", Host="localhost"))
        assert mine.status == 200
