"""How many connections an address may have, and which go first where there are too many.

Pages of other origins share a machine's address with its owner: they get a part of the places, each
origin a part of that, and of theirs the longest idle goes first.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from taxiway.core.config import Config


class Connected(Protocol):
    """A connection as the door knows it."""

    transport: asyncio.Transport

    @property
    def is_working(self) -> bool:
        """Whether an answer is on its way."""


@dataclass(eq=False)
class Visit:
    """One connection: of which foreign origin it is, and when something came by it."""

    connected: Connected
    heard: float
    origin: str | None = None


class Door:
    """Counts the connections of each address."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._inside: defaultdict[str, dict[asyncio.Transport, Visit]] = defaultdict(dict)

    def enter(self, address: str, connected: Connected, now: float) -> bool:
        """Note a new connection; False if its address has too many, and none can go for it."""
        inside = self._inside[address]
        inside[connected.transport] = Visit(connected, now)
        if len(inside) <= self.config.connections_per_client:
            return True
        return self._part_with(address, [each for each in inside.values() if each.origin])

    def asked(
        self, address: str, transport: asyncio.Transport, origin: str | None, now: float
    ) -> None:
        """A request came, of this foreign origin; None for our own pages and programs."""
        visit = self._inside[address].get(transport)
        if visit is None:
            return
        visit.heard, visit.origin = now, origin
        if not origin:
            return
        others = [each for each in self._inside[address].values() if each.origin]
        same = [each for each in others if each.origin == origin]
        most = self.config.connections_per_client - self.config.own_connections
        if len(same) > self.config.connections_per_origin:
            self._part_with(address, [each for each in same if each is not visit])
        elif len(others) > most:
            self._part_with(address, [each for each in others if each is not visit])

    def heard(self, address: str, transport: asyncio.Transport, now: float) -> None:
        """Something came by a connection."""
        if transport in self._inside[address]:
            self._inside[address][transport].heard = now

    def leave(self, address: str, transport: asyncio.Transport) -> None:
        """Forget a connection."""
        self._inside[address].pop(transport, None)
        if not self._inside[address]:
            del self._inside[address]

    def _part_with(self, address: str, visits: list[Visit]) -> bool:
        """Cut the one that has been idle longest; whether there was one."""
        if not visits:
            return False
        gone = min(visits, key=lambda each: (each.connected.is_working, each.heard))
        self.leave(address, gone.connected.transport)
        gone.connected.transport.abort()
        return True
