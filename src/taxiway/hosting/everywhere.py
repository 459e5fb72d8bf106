"""What the teacher's page asks of all servers that share a store: each answers for itself, and the
one that was asked puts it together.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httptools
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from taxiway.core.parsing import Malformed, from_json
from taxiway.hosting.forward import Elsewhere, exchange, head
from taxiway.hosting.lately import ERRORS
from taxiway.hosting.records import Hosted, Server
from taxiway.web.responses import error_answer

PATIENCE = 3.0
"""Seconds that another server may take to answer."""
LIVELIEST = ("running", "starting", "failed", "asleep")


class Heard(Struct, frozen=True):
    """What another server answered, None for nothing."""

    server: str
    status: int = 0
    content: Any = None

    @property
    def is_good(self) -> bool:
        return self.status == 200

    def refusal(self) -> Response:
        """The same for who asked here."""
        if self.content is None:
            return error_answer(502, f"The server at {self.server} does not answer.")
        return error_answer(self.status, str(self.content.get("error")))


class Everywhere:
    """Asks the other servers, if there may be any."""

    def __init__(self, elsewhere: Elsewhere | None) -> None:
        self._elsewhere = elsewhere

    @property
    def here(self) -> str:
        """What this server is called among the others."""
        return "" if self._elsewhere is None else name_of(self._elsewhere.peers.here)

    async def ask(self, request: Request, servers: Sequence[Server] | None = None) -> list[Heard]:
        """What `servers`, or all others, answer to the same request; nobody if one of them asks."""
        if self._elsewhere is None or self._elsewhere.is_from_a_peer(request):
            return []
        body = await request.body()
        if servers is None:
            servers = await self._elsewhere.peers.others()
        return await asyncio.gather(*(_asked(server, request, body) for server in servers))

    async def has(self, request: Request, hosted: Hosted, places: list[Server]) -> Server | None:
        """The other server that is to wake a model; None for this one."""
        if self._elsewhere is None or self._elsewhere.is_from_a_peer(request):
            return None
        return await self._elsewhere.peers.elsewhere(hosted, places, b"")


async def _asked(server: Server, request: Request, body: bytes) -> Heard:
    given = head(server, request, request.url.path.removeprefix(request.scope["root_path"]))
    with contextlib.suppress(OSError, EOFError, httptools.HttpParserError, TimeoutError, Malformed):
        async with asyncio.timeout(PATIENCE):
            answer = await exchange(server.url, given, body)
        content: dict[str, Any] = from_json(bytes(answer.body), dict[str, Any])
        return Heard(name_of(server), answer.status_code, content)
    return Heard(name_of(server))


def name_of(server: Server) -> str:
    """What people are told of a server: its address."""
    return urlsplit(server.url).netloc


def together(own: dict[str, Any], heard: Sequence[Heard]) -> dict[str, Any]:
    """The state of all servers, of this one's and the others': where each model is, and how."""
    states = [own, *(each.content for each in heard if each.is_good)]
    errors = [error for state in states for error in state["errors"]]
    return {
        **own,
        "models": [_model(model, states) for model in own["models"]],
        "errors": sorted(errors, key=lambda error: -error["at"])[:ERRORS],
        "servers": [own["servers"][0], *(each.server for each in heard)],
        "silent": [each.server for each in heard if not each.is_good],
    }


def _model(own: dict[str, Any], states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    told = [model for state in states for model in state["models"] if model["name"] == own["name"]]
    up = [model for model in told if model["servers"]]
    return {
        **own,
        "state": min((model["state"] for model in up or [own]), key=LIVELIEST.index),
        "waiting": sum(model["waiting"] for model in told),
        "servers": [name for model in up for name in model["servers"]],
    }
