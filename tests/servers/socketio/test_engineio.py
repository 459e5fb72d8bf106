"""Engine.IO on real sockets: handshakes, transports, heartbeats, and who is turned away."""

import asyncio
import json
from collections.abc import AsyncIterator
from socket import SO_RCVBUF, SOL_SOCKET
from socket import socket as plain_socket

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from interop.broadcasting import Served, socket_io
from interop.engineio_clients import Polling, Socket, socket, until
from taxiway.core.events import OutputReady
from taxiway.servers.socketio import engineio, engineio_session
from taxiway.servers.socketio.engineio_payload import Version
from taxiway.servers.socketio.engineio_session import Timing

BOTH = pytest.mark.parametrize("version", [3, 4])


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with socket_io() as served:
        yield served


@pytest.fixture
async def http(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=20) as http:
        yield http


@BOTH
async def test_the_handshake_says_what_the_client_needs(
    http: httpx.AsyncClient, version: Version
) -> None:
    client = Polling(http, version)
    answer = await client.get()
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    packet = answer.text if version == 4 else answer.text.partition(":")[2].removesuffix("2:40")
    handshake = json.loads(packet.removeprefix("0"))
    assert len(handshake.pop("sid")) == 20
    assert handshake == {
        "upgrades": ["websocket"],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 8 * 2**20,
    }


@pytest.mark.parametrize(
    ("method", "query", "answer"),
    [
        ("GET", "EIO=4&transport=flash", {"code": 0, "message": "Transport unknown"}),
        ("GET", "EIO=4&transport=polling&sid=x", {"code": 1, "message": "Session ID unknown"}),
        ("POST", "EIO=3&transport=polling&sid=x", {"code": 1, "message": "Session ID unknown"}),
        ("POST", "EIO=4&transport=polling", {"code": 2, "message": "Bad handshake method"}),
        (
            "GET",
            "EIO=2&transport=polling",
            {"code": 5, "message": "Unsupported protocol version"},
        ),
        ("GET", "transport=polling", {"code": 5, "message": "Unsupported protocol version"}),
    ],
)
async def test_what_belongs_to_no_session_is_refused(
    http: httpx.AsyncClient, method: str, query: str, answer: dict[str, object]
) -> None:
    for path in ("/socket.io/", "/socket.io"):
        refused = await http.request(method, f"{path}?{query}")
        assert (refused.status_code, refused.json()) == (400, answer)


@pytest.mark.parametrize("query", ["EIO=4&transport=websocket&sid=x", "EIO=9&transport=websocket"])
async def test_a_websocket_without_a_session_is_refused(server: Served, query: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(f"ws://{server.address}/socket.io/?{query}"):
            pass
    assert caught.value.response.status_code == 400


@BOTH
async def test_polling_goes_over_to_a_websocket(
    server: Served, http: httpx.AsyncClient, version: Version
) -> None:
    client = Polling(http, version)
    first = await client.greet()
    assert (await client.event())[0] == "info"
    hanging = asyncio.create_task(client.get())
    url = f"ws://{server.address}/socket.io/?EIO={version}&transport=websocket&sid={first['sid']}"
    async with connect(url) as opened:
        await opened.send("2probe")
        assert await opened.recv() == "3probe"
        assert (await hanging).text == {3: "1:6", 4: "6"}[version]
        assert (await client.get()).text == {3: "1:6", 4: "6"}[version]
        await client.ask({"text": "on the way"})
        await opened.send("5")
        assert await Socket(opened).event() == ("data", {"text": "on the way"})
        assert (await client.get()).status_code == 400
        with pytest.raises(InvalidStatus):
            await connect(url)


@BOTH
async def test_a_socket_that_is_only_tried_leaves_polling_as_it_was(
    server: Served, http: httpx.AsyncClient, version: Version
) -> None:
    client = Polling(http, version)
    first = await client.greet()
    assert (await client.event())[0] == "info"
    url = f"ws://{server.address}/socket.io/?EIO={version}&transport=websocket&sid={first['sid']}"
    for words in (["hello"], ["2probe", "hello"], ["2probe"]):
        async with connect(url) as opened:
            for word in words:
                await opened.send(word)
    await client.ask({"text": "a"})
    assert await client.event() == ("data", {"text": "a"})


async def test_a_second_poll_ends_the_first(http: httpx.AsyncClient, server: Served) -> None:
    client = Polling(http, 4)
    await client.greet()
    await client.event()
    (session,) = server.socket_io._clients
    polls = session._polls
    first = asyncio.create_task(client.get())
    await until(lambda: session._polls > polls)
    second = asyncio.create_task(client.get())
    assert (await first).text == "6"
    await client.ask({"text": "a"})
    assert (await second).text == '42["data",{"text":"a"}]'


async def test_clients_of_version_3_ask_whether_we_live(server: Served) -> None:
    async with socket(server.address, 3) as client:
        await client.socket.send("2")
        assert await client.packet() == "3"


async def test_clients_of_version_4_are_asked() -> None:
    timing = Timing(interval=0.05, timeout=20)
    async with socket_io(timing) as server, socket(server.address) as client:
        assert await client.socket.recv() == "2"
        await client.socket.send("3")
        assert await client.socket.recv() == "2"


@BOTH
async def test_a_client_that_falls_silent_is_forgotten(version: Version) -> None:
    async with (
        socket_io(Timing(interval=0.3, timeout=0.3)) as server,
        httpx.AsyncClient(base_url=f"http://{server.address}", timeout=20) as http,
        socket(server.address, version) as client,
    ):
        assert (await Polling(http, version).get()).status_code == 200
        await until(lambda: not server.sessions)
        assert await client.packet() == "1"
        with pytest.raises(ConnectionClosed):
            await client.packet()


@BOTH
async def test_a_client_may_say_goodbye(
    http: httpx.AsyncClient, server: Served, version: Version
) -> None:
    client = Polling(http, version)
    await client.greet()
    await client.send("1")
    assert (await client.get()).json()["message"] == "Session ID unknown"
    async with socket(server.address, version) as other:
        await other.socket.send("1")
        assert await other.packet() == "1"
    assert not server.sessions


@BOTH
async def test_a_body_that_is_none_ends_the_session(
    http: httpx.AsyncClient, server: Served, version: Version
) -> None:
    client = Polling(http, version)
    await client.greet()
    refused = await client.post(b"\xff\xfe")
    assert (refused.status_code, refused.json()["code"]) == (400, 3)
    assert not server.sessions


async def test_a_packet_that_is_none_ends_the_session(server: Served) -> None:
    async with socket(server.address) as client:
        await client.socket.send("4nonsense")
        assert await client.packet() == "1"


async def test_a_body_over_the_limit_is_refused_unread(
    http: httpx.AsyncClient, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Polling(http, 4)
    await client.greet()
    monkeypatch.setattr(engineio, "MOST_BYTES", 1000)
    assert (await client.post(b"4" * 1001)).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"4" * 100

    refused = await http.post("/socket.io/", params=client.query, content=chunks())
    assert refused.status_code == 413
    assert (await client.post(b"6" * 1000)).status_code == 200


async def test_a_flood_of_packets_ends_the_session(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engineio_session, "BURST", 20)
    monkeypatch.setattr(engineio_session, "RATE", 0)
    async with socket(server.address) as client:
        for _ in range(21):
            await client.socket.send("6")
        assert await client.packet() == "1"


async def test_a_flood_of_handshakes_drives_out_its_own(
    http: httpx.AsyncClient, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.engineio, "_most", 5)
    client = Polling(http, 3)
    await client.greet()
    await client.event()
    async with socket(server.address) as other:
        for _ in range(20):
            assert (await Polling(http, 3).get()).status_code == 200
        assert len(server.sessions) == 5
        await client.ask({"text": "a"})
        assert await client.event() == await other.event() == ("data", {"text": "a"})


async def test_so_many_clients_and_no_more(
    http: httpx.AsyncClient, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.engineio, "_most", 1)
    async with socket(server.address):
        refused = await Polling(http, 4).get()
        assert (refused.status_code, refused.json()["message"]) == (
            503,
            "There are 1 clients, which is the most.",
        )
        with pytest.raises(InvalidStatus):
            await connect(f"ws://{server.address}/socket.io/?EIO=4&transport=websocket")


def small_window(address: str) -> plain_socket:
    """A connection that takes little at a time."""
    opened = plain_socket()
    opened.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    host, _, port = address.partition(":")
    opened.connect((host, int(port)))
    return opened


async def test_a_stalled_reader_holds_one_picture_and_nobody_else(server: Served) -> None:
    stalled = small_window(server.address)
    async with (
        socket(server.address, sock=stalled, max_queue=1) as slow,
        socket(server.address) as quick,
    ):
        (session, _) = server.socket_io._clients
        slow.socket.transport.pause_reading()
        for number in range(100):
            server.engine.events.emit(OutputReady("fake", {"text": f"{number}" * 150_000}))
            assert (await quick.event())[0] == "data"
        assert len(session.take_all()) == 1
        slow.socket.transport.abort()


async def test_a_reader_that_stalls_for_good_is_cut_off() -> None:
    async with socket_io(Timing(patience=0.2)) as server:
        stalled = small_window(server.address)
        async with socket(server.address, sock=stalled, max_queue=1) as slow:
            slow.socket.transport.pause_reading()
            server.engine.events.emit(OutputReady("fake", {"text": "a" * 10_000_000}))
            await until(lambda: len(next(iter(server.sessions.values()))._newest) == 0)
            server.engine.events.emit(OutputReady("fake", {"text": "b"}))
            await until(lambda: not server.sessions)
            slow.socket.transport.abort()
