"""A program that speaks OSC, for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

from taxiway.servers.osc.packet import read


class Patch(asyncio.DatagramProtocol):
    """A program that speaks OSC from one port."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.heard.put_nowait(data)

    def say(self, datagram: bytes, to: int) -> None:
        self.transport.sendto(datagram, ("127.0.0.1", to))

    async def receive(self) -> tuple[str, str]:
        """The address and the one string of the next message."""
        (message,) = read(await asyncio.wait_for(self.heard.get(), 60))
        (text,) = message.arguments
        return message.address, text


@contextlib.asynccontextmanager
async def patch() -> AsyncIterator[Patch]:
    loop = asyncio.get_running_loop()
    transport, opened = await loop.create_datagram_endpoint(Patch, local_addr=("127.0.0.1", 0))
    yield opened
    transport.close()
