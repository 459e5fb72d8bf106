"""Workspaces over HTTP (docs/models.md): all that runs, as one file, and back.

GET /studio/api/workspace  the file           POST /studio/api/workspace  start what is in one
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.servers.studio.manager_routes import PREFIX, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/workspace"


def routes(
    save: Callable[[], Awaitable[bytes]],
    reopen: Callable[[bytes], Awaitable[list[str]]],
    tokens: Tokens,
) -> list[Route]:
    """The routes; `reopen` gives what of a workspace cannot be, a sentence each."""

    async def give(request: Request) -> Response:
        headers = {"content-disposition": 'attachment; filename="workspace.zip"'}
        return Response(await save(), media_type="application/zip", headers=headers)

    async def take(request: Request) -> Any:
        return {"said": await reopen(await request.body())}

    return [
        guarded(PATH, "GET", give, tokens, Power.PLAY),
        guarded(PATH, "POST", take, tokens),
    ]
