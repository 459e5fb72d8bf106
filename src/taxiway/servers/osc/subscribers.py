"""Who gets what is sent by OSC: those who asked, and a target that never asks."""

import ipaddress
import socket
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache

Address = tuple[str, int]

MOST_SUBSCRIBERS = 32
KNOWN_SECONDS = 1.0
"""For so long we believe that nobody listens at a port of this machine, unless it speaks."""


class Audience:
    """Subscribers by the address they sent from; a new one drives out the oldest of 32.

    A subscriber gets everything at its source and at the port where Runway's clients listen.
    """

    def __init__(
        self,
        reply_port: int,
        target: str | None,
        clock: Callable[[], float],
        is_taken: Callable[[Address], bool] | None = None,
    ) -> None:
        self._reply_port = reply_port
        self._target = target
        self._clock = clock
        self._is_taken = is_taken or has_listener
        self._subscribers: dict[Address, None] = {}
        self._known: dict[Address, tuple[float, bool]] = {}

    def add(self, source: Address) -> None:
        """Subscribe whoever sent from there."""
        self._subscribers.pop(source, None)
        self._subscribers[source] = None
        if len(self._subscribers) > MOST_SUBSCRIBERS:
            del self._subscribers[next(iter(self._subscribers))]

    def remove(self, source: Address) -> None:
        """Forget whoever sent from there."""
        self._subscribers.pop(source, None)

    def spoke(self, source: Address) -> None:
        """Something came from there: what we believe of its machine is out of date."""
        if self._known:  # it is asked of every datagram
            for address in [known for known in self._known if known[0] == source[0]]:
                del self._known[address]

    def of(self, source: Address) -> list[Address]:
        """Where to answer someone who sent from `source`."""
        return self._listening({source, (source[0], self._reply_port)})

    def everyone(self) -> list[Address]:
        """Where outputs go now."""
        addresses = set(self._subscribers)
        addresses |= {(host, self._reply_port) for host, _ in self._subscribers}
        if self._target is not None:
            addresses.add((self._target, self._reply_port))
        return self._listening(addresses)

    def _listening(self, addresses: Iterable[Address]) -> list[Address]:
        return [address for address in sorted(addresses) if self._is_listening(address)]

    def _is_listening(self, address: Address) -> bool:
        now = self._clock()
        known_at, is_taken = self._known.get(address, (-KNOWN_SECONDS, False))
        if now - known_at >= KNOWN_SECONDS:
            is_taken = self._is_taken(address)
            self._known = {
                known: fact for known, fact in self._known.items() if now - fact[0] < KNOWN_SECONDS
            }
            self._known[address] = now, is_taken
        return is_taken


def has_listener(address: Address) -> bool:
    """False if a port of this machine is free: whoever wanted to listen there has taken it.

    To shrink a picture for nobody would cost more than to make it. Other machines cannot be
    asked, and Windows shares ports.
    """
    if sys.platform == "win32" or not is_loopback(address[0]):
        return True
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(address)
        except OSError:
            return True
    return False


@lru_cache(256)  # it is asked of every datagram
def is_public(host: str) -> bool:
    """Whether an address belongs to the open internet, where senders can be forged."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether an address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
