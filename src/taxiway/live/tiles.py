"""Pictures of the latent map: rendered in small batches while nobody plays, kept while they fit."""

import asyncio
import logging
import time
from asyncio import sleep
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from PIL import Image as PillowImage

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import File, Image, Vector
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.images import Pixels, encode_jpeg
from taxiway.latent.field import field, tile_point
from taxiway.live.controls import Controls

if TYPE_CHECKING:
    from taxiway.engine import Engine

log = logging.getLogger("taxiway.live")

TILE_SIZE = 128
TILE_QUALITY = 80
BATCH = 8
BATCH_SECONDS = 0.15
"""A batch should take no longer, since somebody may begin to play meanwhile."""
PLAY_SECONDS = 0.25
MOST_WAITING = 256
CACHE_BYTES = 64 * 2**20

Key = Hashable


class Wanted(Struct, frozen=True):
    """A cell of the map that somebody asks for; `request` is their name for it."""

    field_seed: int
    level: int
    i: int
    j: int
    similarity: float
    request: int


class Tile(Struct, frozen=True):
    """The answer to a request; `jpeg` is empty if it could not be rendered now."""

    request: int
    jpeg: bytes = b""
    width: int = 0
    height: int = 0
    render_ms: float = 0.0


Deliver = Callable[[Tile], None]


class Job(Struct, frozen=True):
    """A request on its way: the map's seed, the point on it, and whom to tell."""

    request: int
    field_seed: int
    point: tuple[float, float]
    deliver: Deliver


class Cache:
    """Tiles by what made them; the ones not seen for longest go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._tiles: OrderedDict[Key, Tile] = OrderedDict()

    def get(self, key: Key) -> Tile | None:
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def put(self, key: Key, tile: Tile) -> None:
        before = self._tiles.pop(key, None)
        self._tiles[key] = tile
        self._size += len(tile.jpeg) - (len(before.jpeg) if before else 0)
        while self._size > self._limit:
            _, oldest = self._tiles.popitem(last=False)
            self._size -= len(oldest.jpeg)


class Tiles:
    """Answers requests in the order asked, one asker after the other, with the current controls.

    Waits while the live input is newer than 250 ms. A tile is known by its point, so that a cell is
    found again one level deeper, where it has another name.
    """

    def __init__(
        self,
        engine: "Engine",
        model: str,
        controls: Controls,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.command: Command | None = None
        self._engine = engine
        self._model = model
        self._controls = controls
        self._cache = Cache(cache_bytes)
        self._waiting: OrderedDict[Hashable, deque[Job]] = OrderedDict()
        self._filled = asyncio.Event()
        self._batch = 1

    def ask(self, asker: Hashable, wanted: Wanted, deliver: Deliver) -> None:
        """Have a tile delivered, at once if it is known. Of over 256 waiting the oldest is refused.

        Raises InvalidArgument for a similarity or level out of range.
        """
        point = tile_point(wanted.level, wanted.i, wanted.j, wanted.similarity)
        job = Job(wanted.request, wanted.field_seed, point, deliver)
        known = self._cache.get(_key(job, self._values()))
        if known is not None:
            _answer(job, known, 0.0)
            return
        jobs = self._waiting.setdefault(asker, deque())
        if len(jobs) == MOST_WAITING:
            _answer(jobs.popleft(), None, 0.0)
        jobs.append(job)
        self._filled.set()

    def cancel(self, asker: Hashable) -> None:
        """Forget what that asker waits for."""
        self._waiting.pop(asker, None)

    async def run(self) -> None:
        """Answer for ever."""
        while True:
            await self._time_to_render()
            await self._render(self._take())

    async def _time_to_render(self) -> None:
        while True:
            while not self._waiting:
                self._filled.clear()
                await self._filled.wait()
            pause = PLAY_SECONDS - self._controls.resting()
            if pause <= 0:
                return
            await sleep(pause)

    def _take(self) -> list[Job]:
        """As many jobs as fit the time for a batch, one of each asker in turn."""
        batch: list[Job] = []
        while self._waiting and len(batch) < self._batch:
            asker, jobs = self._waiting.popitem(last=False)
            batch.append(jobs.popleft())
            if jobs:
                self._waiting[asker] = jobs
        return batch

    async def _render(self, batch: list[Job]) -> None:
        values = self._values()
        keys = [_key(job, values) for job in batch]
        missing = {
            key: job for key, job in zip(keys, batch, strict=True) if self._cache.get(key) is None
        }
        started = time.monotonic()
        draws = [self._draw(job, values) for job in missing.values()]
        results = await asyncio.gather(*draws, return_exceptions=True)
        seconds = time.monotonic() - started
        for key, result in zip(missing, results, strict=True):
            self._keep(key, result)
        if missing:
            self._batch = max(1, min(BATCH, int(BATCH_SECONDS * len(missing) / (seconds + 1e-9))))
        for key, job in zip(keys, batch, strict=True):
            _answer(job, self._cache.get(key), seconds * 1000)

    def _keep(self, key: Key, result: Tile | BaseException) -> None:
        if isinstance(result, Tile):
            self._cache.put(key, result)
        elif not isinstance(result, TaxiwayError):
            log.error("A tile could not be made", exc_info=result)

    async def _draw(self, job: Job, values: Values) -> Tile:
        command = self.command
        if command is None:
            raise NotFound(f"'{self._model}' has not been set up yet.")
        z = field(job.field_seed, length_of_z(command)).z([job.point])[0]
        values = {**values, "z": z}
        if "size" in command.inputs:
            values["size"] = TILE_SIZE
        outputs = await self._engine.run(self._model, values)
        return await asyncio.to_thread(_shrink, outputs[image_name(command)])

    def _values(self) -> Values:
        """The controls that a tile shares with the live picture: all but the vector."""
        return {
            name: value
            for name, value in self._controls.values().items()
            if name != "seed" and not isinstance(value, np.ndarray)
        }


def plays_live(command: Command) -> bool:
    """Whether it is an instrument: z in, a picture out, and no photo or file that comes first
    (but for one with a default).

    Such a model shows a picture before anyone asks, on a map and by faders.
    """
    takes_z = isinstance(command.inputs.get("z"), Vector)
    gives_picture = any(isinstance(output, Image) for output in command.outputs.values())
    heavy = any(
        (field.holds_pictures or isinstance(field, File)) and not isinstance(field.fallback, str)
        for field in command.inputs.values()
    )
    return takes_z and gives_picture and not heavy


def length_of_z(command: Command) -> int:
    """How many numbers the command's z takes; InvalidArgument if it has none."""
    z = command.inputs.get("z")
    if not isinstance(z, Vector):
        raise InvalidArgument(f"'{command.name}' has no z to set.", "z")
    return z.length


def image_name(command: Command) -> str:
    """The name of the command's picture; NotFound if it makes none."""
    for name, output in command.outputs.items():
        if isinstance(output, Image):
            return name
    raise NotFound(f"'{command.name}' makes no picture.")


def _key(job: Job, values: Values) -> Key:
    return (job.field_seed, job.point, repr(sorted(values.items())))


def _answer(job: Job, tile: Tile | None, render_ms: float) -> None:
    if tile is None:
        job.deliver(Tile(job.request))
    else:
        job.deliver(Tile(job.request, tile.jpeg, tile.width, tile.height, render_ms))


def _shrink(pixels: Pixels) -> Tile:
    picture: Any = PillowImage.fromarray(pixels)
    if max(picture.size) > TILE_SIZE:
        picture.thumbnail((TILE_SIZE, TILE_SIZE), PillowImage.Resampling.BICUBIC, reducing_gap=2)
    jpeg = encode_jpeg(np.asarray(picture.convert("RGB")), TILE_QUALITY)
    return Tile(0, jpeg, *picture.size)
