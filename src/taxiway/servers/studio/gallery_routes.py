"""All models over HTTP (docs/models.md): what each is, whether it is here, and what it looks like.

GET    /studio/api/models       GET /studio/api/models/NAME/picture
DELETE /studio/api/models/NAME  removes what was fetched
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.catalog import listing
from taxiway.catalog import manifest as manifests
from taxiway.catalog.store.blobs import Blobs, megabytes
from taxiway.core.errors import NotFound
from taxiway.servers.studio.gallery import Gallery
from taxiway.servers.studio.job_routes import file_answer
from taxiway.servers.studio.manager_routes import PREFIX, guarded
from taxiway.web.powers import Power, Tokens

PATH = PREFIX + "/models"


def routes(gallery: Gallery, stop: Callable[[str], Awaitable[Any]], tokens: Tokens) -> list[Route]:
    """The routes; `stop` ends a model if it runs. Only the owner may remove one."""
    shelf = gallery.shelf

    async def show(request: Request) -> Any:
        def found() -> dict[str, Any]:
            blobs = Blobs(shelf.folder / "blobs")
            known = gallery.entries()
            return {"models": known, "held": blobs.size(), "free": max(0, blobs.free())}

        return await asyncio.to_thread(found)

    async def picture(request: Request) -> Response:
        found = await asyncio.to_thread(gallery.picture, request.path_params["name"])
        if found is None:
            raise NotFound("There is no picture of it yet.")
        return file_answer(found)

    async def remove(request: Request) -> Any:
        from taxiway.catalog.store.store import Store

        name = request.path_params["name"]
        manifest = manifests.load(listing.manifest_path(name, shelf))
        await stop(name)
        freed = await asyncio.to_thread(Store(shelf.folder).remove, manifest)
        return {"freed": megabytes(freed)}

    return [
        guarded(PATH, "GET", show, tokens, Power.PLAY),
        guarded(PATH + "/{name}/picture", "GET", picture, tokens, Power.PLAY),
        guarded(PATH + "/{name}", "DELETE", remove, tokens),
    ]
