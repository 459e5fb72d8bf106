"""Trainings over HTTP (docs/training.md), for the studio's Train panel.

GET  /studio/api/trainings                GET  /studio/api/trainings/NAME/sheets/FILE
POST /studio/api/trainings                GET  /studio/api/trainings/NAME/progress.mp4
GET  /studio/api/trainings/NAME           POST /studio/api/trainings/NAME/play
POST /studio/api/trainings/NAME/stop      POST /studio/api/trainings/NAME/resume
"""

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from taxiway.core.errors import NotFound
from taxiway.library import catalog
from taxiway.library.catalog import Card
from taxiway.servers.control import PREFIX, Handler, body, guarded
from taxiway.servers.desk import Place
from taxiway.training.runs import Runs, Wanted

PATH = PREFIX + "/trainings"
Play = Callable[[Card], Awaitable[Place]]


class Resumed(Struct):
    """How much longer: up to so many thousand pictures, None for as long as it was meant."""

    kimg: float | None = None


class Played(Struct):
    """Which snapshot."""

    snapshot: Literal["model", "best"] = "model"


def routes(runs: Runs, checkpoint_of: Callable[[str], str], play: Play, token: str) -> list[Route]:
    """The routes; `checkpoint_of` gives a model's file by its name, `play` a place for a card."""
    api = Api(runs, checkpoint_of, play)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "", api.show),
        ("POST", "", api.start),
        ("GET", "/{name}", api.one),
        ("POST", "/{name}/stop", api.stop),
        ("POST", "/{name}/resume", api.resume),
        ("POST", "/{name}/play", api.play),
        ("GET", "/{name}/sheets/{file}", api.sheet),
        ("GET", "/{name}/progress.mp4", api.film),
    ]
    return [guarded(PATH + path, method, handler, token) for method, path, handler in table]


class Api:
    """The handlers; files are read in threads, for a training's can be long."""

    def __init__(self, runs: Runs, checkpoint_of: Callable[[str], str], play: Play) -> None:
        self._runs = runs
        self._checkpoint_of = checkpoint_of
        self._play = play

    async def show(self, request: Request) -> Any:
        """Every training, in short."""
        return {"trainings": await asyncio.to_thread(self._runs.all)}

    async def start(self, request: Request) -> Any:
        """A new one."""
        wanted = await body(request, Wanted)
        start = self._start_of(wanted.start) if wanted.start else ""
        return await asyncio.to_thread(self._runs.start, structs.replace(wanted, start=start))

    async def one(self, request: Request) -> Any:
        """One at length."""
        return await asyncio.to_thread(self._runs.one, request.path_params["name"])

    async def stop(self, request: Request) -> Any:
        """Finish the step, save, export."""
        return await asyncio.to_thread(self._runs.stop, request.path_params["name"])

    async def resume(self, request: Request) -> Any:
        """Go on."""
        longer = await body(request, Resumed)
        name = request.path_params["name"]
        return await asyncio.to_thread(self._runs.resume, name, longer.kimg)

    async def play(self, request: Request) -> Any:
        """A place for the newest snapshot, or the best, loaded now."""
        played = await body(request, Played)
        training = self._runs.find(request.path_params["name"])
        card = catalog.choose(str(training.model(played.snapshot)))
        best = " (best)" if played.snapshot == "best" else ""
        return await self._play(
            structs.replace(
                card,
                name=f"training-{training.name}{'-best' if best else ''}",
                title=f"{training.title}{best}",
            )
        )

    async def sheet(self, request: Request) -> Any:
        """A picture of what it made."""
        path = self._runs.find(request.path_params["name"]).sheet(request.path_params["file"])
        return answer(path)

    async def film(self, request: Request) -> Any:
        """All of them, as a video."""
        training = self._runs.find(request.path_params["name"])
        return answer(await asyncio.to_thread(training.film))

    def _start_of(self, name: str) -> str:
        """The file of a model, or the folder of a training. Raises NotFound."""
        try:
            return self._checkpoint_of(name)
        except NotFound:
            return str(self._runs.find(name).folder)


def answer(path: Any) -> FileResponse:
    """A file of a training; whatever it holds, no page is made of it."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
        "cache-control": "no-store",
    }
    return FileResponse(path, media_type=kind, headers=headers)
