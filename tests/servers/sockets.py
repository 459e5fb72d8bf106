"""A whole server in this process, and a client that sends whatever bytes it likes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from starlette.types import ASGIApp

from servers.fakes import FakeEngine
from taxiway.core.config import Config
from taxiway.servers.http.routes import routes
from taxiway.web.application import application
from taxiway.web.listen import Listener
from toys import Gradient

PATIENCE = 60
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /query HTTP/1.1\r\nHost: localhost\r\n"


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


class Line:
    """One TCP connection. Every wait has an end, so that a server that hangs fails the test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), PATIENCE)

    async def reply(self) -> Reply:
        """The next answer on this connection."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        length = int(headers.get("content-length", 0))
        body = await asyncio.wait_for(self.reader.readexactly(length), PATIENCE)
        return Reply(int(first.split()[1]), headers, body)

    async def ask(self, data: bytes) -> Reply:
        await self.send(data)
        return await self.reply()

    async def rest(self) -> bytes:
        """What still comes until the server closes or resets the connection."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        return b""


@contextlib.asynccontextmanager
async def line(port: int, host: str = "127.0.0.1") -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


async def ask(port: int, data: bytes, host: str = "127.0.0.1") -> Reply:
    """One request on a connection of its own."""
    async with line(port, host) as own:
        return await own.ask(data)


def model(config: Config) -> ASGIApp:
    """The model's routes behind the guard."""
    engine: Any = FakeEngine(Gradient())
    return application(routes(engine, lambda: "fake"), config)


@contextlib.asynccontextmanager
async def listening(
    app: ASGIApp | None = None, parser: str = "auto", **config: Any
) -> AsyncIterator[int]:
    """Serve `app` (or the model) on a free port; the block gets the port."""
    settings = Config(**{"port": 0, **config})
    async with Listener(app or model(settings), settings, parser) as listener:
        yield listener.port
