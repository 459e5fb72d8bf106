"""A page of the studio in Python, for tests: speaks the wire on a real socket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import httpx
import numpy as np
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from websockets.asyncio.client import ClientConnection, connect

from session_fakes import served
from taxiway.core.config import Config
from taxiway.core.frame import Mark
from taxiway.live.session import LiveSession
from taxiway.live.tiles import Wanted
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio import routes as frames
from taxiway.servers.studio.binary_messages import Head
from taxiway.web.application import application
from taxiway.web.powers import Tokens

TOKEN = "a-token"
PLAYERS = "a-players-token"
TOKENS = Tokens(PLAYERS, TOKEN)
Binary = tuple[Head, bytes]
Words = dict[str, Any]


class Page:
    """One open socket. `ack` is whether frames are acknowledged as they are read."""

    def __init__(self, socket: ClientConnection, ack: bool = True) -> None:
        self.socket = socket
        self.ack = ack

    async def read(self) -> Binary | Words:
        message = await self.socket.recv()
        if isinstance(message, str):
            return json.loads(message)
        head, payload = binary_messages.unpack(message)
        if head.kind == binary_messages.FRAME and self.ack:
            await self.socket.send(binary_messages.write_acknowledgement(head.number))
        return head, payload

    async def until(self, found: Callable[[Any], bool]) -> Any:
        """The first message for which `found` is true; those before it are let go."""
        while True:
            message = await self.read()
            with contextlib.suppress(KeyError, TypeError, AttributeError, IndexError):
                if found(message):
                    return message

    async def word(self, type: str) -> Words:
        return await self.until(lambda message: message["type"] == type)

    async def binary(self, kind: int, **fields: Any) -> Binary:
        return await self.until(
            lambda message: (
                message[0].kind == kind
                and all(getattr(message[0], name) == value for name, value in fields.items())
            )
        )

    async def frame(self, **fields: Any) -> Binary:
        return await self.binary(binary_messages.FRAME, **fields)

    async def say(self, type: str, **words: Any) -> None:
        await self.socket.send(json.dumps({"type": type, **words}))

    async def set_vector(self, numbers: np.ndarray, seq: int = 1, time: float = 0.0) -> None:
        await self.socket.send(binary_messages.write_set(Mark(seq, time), "z", numbers))

    async def want(self, **place: Any) -> None:
        whole = {"field_seed": 7, "level": 0, "i": 0, "j": 0, "similarity": 0.5, "request": 1}
        await self.socket.send(binary_messages.write_wanted(Wanted(**{**whole, **place})))

    async def closing(self) -> tuple[int | None, str | None]:
        """Read to the end; its close code and reason."""
        with contextlib.suppress(Exception):
            while True:
                await self.socket.recv()
        await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason


class Studio:
    """A stage's socket on a real port."""

    def __init__(self, port: int) -> None:
        self.port = port

    @contextlib.asynccontextmanager
    async def page(self, ack: bool = True, **options: Any) -> AsyncIterator[Page]:
        async with self.socket(**options) as socket:
            yield Page(socket, ack)

    def socket(
        self, origin: str | None = "own", subprotocols: tuple[str, ...] | None = None
    ) -> connect:
        return connect(
            f"ws://127.0.0.1:{self.port}{frames.PATH}",
            origin=f"http://127.0.0.1:{self.port}" if origin == "own" else origin,  # type: ignore[arg-type]
            subprotocols=subprotocols or (frames.PROTOCOL, f"token.{TOKEN}"),  # type: ignore[arg-type]
        )


@contextlib.asynccontextmanager
async def studio(session: LiveSession, **options: Any) -> AsyncIterator[Studio]:
    """Serve the socket of `session`; `options` go to `frames.routes`."""
    app = Starlette(routes=frames.routes(session, TOKENS, **options))
    async with served(app) as port:
        yield Studio(port)


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)


def client_of(routes: Iterable[BaseRoute], token: str) -> httpx.AsyncClient:
    """A client of these routes alone, which were made with TOKENS."""
    transport = httpx.ASGITransport(application(list(routes), Config()))
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)
