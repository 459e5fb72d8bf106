"""Tools and jobs over HTTP (docs/jobs.md), for the studio's page and programs with its token.

GET  /studio/api/tools              GET    /studio/api/jobs/ID
GET  /studio/api/jobs               DELETE /studio/api/jobs/ID
POST /studio/api/jobs               GET    /studio/api/jobs/ID/preview.jpg
GET  /studio/api/jobs/events        GET    /studio/api/jobs/ID/files/NAME
POST /studio/api/jobs/uploads       POST   /studio/api/jobs/ID/stop, .../resume
"""

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from taxiway.core.datatypes import Wire
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.extras import lacking
from taxiway.core.tool import Declared
from taxiway.servers.studio.manager_routes import PREFIX, Handler, body, guarded
from taxiway.web.powers import Tokens
from taxiway.web.responses import to_json

if TYPE_CHECKING:
    from taxiway.jobs.record import JobRecord
    from taxiway.jobs.runner import Jobs

LISTED_FILES = 20
"""Names of files that a list of jobs tells of each."""
LOOK_SECONDS = 2.0
"""How often the jobs are compared for who follows them; what is begun here is told at once."""
QUIET_SECONDS = 15.0
"""After which an event stream says that it is still there."""


class Order(Struct, kw_only=True):
    """What to do: a tool, the name of a model, and the tool's inputs."""

    tool: str
    model: str = ""
    inputs: dict[str, Wire] = {}


class Longer(Struct):
    """Up to how many thousand pictures a training goes on; None for what it was meant to."""

    kimg: float | None = None


def routes(jobs: "Jobs", tokens: Tokens) -> list[Route]:
    """The routes, which only the owner may use."""
    api = Api(jobs)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/tools", api.tools),
        ("GET", "/jobs", api.show),
        ("POST", "/jobs", api.start),
        ("GET", "/jobs/events", api.events),
        ("POST", "/jobs/uploads", api.upload),
        ("GET", "/jobs/{id}", api.one),
        ("DELETE", "/jobs/{id}", api.delete),
        ("POST", "/jobs/{id}/stop", api.stop),
        ("POST", "/jobs/{id}/resume", api.resume),
        ("GET", "/jobs/{id}/preview.jpg", api.preview),
        ("GET", "/jobs/{id}/files/{file:path}", api.file),
    ]
    return [guarded(PREFIX + path, method, handler, tokens) for method, path, handler in table]


class Api:
    """The handlers."""

    def __init__(self, jobs: "Jobs") -> None:
        self._jobs = jobs

    async def tools(self, request: Request) -> Any:
        """Every tool's declaration, or those of the tools that work on `?model=NAME`."""
        known = await self._jobs.tools(request.query_params.get("model"))
        broken = (await self._jobs.offer()).broken
        missing = lacking("torch", "Training", "train")
        return {
            "tools": {name: described(tool) for name, tool in known.items()},
            "broken": broken,
            "lacking": {"train": missing} if missing else {},
        }

    async def show(self, request: Request) -> Any:
        """All jobs, oldest first."""
        return {"jobs": [in_short(record) for record in await self._jobs.all()]}

    async def start(self, request: Request) -> Any:
        """A new job."""
        order = await body(request, Order)
        return await self._jobs.start(order.tool, order.model, order.inputs)

    async def upload(self, request: Request) -> Any:
        """Bytes that a job about to begin takes, under `?name=`; more of them by `?id=`."""
        if id := request.query_params.get("id"):
            return await self._jobs.uploads.more(id, request.stream())
        name = request.query_params.get("name", "")
        if not name:
            raise InvalidArgument("A file comes with its name: ?name=photo.jpg.", "name")
        return await self._jobs.uploads.put(name, request.stream())

    async def one(self, request: Request) -> Any:
        """How far it is."""
        return await self._jobs.one(request.path_params["id"])

    async def delete(self, request: Request) -> Any:
        """Remove it and all it made."""
        await self._jobs.delete(request.path_params["id"])
        return {}

    async def stop(self, request: Request) -> Any:
        """Stop it after its step in hand; asked twice, at once."""
        return await self._jobs.stop(request.path_params["id"])

    async def resume(self, request: Request) -> Any:
        """Go on."""
        longer = await body(request, Longer) if await request.body() else Longer()
        return await self._jobs.resume(request.path_params["id"], longer.kimg)

    async def preview(self, request: Request) -> Any:
        """What it looks like so far, or the first picture it made."""
        picture = await asyncio.to_thread(self._jobs.preview, request.path_params["id"])
        if picture is None:
            raise NotFound("There is no preview now.")
        if isinstance(picture, Path):
            return file_answer(picture)
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "no-store"})

    async def file(self, request: Request) -> Any:
        """A file that it made; whatever it holds, no page is made of it."""
        name, file = request.path_params["id"], request.path_params["file"]
        return file_answer(await asyncio.to_thread(self._jobs.file, name, file))

    async def events(self, request: Request) -> Any:
        """Server-sent events: `job` with each job that is new or has changed, `gone` with an id."""
        return StreamingResponse(
            events(self._jobs),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )


async def events(jobs: "Jobs") -> AsyncIterator[bytes]:
    """All jobs, then each that changes, until the jobs close."""
    changed = asyncio.Event()
    forget = jobs.listen(lambda record: changed.set())
    known: dict[str, JobRecord] = {}
    loop = asyncio.get_running_loop()
    said = loop.time()
    try:
        while not jobs.is_closed:
            changed.clear()
            now = {record.id: in_short(record) for record in await jobs.all()}
            lines = [event("job", one) for name, one in now.items() if known.get(name) != one]
            lines += [event("gone", {"id": name}) for name in known if name not in now]
            known = now
            if not lines and loop.time() - said > QUIET_SECONDS:
                lines = [b":\n\n"]
            if lines:
                said = loop.time()
                yield b"".join(lines)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK_SECONDS)
            await asyncio.sleep(0.1)  # what changes together is told together
    finally:
        forget()


def event(name: str, content: Any) -> bytes:
    """One server-sent event."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), to_json(content))


def described(tool: Declared) -> dict[str, Any]:
    """A tool as a page is told of it: `/info`'s words for a command, and what it takes."""
    more = {"takes": tool.takes, "unit": tool.unit, "isLight": tool.is_light}
    more |= {"lacks": tool.lacks, "source": tool.source}
    return {**tool.command.describe(), **more}


def in_short(record: "JobRecord") -> "JobRecord":
    """A job in a list: with its first files only."""
    return replace(record, files=record.files[:LISTED_FILES])


def file_answer(path: Path) -> FileResponse:
    """A file of a job; whatever it holds, no page is made of it."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
        "cache-control": "no-store",
    }
    return FileResponse(path, media_type=kind, headers=headers)
