"""Walks of the live picture over HTTP (docs/latent.md), for the studio's page and its token.

GET /studio/api/walk   what it takes, and whether one goes on
POST /studio/api/walk  begin one               DELETE /studio/api/walk  stop it
"""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.live.loop import Stage
from taxiway.live.stroll import WALK
from taxiway.servers.control import PREFIX, body, guarded

PATH = PREFIX + "/walk"


def routes(stage: Stage, token: str) -> list[Route]:
    """The routes of one stage."""

    async def show(request: Request) -> Any:
        return {**WALK.describe(), "goesOn": stage.stroll.goes_on}

    async def begin(request: Request) -> Any:
        return {"seconds": stage.stroll.begin(await body(request, dict[str, Any]))}

    async def end(request: Request) -> Any:
        stage.stroll.end()
        return {}

    handlers = (("GET", show), ("POST", begin), ("DELETE", end))
    return [guarded(PATH, method, handler, token) for method, handler in handlers]
