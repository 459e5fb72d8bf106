"""Addresses that mean nothing: who sends to one again and again is not read each time."""

from collections.abc import Callable
from typing import Any

from taxiway.live.session import LiveSession
from taxiway.servers.osc.subscribers import Address

SECONDS = 1 / 30
"""So often such a message is read all the same, since the mapping shows what comes in."""
MOST = 64
LONG = 1024
"""Bytes of a datagram that is read."""


class Nothing:
    """What was sent where to no effect a moment ago, for as long as nothing else can come of it."""

    def __init__(self, session: LiveSession, clock: Callable[[], float]) -> None:
        self._session, self._clock = session, clock
        self._known: dict[tuple[Address, bytes], tuple[float, str]] = {}
        self._of: tuple[Any, Any, int] = (None, None, -1)

    def add(self, address: str, source: Address) -> None:
        """Nothing has that address now."""
        if not self._is_same() or len(self._known) >= MOST:
            self._known = {}
        self._of = self._now()
        self._known[source, address.encode()] = self._clock() + SECONDS, address

    def of(self, datagram: bytes, source: Address) -> str | None:
        """The address of a datagram, if it is known to be none; else None."""
        if not self._known or len(datagram) > LONG:
            return None
        until, address = self._known.get((source, datagram[: datagram.find(0)]), (0.0, ""))
        is_known = self._clock() < until and self._is_same() and not self._session.mapping.learning
        return address if is_known else None

    def _is_same(self) -> bool:
        """Whether addresses mean what they did."""
        command, bindings, version = self._of
        now = self._session
        is_same = command is now.command and bindings is now.mapping.bindings
        return is_same and version == now.addresses.version

    def _now(self) -> tuple[Any, Any, int]:
        session = self._session
        return session.command, session.mapping.bindings, session.addresses.version
