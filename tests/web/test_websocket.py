"""Nobody keeps a connection by not reading."""

import asyncio
import socket

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from session_fakes import served
from taxiway.web import websocket


async def talk_and_leave(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "bytes": bytes(16 * 2**20)})


def small_window() -> socket.socket:
    """A socket that takes little at a time."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return opened


async def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "GRACE_SECONDS", 0.05)
    connections: set[object] = set()
    async with served(talk_and_leave, connections) as port:
        opened = small_window()
        opened.connect(("127.0.0.1", port))
        async with connect(f"ws://127.0.0.1:{port}", sock=opened, max_size=None) as client:
            client.transport.pause_reading()
            assert len(connections) == 1
            while connections:
                await asyncio.sleep(0)
            client.transport.abort()


async def test_a_client_that_reads_gets_everything_first() -> None:
    async with (
        served(talk_and_leave) as port,
        connect(f"ws://127.0.0.1:{port}", max_size=None) as client,
    ):
        assert len(await client.recv()) == 16 * 2**20
        await client.wait_closed()
