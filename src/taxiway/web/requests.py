"""A name for every request, so that its lines are found in the logs of all who had a part in it."""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taxiway.core.callers import caller
from taxiway.core.logs import request_id

HEADER = b"x-request-id"
NAME = re.compile(rb"[\w.:-]{1,64}", re.ASCII)
TELLING = (b"user-agent", b"origin", b"referer", b"authorization")
QUIET = ("GET", "HEAD", "OPTIONS")
"""Of these only failures are logged: pages poll."""
MOST_LETTERS = 200

log = logging.getLogger("taxiway.requests")


class Requests:
    """Takes a request's name from X-Request-Id or gives it one, and says it in the answer.

    A line is logged of each that changes something or fails, once it is answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        name = name_of(scope["headers"])
        request_id.set(name.decode("ascii"))
        caller.set(caller_of(scope))
        # Where this request is passed on to another server, that one finds its name.
        scope = {**scope, "headers": with_name(scope["headers"], name)}
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": with_name(message.get("headers", ()), name)}
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            if log.isEnabledFor(logging.INFO) and (status >= 400 or scope["method"] not in QUIET):
                _log(scope, status, time.perf_counter() - began)


def name_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The name that a request brings, if it is a plain word, or a new one."""
    given = [value for header, value in headers if header == HEADER]
    return given[0] if given and NAME.fullmatch(given[0]) else secrets.token_hex(8).encode()


def caller_of(scope: Scope) -> str:
    """What tells those apart who ask by HTTP: the address, the program, the page, the token.

    Two tabs with the same page are one caller, since nothing that a browser sends tells them apart.
    """
    client = scope.get("client")
    told = [(client[0] if client else "").encode()]
    told += [value for header, value in scope["headers"] if header in TELLING]
    return _hashed(b"\0".join(told))


@lru_cache(maxsize=64)
def _hashed(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()[:32]


def with_name(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    """Headers with this name and no other."""
    return [pair for pair in headers if pair[0] != HEADER] + [(HEADER, name)]


def _log(scope: Scope, status: int, seconds: float) -> None:
    path = scope["path"][:MOST_LETTERS]
    client = scope.get("client")
    fields = {
        "method": scope["method"],
        "path": path,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "client": client[0] if client else "",
    }
    words = "%s %s %s" if status else "%s %s %s (nobody waited for the answer)"
    log.info(words, scope["method"], path, status, extra=fields)
