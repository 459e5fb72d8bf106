"""Engine.IO clients for tests, which show every packet on the wire."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from taxiway.servers.socketio.engineio_payload import Version, read, write


class Polling:
    """Polls; `packet` is the next one, asked for as needed."""

    def __init__(self, http: httpx.AsyncClient, version: Version) -> None:
        self.http = http
        self.version = version
        self.query = {"EIO": str(version), "transport": "polling"}
        self.packets: deque[str] = deque()

    async def greet(self) -> dict[str, Any]:
        """Shake hands and connect; the first packet without its digit."""
        await self.poll()
        first: dict[str, Any] = json.loads(self.packets.popleft().removeprefix("0"))
        self.query["sid"] = first["sid"]
        if self.version == 4:
            await self.send("40")
        assert (await self.packet()).startswith("40")
        return first

    async def get(self) -> httpx.Response:
        return await self.http.get("/socket.io/", params=self.query)

    async def post(self, body: bytes) -> httpx.Response:
        return await self.http.post("/socket.io/", params=self.query, content=body)

    async def poll(self) -> None:
        answer = await self.get()
        assert answer.status_code == 200, answer.text
        self.packets += read(self.version, answer.content)

    async def packet(self) -> str:
        """The next packet that says something."""
        while True:
            while not self.packets:
                await self.poll()
            if (packet := self.packets.popleft()) not in ("2", "6"):
                return packet

    async def send(self, *packets: str) -> None:
        """Send ASCII packets in one body."""
        answer = await self.post(write(self.version, packets).encode())
        assert (answer.status_code, answer.text) == (200, "ok")

    async def event(self) -> tuple[str, Any]:
        """The name and argument of the next event."""
        return event_of(await self.packet())

    async def ask(self, inputs: Any) -> None:
        await self.send("42" + json.dumps(["query", inputs]))


class Socket:
    """A WebSocket; `packet` is the next one that is no ping."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def packet(self) -> str:
        while True:
            packet = await asyncio.wait_for(self.socket.recv(), 60)
            assert isinstance(packet, str)
            if packet != "2":
                return packet

    async def event(self) -> tuple[str, Any]:
        """The name and argument of the next event."""
        return event_of(await self.packet())

    async def ask(self, inputs: Any) -> None:
        await self.socket.send("42" + json.dumps(["query", inputs]))


def event_of(packet: str) -> tuple[str, Any]:
    assert packet.startswith("42"), packet
    name, argument = json.loads(packet[2:])
    return name, argument


@contextlib.asynccontextmanager
async def socket(address: str, version: Version = 4, **options: Any) -> AsyncIterator[Socket]:
    """A connected client that only ever uses a WebSocket, after its `info`."""
    url = f"ws://{address}/socket.io/?EIO={version}&transport=websocket"
    async with connect(url, max_size=None, **options) as opened:
        client = Socket(opened)
        assert (await client.packet()).startswith("0{")
        if version == 4:
            await opened.send("40")
        assert (await client.packet()).startswith("40")
        assert (await client.event())[0] == "info"
        yield client


async def until(condition: Callable[[], bool]) -> None:
    """Let the servers work until it holds."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)
