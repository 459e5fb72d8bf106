"""Boxes drawn into pictures, over HTTP (docs/annotation.md), for the studio's Annotate panel.

GET    /studio/api/annotations                POST /studio/api/annotations
GET    /studio/api/annotations/ID             DELETE /studio/api/annotations/ID
POST   /studio/api/annotations/ID/files       PUT  /studio/api/annotations/ID/classes
GET    /studio/api/annotations/ID/boxes       PUT  /studio/api/annotations/ID/boxes
GET    /studio/api/annotations/ID/picture     GET  /studio/api/annotations/ID/thumbnail
POST   /studio/api/annotations/ID/propose     GET  /studio/api/annotations/ID/faults
POST   /studio/api/annotations/ID/import      GET  /studio/api/annotations/ID/export
GET    /studio/api/annotations/ID/sheet

Pictures are named as the set lists them (`?name=`); no page names a path.
"""

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from taxiway.annotation import exchange, suggest, thumbnails
from taxiway.annotation import sheet as sheets
from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.records import BoxClass, State
from taxiway.annotation.sets import Sets
from taxiway.core.errors import InvalidArgument
from taxiway.jobs.uploads import Uploads
from taxiway.live.model_manager import RunningModel
from taxiway.servers.studio.job_routes import file_answer
from taxiway.servers.studio.manager_routes import PREFIX, Handler, body, guarded
from taxiway.training.datasets.boxes import Box
from taxiway.training.datasets.boxes.faults import faults
from taxiway.web.powers import Tokens

if TYPE_CHECKING:
    from taxiway.engine import Engine

PATH = PREFIX + "/annotations"
MOST_FAULTS = 500


class Named(Struct):
    """What a new set is called."""

    title: str


class Sent(Struct):
    """Files that were sent before, by the ids of their uploads."""

    uploads: list[str]


class Drawn(Struct):
    """A picture's boxes, and the version that they were made from."""

    version: int
    state: State
    boxes: list[Box]


class Classed(Struct):
    """All classes, and the version that they were made from."""

    version: int
    classes: list[BoxClass]


class Proposal(Struct):
    """Which picture to ask which model for."""

    name: str
    model: str


def routes(
    sets: Sets,
    uploads: Uploads,
    engine: "Engine",
    running: Callable[[], Sequence[RunningModel]],
    tokens: Tokens,
) -> list[Route]:
    """The routes, which only the owner may use."""
    api = Api(sets, uploads, engine, running)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "", api.show),
        ("POST", "", api.create),
        ("GET", "/{id}", api.one),
        ("DELETE", "/{id}", api.delete),
        ("POST", "/{id}/files", api.add),
        ("PUT", "/{id}/classes", api.put_classes),
        ("GET", "/{id}/boxes", api.boxes),
        ("PUT", "/{id}/boxes", api.put_boxes),
        ("GET", "/{id}/picture", api.picture),
        ("GET", "/{id}/thumbnail", api.thumbnail),
        ("POST", "/{id}/propose", api.propose),
        ("GET", "/{id}/faults", api.faults),
        ("GET", "/{id}/sheet", api.sheet),
        ("POST", "/{id}/import", api.bring_in),
        ("GET", "/{id}/export", api.export),
    ]
    return [guarded(PATH + path, method, handler, tokens) for method, path, handler in table]


class Api:
    """The handlers; files are read and written in threads."""

    def __init__(
        self,
        sets: Sets,
        uploads: Uploads,
        engine: "Engine",
        running: Callable[[], Sequence[RunningModel]],
    ) -> None:
        self._sets, self._uploads = sets, uploads
        self._engine, self._models = engine, running

    async def show(self, request: Request) -> Any:
        """Every set, and the running models that find boxes."""
        models = [
            {"name": model.name, "title": model.title}
            for model in self._models()
            if self._asking(model.name)
        ]
        return {"sets": await asyncio.to_thread(self._sets.all), "models": models}

    async def create(self, request: Request) -> Any:
        """A new set."""
        named = await body(request, Named)
        return {"id": await asyncio.to_thread(self._sets.create, named.title)}

    async def delete(self, request: Request) -> Any:
        """Remove a set; pictures in a folder of the owner's stay."""
        await asyncio.to_thread(self._sets.remove, request.path_params["id"])
        return {}

    async def one(self, request: Request) -> Any:
        """Its pictures and classes; without them where they are as `?known=` says."""
        folder = await self._folder(request)
        about = await asyncio.to_thread(self._sets.about, request.path_params["id"])
        overview = await asyncio.to_thread(folder.overview)
        mark = hashlib.sha256(msgspec.json.encode(overview)).hexdigest()[:20]
        told = None if request.query_params.get("known") == mark else overview
        return {"title": about.title, "own": not about.folder, "mark": mark, "overview": told}

    async def add(self, request: Request) -> Any:
        """Pictures that were sent, by themselves or in zip files."""
        sent, id = await body(request, Sent), request.path_params["id"]
        holding = self._uploads.folder / secrets.token_hex(8)

        def take() -> Any:
            try:
                names = self._uploads.take(sent.uploads, holding)
                return self._sets.add(id, [holding / name for name in names])
            finally:
                shutil.rmtree(holding, ignore_errors=True)

        return await asyncio.to_thread(take)

    async def put_classes(self, request: Request) -> Any:
        """Replace the classes."""
        given, folder = await body(request, Classed), await self._folder(request)
        return await asyncio.to_thread(folder.put_classes, given.version, given.classes)

    async def boxes(self, request: Request) -> Any:
        """A picture's boxes."""
        folder = await self._folder(request)
        return await asyncio.to_thread(folder.one, named(request))

    async def put_boxes(self, request: Request) -> Any:
        """Replace them."""
        drawn, folder, name = (
            await body(request, Drawn),
            await self._folder(request),
            named(request),
        )
        return await asyncio.to_thread(folder.put, name, drawn.version, drawn.state, drawn.boxes)

    async def picture(self, request: Request) -> Any:
        """A picture, as a browser shows it."""
        folder, name = await self._folder(request), named(request)
        path = await asyncio.to_thread(folder.path, name)
        if path.suffix.lower() in thumbnails.SHOWN_AS_IT_IS:
            return file_answer(path)
        return jpeg(await asyncio.to_thread(thumbnails.as_jpeg, folder, name))

    async def thumbnail(self, request: Request) -> Any:
        """A small one."""
        folder = await self._folder(request)
        return jpeg(await asyncio.to_thread(thumbnails.thumbnail, folder, named(request)))

    async def propose(self, request: Request) -> Any:
        """What a running model finds in a picture; nothing is kept but classes that are new."""
        asked, folder = await body(request, Proposal), await self._folder(request)
        asking = self._asking(asked.model)
        if asking is None:
            raise InvalidArgument(f"'{asked.model[:80]}' finds no boxes in pictures.", "model")
        uri = await asyncio.to_thread(suggest.sent, folder, asked.name)
        outputs = await self._engine.run(asked.model, {asking.picture: uri}, asking.command)
        return await asyncio.to_thread(proposed, folder, asked.name, asking, outputs)

    async def faults(self, request: Request) -> Any:
        """How many boxes each class has in what is done, and what is odd in it."""
        folder = await self._folder(request)
        labelled = await asyncio.to_thread(folder.labelled)
        found = await asyncio.to_thread(faults, labelled)
        told = [each._asdict() for each in found[:MOST_FAULTS]]
        return {
            "pictures": len(labelled.pictures),
            "classes": await asyncio.to_thread(sheets.counts, folder, labelled),
            "faults": told,
            "more": len(found) - len(told),
            "wrong": labelled.wrong,
        }

    async def sheet(self, request: Request) -> Any:
        """Pictures with their boxes drawn."""
        folder = await self._folder(request)
        labelled = await asyncio.to_thread(folder.labelled)
        return jpeg(await asyncio.to_thread(sheets.sheet, folder, labelled))

    async def bring_in(self, request: Request) -> Any:
        """Boxes of a file that was sent, of any format."""
        sent, folder = await body(request, Sent), await self._folder(request)

        def take() -> Any:
            with self._uploads.taken(sent.uploads[0] if sent.uploads else "") as file:
                return {"says": exchange.summary(exchange.bring_in(folder, file))}

        return await asyncio.to_thread(take)

    async def export(self, request: Request) -> Any:
        """What is done, as a file of that `?format=`, with the pictures if `?pictures=true`."""
        folder, given = await self._folder(request), request.query_params
        format, pictures = given.get("format", "yolo"), given.get("pictures") == "true"
        ending = ".zip" if pictures else exchange.ALONE.get(format, ".zip")
        holding = self._uploads.folder / secrets.token_hex(8)
        file = holding / f"boxes-{format[:20]}{ending}"
        try:
            await asyncio.to_thread(written, folder, format, file, pictures)
        except BaseException:
            shutil.rmtree(holding, ignore_errors=True)
            raise
        answer: FileResponse = file_answer(file)
        answer.background = BackgroundTask(shutil.rmtree, holding, ignore_errors=True)
        return answer

    async def _folder(self, request: Request) -> AnnotatedFolder:
        return await asyncio.to_thread(self._sets.find, request.path_params["id"])

    def _asking(self, model: str) -> suggest.Asking | None:
        """How a running model is asked for boxes; None for one that finds none."""
        running = self._engine.running.get(model)
        return suggest.asking(running.commands.values()) if running else None


def named(request: Request) -> str:
    """Which picture is meant. Raises InvalidArgument."""
    name = request.query_params.get("name", "")
    if not name:
        raise InvalidArgument("A picture is named as the set lists it: ?name=a.jpg.", "name")
    return name


def jpeg(data: bytes) -> Response:
    """A picture that was made."""
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(data, media_type="image/jpeg", headers=headers)


def proposed(
    folder: AnnotatedFolder, name: str, asking: suggest.Asking, outputs: dict[str, Any]
) -> dict[str, Any]:
    """A model's boxes by ids of classes, and all classes with those that are new."""
    found = suggest.proposed(asking, outputs, folder.size(name))
    classes = folder.add_classes([each.label for each in found])
    ids = {each.name.casefold(): each.id for each in classes.active}
    boxes = [(*each.sides, ids[each.label.casefold()]) for each in found]
    return {"boxes": boxes, "version": classes.version, "classes": classes.classes}


def written(folder: AnnotatedFolder, format: str, file: Path, pictures: bool) -> None:
    """Write an export into a folder of its own."""
    file.parent.mkdir(mode=0o700, parents=True)
    exchange.export(folder, format, file, pictures)
