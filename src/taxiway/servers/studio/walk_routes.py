"""Walks of the live picture over HTTP (docs/latent.md), for the studio's page.

GET /studio/api/walk   what it takes, and whether one goes on
POST /studio/api/walk  begin one               DELETE /studio/api/walk  stop it
"""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.live.movement.walk import WALK
from taxiway.live.session import LiveSession
from taxiway.servers.studio.manager_routes import PREFIX, body, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/walk"


def routes(session: LiveSession, tokens: Tokens) -> list[Route]:
    """The routes of one session."""

    async def show(request: Request) -> Any:
        return {**WALK.describe(), "goesOn": session.live_walk.goes_on}

    async def begin(request: Request) -> Any:
        return {"seconds": session.live_walk.begin(await body(request, dict[str, Any]))}

    async def end(request: Request) -> Any:
        session.live_walk.end()
        return {}

    handlers = (("GET", show), ("POST", begin), ("DELETE", end))
    return [guarded(PATH, method, handler, tokens, Power.PLAY) for method, handler in handlers]
