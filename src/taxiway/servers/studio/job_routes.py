"""Tools and their jobs over HTTP (docs/jobs.md), for the studio's page and programs with its token.

GET  /studio/api/tools              GET /studio/api/jobs/ID
GET  /studio/api/jobs               GET /studio/api/jobs/ID/preview.jpg
POST /studio/api/jobs               GET /studio/api/jobs/ID/files/NAME
POST /studio/api/jobs/ID/stop       POST /studio/api/jobs/ID/resume
"""

import mimetypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from taxiway.core.datatypes import Wire
from taxiway.core.errors import NotFound
from taxiway.servers.studio.manager_routes import PREFIX, Handler, body, guarded

if TYPE_CHECKING:
    from taxiway.jobs.runner import Jobs


class Order(Struct, kw_only=True):
    """What to do: a tool, the name of a model, and the tool's inputs."""

    tool: str
    model: str
    inputs: dict[str, Wire] = {}


def routes(jobs: "Jobs", checkpoint_of: Callable[[str], str], token: str) -> list[Route]:
    """The routes; `checkpoint_of` gives the file of a model by its name, or raises NotFound."""
    api = Api(jobs, checkpoint_of)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/tools", api.tools),
        ("GET", "/jobs", api.show),
        ("POST", "/jobs", api.start),
        ("GET", "/jobs/{id}", api.one),
        ("POST", "/jobs/{id}/stop", api.stop),
        ("POST", "/jobs/{id}/resume", api.resume),
        ("GET", "/jobs/{id}/preview.jpg", api.preview),
        ("GET", "/jobs/{id}/files/{file:path}", api.file),
    ]
    return [guarded(PREFIX + path, method, handler, token) for method, path, handler in table]


class Api:
    """The handlers."""

    def __init__(self, jobs: "Jobs", checkpoint_of: Callable[[str], str]) -> None:
        self._jobs = jobs
        self._checkpoint_of = checkpoint_of

    async def tools(self, request: Request) -> Any:
        """Every tool's inputs and outputs, as `/info` tells a model's."""
        known = await self._jobs.tools()
        return {"tools": {name: command.describe() for name, command in known.items()}}

    async def show(self, request: Request) -> Any:
        """All jobs, oldest first."""
        return {"jobs": list(self._jobs.records.values())}

    async def start(self, request: Request) -> Any:
        """A new job."""
        order = await body(request, Order)
        return await self._jobs.start(order.tool, order.model, self._checkpoint_of, order.inputs)

    async def one(self, request: Request) -> Any:
        """How far it is."""
        return self._jobs.find(request.path_params["id"])

    async def stop(self, request: Request) -> Any:
        """Stop it after its step in hand; asked twice, at once."""
        return self._jobs.stop(request.path_params["id"])

    async def resume(self, request: Request) -> Any:
        """Go on."""
        return self._jobs.resume(request.path_params["id"])

    async def preview(self, request: Request) -> Any:
        """What it looks like so far."""
        picture = self._jobs.preview(request.path_params["id"])
        if picture is None:
            raise NotFound("There is no preview now.")
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "no-store"})

    async def file(self, request: Request) -> Any:
        """A file that it made; whatever it holds, no page is made of it."""
        path = self._jobs.file(request.path_params["id"], request.path_params["file"])
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return FileResponse(path, media_type=kind, headers=headers)
