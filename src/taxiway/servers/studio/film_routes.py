"""Films that are being cut out, for the studio's Film screen (docs/film.md): jobs, clicked at.

GET  /studio/api/films/ID                 POST /studio/api/films/ID/clicks
GET  /studio/api/films/ID/frames/N.jpg    POST /studio/api/films/ID/next
GET  /studio/api/films/ID/masks/N.png     POST /studio/api/films/ID/model
"""

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from taxiway.core.datatypes import Wire
from taxiway.core.errors import Busy, NotFound
from taxiway.core.files import write_whole
from taxiway.core.images import encode_png
from taxiway.masking.follow import Mask
from taxiway.masking.project import BEHIND, WISH, Clicks, Project
from taxiway.servers.studio.film_models import FilmModels
from taxiway.servers.studio.job_routes import file_answer
from taxiway.servers.studio.manager_routes import PREFIX, Handler, body, guarded
from taxiway.web.powers import Tokens
from taxiway.web.responses import to_json

if TYPE_CHECKING:
    from taxiway.jobs.runner import Jobs

PATH = PREFIX + "/films/{id}"
TOOL = "mask"


class Next(Struct, kw_only=True):
    """What the job is to do: masks, or with `inputs` of the tool a film; `behind` is an upload."""

    inputs: dict[str, Wire] = {}
    behind: str = ""


class Chosen(Struct):
    """The model that cuts out from now on, "" for colours and what moves."""

    model: str


def routes(jobs: "Jobs", models: FilmModels, tokens: Tokens) -> list[Route]:
    """The routes, which only the owner may use."""
    api = Api(jobs, models)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "", api.show),
        ("GET", "/frames/{frame}.jpg", api.frame),
        ("GET", "/masks/{frame}.png", api.mask),
        ("POST", "/clicks", api.click),
        ("POST", "/next", api.go_on),
        ("POST", "/model", api.choose),
    ]
    return [guarded(PATH + path, method, handler, tokens) for method, path, handler in table]


class Api:
    """The handlers. What takes a while is done on a thread, one click of a film at a time."""

    def __init__(self, jobs: "Jobs", models: FilmModels) -> None:
        self._jobs, self._models = jobs, models
        self._clicking = asyncio.Lock()

    async def show(self, request: Request) -> Any:
        """A film's facts, its clicks, which frames have a mask, and what can cut it out; null
        while it is read."""
        project = self._project(request)
        models = await self._models.offered()
        return {**await asyncio.to_thread(told_of, project), "models": models}

    async def frame(self, request: Request) -> Any:
        """A frame as it is looked at."""
        project = self._project(request)
        return file_answer(await asyncio.to_thread(project.frame_file, frame_of(request)))

    async def mask(self, request: Request) -> Any:
        """The mask of a frame, white where the object is; empty where there is none yet."""
        project, index = self._project(request), frame_of(request)
        return picture_of(await asyncio.to_thread(project.mask, index) if project.film else None)

    async def click(self, request: Request) -> Any:
        """Keep what is said of a frame; its mask now."""
        clicks = await body(request, Clicks)
        async with self._clicking:
            project = self._project(request, at_rest=True)
            mask = await asyncio.to_thread(project.click, clicks)
        return picture_of(mask)

    async def choose(self, request: Request) -> Any:
        """Have another model cut it out, which is started; the frames that were clicked at now."""
        project, chosen = self._project(request, at_rest=True), await body(request, Chosen)
        project.known()
        await self._models.start(chosen.model)
        project.cut = self._models.cut(chosen.model)
        async with self._clicking:
            await asyncio.to_thread(project.use, chosen.model)
        return {}

    async def go_on(self, request: Request) -> Any:
        """Have the job make the masks, or write a film, once clicks that came before are kept."""
        wanted = await body(request, Next)
        async with self._clicking:
            project = self._project(request, at_rest=True)
            await asyncio.to_thread(self._wish, project, wanted)
            model = project.known().model
            return await self._jobs.resume(request.path_params["id"], other=model)

    def _wish(self, project: Project, wanted: Next) -> None:
        project.known()
        if wanted.behind:
            with self._jobs.uploads.taken(wanted.behind) as path:
                write_whole(project.folder / BEHIND, path.read_bytes())
        write_whole(project.folder / WISH, to_json(wanted.inputs))

    def _project(self, request: Request, at_rest: bool = False) -> Project:
        """The project of a job. Raises NotFound, or Busy where it works and must rest."""
        record = self._jobs.find(request.path_params["id"])
        if record.tool != TOOL:
            raise NotFound(f"'{record.id}' is no film that is cut out.")
        if at_rest and not record.has_ended:
            raise Busy("The film is being worked on; stop that first, or wait for it.")
        project = Project(self._jobs.folder / record.id)
        project.cut = self._models.cut(project.film.model if project.film else "")
        return project


def frame_of(request: Request) -> int:
    """The number of a frame in a path. Raises NotFound."""
    text = request.path_params["frame"]
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise NotFound(f"A frame has a number, got {text[:40]!r}.")
    return int(text)


def told_of(project: Project) -> dict[str, Any]:
    """A film as the screen is told of it."""
    film = project.film
    if film is None:
        return {"film": None, "made": []}
    told = project.told()
    made = [index for index in range(film.count) if project.is_made(index, told)]
    return {"film": film, "made": made}


def picture_of(mask: Mask | None) -> Response:
    """A mask as a PNG, or nothing."""
    if mask is None:
        return Response(status_code=204)
    data = encode_png(mask.astype("uint8") * 255)
    return Response(data, media_type="image/png", headers={"cache-control": "no-store"})
