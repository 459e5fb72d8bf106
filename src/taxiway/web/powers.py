"""Who may do what: every route declares a power, and two tokens stand for the two that want one."""

import hmac
import os
import secrets
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from starlette.routing import BaseRoute
from starlette.types import Scope

from taxiway.core.config import Config
from taxiway.web.addresses import LOOPBACK
from taxiway.web.origin import host_name

PROXIED = (
    b"forwarded",
    b"via",
    b"x-real-ip",
    b"x-client-ip",
    b"cf-connecting-ip",
    b"true-client-ip",
)
"""What proxies add to a request, beside everything that begins with `X-Forwarded-`."""
CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
CONNECTIONS = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

NO_TOKEN = "The token is missing or of an earlier start; reload the page."
NOT_OWNER = (
    "This is for the owner: open the page on the machine that it runs on, or by the link that "
    "taxiway run --owner-link prints."
)

R = TypeVar("R", bound=BaseRoute)


class Power(StrEnum):
    """What a client needs so that it may do something."""

    ASK = "ask"
    """Nothing: whoever reaches the port may, a page of any origin too."""
    READ = "read"
    """Nothing, but no page of another origin gets to read the answer."""
    PLAY = "play"
    """To be our own page, or a program that has its token: given with the page."""
    OWN = "own"
    """The owner's token: given to pages on this machine, and in the owner's link."""


class Tokens(Struct, frozen=True):
    """Those of one start of the server, 256 random bits each."""

    play: str
    own: str

    @classmethod
    def new(cls) -> "Tokens":
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32))

    def allow(self, given: str, power: Power) -> bool:
        """Whether who gave this token may do what takes `power`; the owner may play too."""
        # Every comparison takes the same time, right or wrong.
        owns = hmac.compare_digest(given.encode(), self.own.encode())
        plays = hmac.compare_digest(given.encode(), self.play.encode())
        return owns or (plays and power is not Power.OWN)


def declared(power: Power, routes: Iterable[R]) -> list[R]:
    """The routes, which say what they take; a test sees that each of ours does."""
    found = list(routes)
    for route in found:
        vars(route)["power"] = power
    return found


def power_of(route: BaseRoute) -> Power | None:
    """What a route declared."""
    power: Power | None = vars(route).get("power")
    return power


def is_on_this_machine(scope: Scope, config: Config) -> bool:
    """Whether a request comes from the user who runs this server, at the machine itself.

    A proxy on this machine passes on what people far away ask: it is known by the headers that it
    adds, by HTTP/1.0 (nginx's default), by the name it was asked for, and, where the system tells
    whose a connection is, by not being the user's program. In a container that listens to all, the
    ports that are published come from programs of its own; there nobody sits.
    """
    client = scope.get("client")
    if not client or client[0] not in LOOPBACK or scope.get("http_version") == "1.0":
        return False
    if config.host not in LOOPBACK and any(mark.exists() for mark in CONTAINERS):
        return False
    headers = dict(scope["headers"])
    if any(name in PROXIED or name.startswith(b"x-forwarded-") for name in headers):
        return False
    if host_name(headers.get(b"host", b"")) not in LOOPBACK:
        return False
    owner = owner_of(client[1], (scope.get("server") or ("", 0))[1] or 0)
    return owner is None or owner == os.getuid()


def owner_of(port: int, to: int) -> int | None:
    """The id of the user whose program has the connection from `port` to our port `to`.

    None where the system does not tell (only Linux does).
    """
    ends = f"{port:04X}", f"{to:04X}"
    for path in CONNECTIONS:
        try:
            lines = path.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if (words[1].rpartition(":")[2], words[2].rpartition(":")[2]) == ends:
                return int(words[7])
    return None
