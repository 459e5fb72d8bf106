"""Trainings over HTTP (docs/training.md), for the studio's Train panel: jobs, seen at length.

GET  /studio/api/trainings                GET  /studio/api/trainings/NAME/sheets/FILE
POST /studio/api/trainings                GET  /studio/api/trainings/NAME/progress.mp4
GET  /studio/api/trainings/NAME           POST /studio/api/trainings/NAME/play
POST /studio/api/trainings/NAME/stop      POST /studio/api/trainings/NAME/resume
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs
from starlette.requests import Request
from starlette.routing import Route

from taxiway.catalog import catalog
from taxiway.catalog.catalog import Card
from taxiway.core.errors import InvalidArgument
from taxiway.jobs.trainings import PREFIX as TRAINING
from taxiway.jobs.trainings import TOOL
from taxiway.live.model_manager import RunningModel
from taxiway.servers.studio.job_routes import Longer, file_answer
from taxiway.servers.studio.manager_routes import PREFIX, Handler, body, guarded
from taxiway.training.run_folder import TrainingFolder
from taxiway.training.snapshots import kimg_of
from taxiway.web.powers import Tokens

if TYPE_CHECKING:
    from taxiway.jobs.runner import Jobs

PATH = PREFIX + "/trainings"
Play = Callable[[Card], Awaitable[RunningModel]]
PLACES = "training-"
"""What the names of places for trained models begin with."""
MOST_PLACES = 6


class Played(Struct):
    """Which snapshot: "model" for the newest, "best", or the name of one that is kept."""

    snapshot: str = "model"


def routes(
    jobs: "Jobs", play: Play, running: Callable[[], Sequence[RunningModel]], tokens: Tokens
) -> list[Route]:
    """The routes; `play` starts a model by its card, `running` are those that there are."""
    api = Api(jobs, play, running)
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
    return [guarded(PATH + path, method, handler, tokens) for method, path, handler in table]


class Api:
    """The handlers; files are read in threads, for a training's can be long."""

    def __init__(
        self, jobs: "Jobs", play: Play, running: Callable[[], Sequence[RunningModel]]
    ) -> None:
        self._jobs = jobs
        self._runs = jobs.trainings
        self._play = play
        self._running = running

    async def show(self, request: Request) -> Any:
        """Every training, in short."""
        return {"trainings": await asyncio.to_thread(self._runs.all)}

    async def start(self, request: Request) -> Any:
        """A new one."""
        record = await self._jobs.start(TOOL, "", await body(request, dict[str, Any]))
        return await asyncio.to_thread(self._runs.one, record.id.removeprefix(TRAINING))

    async def one(self, request: Request) -> Any:
        """One at length."""
        return await asyncio.to_thread(self._runs.one, request.path_params["name"])

    async def stop(self, request: Request) -> Any:
        """Finish the step, save, export."""
        await self._jobs.stop(TRAINING + request.path_params["name"])
        return await self.one(request)

    async def resume(self, request: Request) -> Any:
        """Go on."""
        longer = await body(request, Longer)
        await self._jobs.resume(TRAINING + request.path_params["name"], longer.kimg)
        return await self.one(request)

    async def play(self, request: Request) -> Any:
        """Play a snapshot, loaded now; each but the newest and the best is a model of its own."""
        played = await body(request, Played)
        training = self._runs.find(request.path_params["name"])
        card = await asyncio.to_thread(card_of, training, played.snapshot)
        self._check_room(card.name)
        training.hold(played.snapshot)
        return await self._play(card)

    async def sheet(self, request: Request) -> Any:
        """A picture of what it made."""
        path = self._runs.find(request.path_params["name"]).sheet(request.path_params["file"])
        return file_answer(path)

    async def film(self, request: Request) -> Any:
        """All of them, as a video."""
        training = self._runs.find(request.path_params["name"])
        return file_answer(await asyncio.to_thread(training.film))

    def _check_room(self, name: str) -> None:
        """Raises InvalidArgument where so many are played that another would be too much."""
        others = {model.name for model in self._running() if model.name.startswith(PLACES)} - {name}
        if len(others) >= MOST_PLACES:
            raise InvalidArgument(
                f"{MOST_PLACES} models of trainings are played already; stop one of them "
                "first, in the list of models.",
                "snapshot",
            )


def card_of(training: TrainingFolder, snapshot: str) -> Card:
    """The card of a snapshot, under the name and the title of its place. Raises NotFound."""
    card = catalog.choose(str(training.model(snapshot)))
    kimg = kimg_of(snapshot)
    which = snapshot if kimg is None else f"{kimg:.12g} kimg"
    name, title = PLACES + training.name, training.title
    if snapshot != "model":
        name, title = f"{name}-{which.replace(' ', '')}", f"{title} ({which})"
    return structs.replace(card, name=name, title=title)
