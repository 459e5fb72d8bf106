"""What runs on the machines of a cluster: a replica of a model, and the files that it needs."""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from taxiway.catalog.folder import data_path
from taxiway.core import declaration
from taxiway.core.logs import request_id
from taxiway.core.model import Model
from taxiway.engine import worker
from taxiway.engine.messages import Codec, News, Part, Predict, Ready
from taxiway.engine.remote_worker import PIECE, Bag, missing_of, unpacked
from taxiway.engine.spare_time import SpareTime


class Library:
    """Hands out a model's files, by SHA-256, from the machine that they lie on."""

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places

    def piece(self, digest: str, offset: int) -> bytes:
        """The next piece of a file; b"" at its end. Raises KeyError for any other file."""
        with Path(self._places[digest]).open("rb") as file:
            file.seek(offset)
            return file.read(PIECE)


class Pieces:
    """The missing files of a bag, one after the other, as `unpacked` receives them."""

    def __init__(self, digests: list[str], piece: Callable[[str, int], bytes]) -> None:
        self._digests, self._piece = digests, piece
        self._offset = 0

    def receive(self) -> bytes:
        """The next piece."""
        while True:
            data = self._piece(self._digests[0], self._offset)
            if data:
                self._offset += len(data)
                return data
            self._digests.pop(0)
            self._offset = 0


Reply = tuple[bytes, bytes]
"""A packed message, and packed News if the model has found something out, else b""."""


class Replica:
    """One model in one thread; it answers batches, as packed messages.

    A model that cannot be set up says why by `ready`, or Ray would try it again and again.
    """

    def __init__(self, bag: bytes, piece: Callable[[str, int], bytes]) -> None:
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "model")
        self._model: Model | None = None
        self._news = b""
        self._arrived = threading.Event()
        self._ready = self._thread.submit(self._set_up, bag, piece).result()
        self._spare = SpareTime(self._model, self._learn) if self._model else None

    async def ready(self) -> bytes:
        """Packed Ready or Failed."""
        return self._ready

    async def predict(self, request: bytes) -> Reply:
        """The packed Answers to a packed Predict; parts are passed over."""
        return await self._in_thread(request, lambda part: True)

    async def parts(self, request: bytes) -> AsyncIterator[Reply]:
        """What a model yields, packed, then the packed Answers; it stops once nobody listens."""
        loop = asyncio.get_running_loop()
        given: asyncio.Queue[bytes] = asyncio.Queue(1)
        is_over = threading.Event()

        def show(part: Part) -> bool:
            if not is_over.is_set():
                putting = given.put(Codec().pack(part))
                asyncio.run_coroutine_threadsafe(putting, loop).result()
            return not is_over.is_set()

        answering = asyncio.ensure_future(self._in_thread(request, show))
        try:
            while not (answering.done() and given.empty()):
                taking = asyncio.ensure_future(given.get())
                await asyncio.wait([taking, answering], return_when=asyncio.FIRST_COMPLETED)
                if taking.done():
                    yield taking.result(), b""
                else:
                    taking.cancel()
            yield answering.result()
        finally:
            is_over.set()
            if not given.empty():
                given.get_nowait()  # or the model would wait for room

    async def _in_thread(self, request: bytes, show: Callable[[Part], bool]) -> Reply:
        self._arrived.set()
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._thread, self._answer, request, show)
        if self._spare is not None and hasattr(self._model, "spare_work"):
            self._thread.submit(self._spare.use, self._arrived.wait)
        news, self._news = self._news, b""
        return answers, news

    def _answer(self, request: bytes, show: Callable[[Part], bool]) -> bytes:
        self._arrived.clear()
        codec = Codec()
        asked = codec.unpack(request)
        assert isinstance(asked, Predict)
        assert self._model is not None
        request_id.set(" ".join(asked.requests))
        began = time.perf_counter()
        answers = worker.answers_to(self._model, asked, show)
        return worker.packed(codec, answers, (time.perf_counter() - began) * 1000)

    def _set_up(self, packed: bytes, piece: Callable[[str, int], bytes]) -> bytes:
        bag = msgspec.msgpack.decode(packed, type=Bag)
        try:
            spec = placed(bag, piece, data_path() / "carried")
            self._model, facts = worker.start(spec)
            return Codec().pack(Ready(self._model.commands, facts))
        except (Exception, SystemExit) as error:
            return Codec().pack(worker.failure_of(error, bag.spec))

    def _learn(self) -> None:
        assert self._model is not None
        declaration.check_commands(self._model, "model")
        self._news = Codec().pack(News(self._model.commands, worker.facts_of(self._model)))


def placed(bag: Bag, piece: Callable[[str, int], bytes], folder: Path) -> Any:
    """The model with its files as they lie here, those fetched that were missing."""
    missing = missing_of(bag, folder)
    return unpacked(Pieces(list(missing), piece), bag, missing, folder)  # type: ignore[arg-type]
