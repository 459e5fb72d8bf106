"""uvicorn's WebSocket connection, which also ends when nobody reads it."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

GRACE_SECONDS = 5.0


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """A connection is cut 5 seconds after the application has left it.

    uvicorn closes it then, but only once all was sent: a client that does not read would keep the
    socket and what waits in its buffer for ever.
    """

    transport: asyncio.Transport
    on_data: Callable[[], None] = staticmethod(lambda: None)
    on_lost: Callable[[], None] = staticmethod(lambda: None)

    def data_received(self, data: bytes) -> None:
        self.on_data()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.on_lost()
        super().connection_lost(exc)

    async def send(self, message: "ASGISendEvent") -> None:
        await super().send(message)
        # uvicorn takes a refusal with a body for no answer, and logs that.
        self.handshake_complete = self.handshake_complete or self.close_sent

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self.loop.call_later(GRACE_SECONDS, self.transport.abort)
