"""The mapping over HTTP (docs/mapping.md), for the studio's page.

GET  /studio/api/mapping  its bindings, what is heard and learnt, and who moved what last
POST /studio/api/mapping  have other bindings
POST /studio/api/mapping/learn  let the next signals move some addresses, or none
"""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.routing import Route

from taxiway.live.controls import name_of
from taxiway.live.mapping.bindings import checked
from taxiway.live.session import LiveSession
from taxiway.servers.studio.manager_routes import PREFIX, body, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/mapping"


class Bindings(Struct):
    """All of them, as the file has them."""

    bindings: list[dict[str, Any]]


class Learn(Struct):
    """Addresses that wait for a signal each; none ends it. `signal` names the one for the first."""

    to: list[str]
    signal: str = ""


def routes(session: LiveSession, tokens: Tokens) -> list[Route]:
    """The routes: any page of ours may look, the owner's may change the file."""

    async def show(request: Request) -> Any:
        return described(session)

    async def change(request: Request) -> Any:
        session.mapping.change(checked((await body(request, Bindings)).bindings))
        return described(session)

    async def learn(request: Request) -> Any:
        wanted = await body(request, Learn)
        session.mapping.learn(wanted.to)
        if wanted.signal:
            session.mapping.choose(wanted.signal)
        return described(session)

    return [
        guarded(PATH, "GET", show, tokens, Power.PLAY),
        guarded(PATH, "POST", change, tokens),
        guarded(PATH + "/learn", "POST", learn, tokens),
    ]


def described(session: LiveSession) -> dict[str, Any]:
    """How the mapping stands."""
    mapping, now = session.mapping, session.clock()
    heard = {
        name: {"value": each.value, "by": each.by, "ago": round(now - each.at, 2)}
        for name, each in mapping.heard.items()
    }
    return {
        "at": now,
        "file": None if mapping.path is None else str(mapping.path),
        "error": mapping.error or mapping.said,
        "bindings": [
            {**msgspec.to_builtins(each), "turn": mapping.turn(each)} for each in mapping.bindings
        ],
        "learning": mapping.learning,
        "heard": heard,
        "movers": {each.address: name_of(each.by()) for each in session.addresses.all()},
    }
