"""What takes the room, over HTTP (docs/operating.md): for the owner alone.

GET    /studio/api/disk        all parts of the data folder
DELETE /studio/api/disk/PART   deletes one that is made anew when it is needed
"""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.catalog import disk
from taxiway.catalog.folder import data_path
from taxiway.servers.studio.manager_routes import PREFIX, guarded
from taxiway.web.powers import Tokens

PATH = PREFIX + "/disk"


def routes(tokens: Tokens) -> list[Route]:
    """The routes."""

    async def show(request: Request) -> Any:
        return await asyncio.to_thread(disk.use, data_path())

    async def clear(request: Request) -> Any:
        name = request.path_params["part"]
        return {"freed": await asyncio.to_thread(disk.clear, data_path(), name)}

    return [
        guarded(PATH, "GET", show, tokens),
        guarded(PATH + "/{part}", "DELETE", clear, tokens),
    ]
