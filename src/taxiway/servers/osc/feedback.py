"""Tells subscribers how the controls stand, so that their own faders follow (docs/osc.md).

At most 30 times a second, the newest only; and the address that a subscriber moved is not sent back
to it, or a motor would fight the hand.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

import numpy as np
from msgspec import Struct, field

from taxiway.live.controls import Entry
from taxiway.live.messages import addresses
from taxiway.live.messages.moves import Message, input_of
from taxiway.live.messages.patterns import is_pattern
from taxiway.live.session import LiveSession
from taxiway.servers.osc import packet
from taxiway.servers.osc.subscribers import MOST_SUBSCRIBERS, Address

PERIOD_SECONDS = 1 / 30
EVERYTHING = "*"
"""Moved by who sent a pattern: whatever it met."""


class Subscriber(Struct):
    """Where its messages come from and go to.

    `told` is what it knows of each address, `moved` are those that it moved since the last time.
    """

    sources: set[str]
    target: Address
    told: dict[str, Hashable] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)

    def did(self, address: addresses.Address) -> bool:
        """Whether it moved this, and nobody else after it."""
        is_its = address.act is not None or address.by() in self.sources
        return is_its and not self.moved.isdisjoint({address.address, EVERYTHING})


class Feedback:
    """All subscribers; `send` takes a datagram and where to, `name` is how a sender is called."""

    def __init__(
        self,
        session: LiveSession,
        send: Callable[[bytes, Address], None],
        name: Callable[[Address], str],
    ) -> None:
        self._session, self._send, self._name = session, send, name
        self._subscribers: dict[Address, Subscriber] = {}
        self._changed = asyncio.Event()

    def add(self, source: Address, port: int | None = None) -> None:
        """Tell whoever sent from there all there is, and what changes; at `port`, if given.

        A new one drives out the oldest of 32.
        """
        target = (source[0], port or source[1])
        sources = {self._name(source), self._name(target)}
        self._subscribers.pop(source, None)
        self._subscribers[source] = Subscriber(sources, target)
        if len(self._subscribers) > MOST_SUBSCRIBERS:
            del self._subscribers[next(iter(self._subscribers))]
        self._changed.set()

    def remove(self, source: Address) -> None:
        """Tell it no more."""
        self._subscribers.pop(source, None)

    def moved(self, source: Address, messages: Iterable[Message]) -> None:
        """Whoever sent from there moved the addresses of these messages, so it knows."""
        if not self._subscribers:
            return
        name = self._name(source)
        for subscriber in self._subscribers.values():
            if name in subscriber.sources:
                subscriber.moved |= {self._base(message.address) for message in messages}

    def _base(self, address: str) -> str:
        """The address that has what a message was sent to, as /z has /z/3."""
        command = self._session.command
        if is_pattern(address):
            return EVERYTHING
        name = input_of(command, address)[0] if command is not None else None
        return address if name is None else f"/{name}"

    async def run(self) -> None:
        """Tell for ever."""
        stops = [
            self._session.controls.follow(lambda values, at: self._changed.set()),
            self._session.events.listen(lambda event: self._changed.set()),
        ]
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._tell()
                await asyncio.sleep(PERIOD_SECONDS)
        finally:
            for stop in stops:
                stop()

    def _tell(self) -> None:
        listed = self._session.addresses.all() if self._subscribers else ()
        states = [(each, self._state(each)) for each in listed]
        for subscriber in self._subscribers.values():
            for address, state in states:
                if subscriber.told.get(address.address) == state:
                    continue
                subscriber.told[address.address] = state
                if not subscriber.did(address):
                    self._send_one(address, subscriber.target)
            subscriber.moved.clear()

    def _send_one(self, address: addresses.Address, target: Address) -> None:
        arguments = list(_arguments(address))
        if arguments:
            datagram = packet.write_values(address.address, arguments)
            if len(datagram) <= packet.LARGEST:
                self._send(datagram, target)

    def _state(self, address: addresses.Address) -> Hashable:
        """What tells whether it was changed: of an input which change set it, or its value."""
        if address.act is not None:
            return str(address.now())
        entry = self._entry(address.address[1:])
        return entry.version if entry is not None else 0

    def _entry(self, name: str) -> Entry | None:
        entries = self._session.controls.entries
        # A seed is where z comes from.
        return entries.get(name) or (entries.get("z") if name == "seed" else None)


def _arguments(address: addresses.Address) -> Iterator[int | float | str]:
    """The value as its types are; nothing where there is none."""
    value: Any = address.now()
    if value is None:
        return
    if address.length:
        yield from np.ravel(value).tolist()
    elif address.types == "f":
        yield float(value)
    elif address.types == "i":
        yield int(value)
    elif address.types == "s":
        yield str(value)
