"""One Engine.IO client over whatever transport it has: what it is to be sent, whether it lives."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from taxiway.servers.socketio.engineio_payload import CLOSE, NOOP, PING, Version
from taxiway.web.rate_limit import RateLimit

MOST_UNSENT = 128
"""Packets that may wait for a client; one with more asks and does not read."""
RATE = 5000
BURST = 10000
"""Packets a second; a sketch that asks again at every answer is not to be stopped."""


class Timing(Struct, frozen=True):
    """The heartbeat, in seconds; `patience` is how long an upgrade or one send may take."""

    interval: float = 25.0
    timeout: float = 20.0
    patience: float = 30.0


class Session:
    """A client from its handshake until it leaves, falls silent or does not read.

    `send` keeps everything in order. `offer` keeps one packet of each kind, the newest: a slow
    client misses what was overtaken.
    """

    def __init__(
        self, version: Version, timing: Timing, on_close: Callable[["Session"], None]
    ) -> None:
        self.sid = secrets.token_urlsafe(15)
        self.version = version
        self.is_open = True
        self.origin: str | None = None
        """That of the page, if it is not our own."""
        self.is_known = False
        """Whether it came back with its sid; those of a flood do not."""
        self.is_socket = False
        self._timing = timing
        self._on_close = on_close
        self._loop = asyncio.get_running_loop()
        self._budget = RateLimit(RATE, BURST, self._loop.time)
        self._unsent: deque[str] = deque()
        self._newest: dict[str, str] = {}
        self._filled = asyncio.Event()
        self._polls = 0
        self._probed = False
        self.heard_at = self._loop.time()
        self._timer = self._loop.call_later(timing.interval, self._beat)

    def send(self, packet: str, kind: str | None = None) -> None:
        """Send `packet` after all others; it overtakes what was offered of its kind."""
        if len(self._unsent) >= MOST_UNSENT:
            self.close()
        if self.is_open:
            self._newest.pop(kind or "", None)
            self._unsent.append(packet)
            self._filled.set()

    def offer(self, packet: str, kind: str) -> None:
        """Send `packet` unless a newer one of its kind comes before there is room for it."""
        if self.is_open:
            self._newest.pop(kind, None)
            self._newest[kind] = packet
            self._filled.set()

    def forget(self, kind: str) -> None:
        """Send no more what was offered of that kind."""
        self._newest.pop(kind, None)

    def receive(self) -> bool:
        """The client said something; False, and closed, if it says too much."""
        self.heard_at = self._loop.time()
        if not self._budget.spend():
            self.close()
        return self.is_open

    def close(self) -> None:
        """Forget everything but to say goodbye."""
        if not self.is_open:
            return
        self.is_open = False
        self._timer.cancel()
        self._newest.clear()
        self._unsent.clear()
        self._unsent.append(CLOSE)
        self._filled.set()
        self._on_close(self)

    def take(self) -> str | None:
        """The next packet to send, if there is one."""
        if self._unsent:
            return self._unsent.popleft()
        return self._newest.pop(next(iter(self._newest))) if self._newest else None

    def take_all(self) -> list[str]:
        """All packets to send."""
        return list(iter(self.take, None))

    async def filled(self) -> None:
        """Wait until there may be something to send."""
        await self._filled.wait()
        self._filled.clear()

    async def poll(self) -> list[str]:
        """Wait for packets; a newer poll of the client, or its upgrade, ends this one at once."""
        self._polls += 1
        number = self._polls
        self._filled.set()
        while number == self._polls and not self._probed:
            if packets := self.take_all():
                return packets
            await self.filled()
        return [NOOP]

    def probe(self, begun: bool) -> None:
        """While a client tries a WebSocket, its polls are answered at once."""
        self._probed = begun
        self._filled.set()

    def _beat(self) -> None:
        # Clients of version 3 ask by themselves whether we live.
        silent = self._loop.time() - self.heard_at
        if silent > self._timing.interval + self._timing.timeout:
            self.close()
            return
        if self.version == 4:
            self.send(PING)
        if self.is_open:
            self._timer = self._loop.call_later(self._timing.interval, self._beat)
