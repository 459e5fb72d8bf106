"""A model in a thread of this process, for notebooks and tests: no start, and no protection."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, cast

import msgspec
import numpy as np

from taxiway.core.errors import ModelFailed
from taxiway.core.faults import words_of
from taxiway.core.model import Model, ModelSpec
from taxiway.core.twins import twin_of
from taxiway.engine import worker
from taxiway.engine.executor import Died, OnPart, Result
from taxiway.engine.messages import (
    KINDS,
    Answers,
    CallError,
    CallOutputs,
    Codec,
    Message,
    News,
    Part,
    Predict,
    Ready,
    results_of,
)

Crossing = TypeVar("Crossing", bound=Message)
BESIDE = 2
"""What an array's place in a list is sent as; `messages.ARRAY` is one within the message."""
PATIENCE = 10.0
"""Seconds that a model has to end what it works on, before its thread is left to itself."""


class ThreadExecutor:
    """One thread holding one model; an `engine.executor.Executor`.

    Everything crosses as it would to a process, so that a model which works here works there too.
    `stop` waits for what the model works on, but for no more than one part of it, nor for one that
    hangs: nothing ends a thread but the process, which does not wait for it.
    """

    pid: int | None = None
    at_once = live_at_once = 1
    died = False
    hold_seconds = 0.0
    on_news: Callable[[News], None] = staticmethod(lambda news: None)
    on_words: Callable[[str], None] = staticmethod(lambda words: None)
    on_facts: Callable[[dict[str, Any]], None] = staticmethod(lambda facts: None)

    def __init__(self, spec: ModelSpec, on_death: Callable[[], None]) -> None:
        self.spec = spec
        self._on_death = on_death
        self._loop = asyncio.get_running_loop()
        self._work = SimpleQueue[tuple[asyncio.Future[Any], Callable[..., Any], Any] | None]()
        self._thread = Thread(target=self._works, name=f"taxiway-{spec.name}", daemon=True)
        self._model: Model | None = None
        self._is_stopped = False

    async def start(self) -> Ready:
        """Set the model up in the thread."""
        self._thread.start()
        ready: Ready = await self._done(self._set_up)
        return ready

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Answer a batch in the thread."""

        async def take(part: Part) -> bool:
            return on_part(results_of(part.answers), part.progress) and not self._is_stopped

        def show(part: Part) -> bool:
            return asyncio.run_coroutine_threadsafe(take(crossed(part)), self._loop).result()

        answers = await self._done(self._answer, request, show)
        if any(isinstance(each, CallError) and each.is_last for each in answers):
            self.died = True
            self._on_death()
        return results_of(answers)

    async def death(self) -> Died:
        """A thread does not end by itself, but its model may be spent."""
        return Died("it could not go on")

    async def stop(self) -> None:
        """Wait for the model to end what it works on, and let go of it."""
        self._is_stopped = True
        self._work.put(None)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, PATIENCE)
        self._model = None
        gc.collect()

    def _done(self, call: Callable[..., Any], *given: Any) -> "asyncio.Future[Any]":
        """What a call in the thread gives, or raises."""
        future = self._loop.create_future()
        self._work.put((future, call, given))
        return future

    def _works(self) -> None:
        while not self._is_stopped and (work := self._work.get()) is not None:
            self._do(*work)
            del work  # else what it was given would live until the next

    def _do(self, future: "asyncio.Future[Any]", call: Callable[..., Any], given: Any) -> None:
        outcome: Any = None
        try:
            outcome, tell = call(*given), future.set_result
        except Exception as error:
            outcome, tell = error, future.set_exception
        except BaseException as error:  # as of sys.exit: it ends the model, and no server
            outcome, tell = Died(words_of(error)), future.set_exception
        with suppress(RuntimeError):  # of a loop that is closed
            self._loop.call_soon_threadsafe(_told, future, tell, outcome)

    def _set_up(self) -> Ready:
        try:
            self._model, facts = worker.start(self.spec)
            return crossed(Ready(self._model.commands, facts))
        except (Exception, SystemExit) as error:
            raise ModelFailed(worker.failure_of(error, self.spec).message) from None

    def _answer(
        self, request: Predict, show: Callable[[Part], bool]
    ) -> list[CallOutputs | CallError]:
        assert self._model is not None
        request = crossed(request)
        answers = worker.answers_to(self._model, request, show)
        codec = ThreadCodec()
        answered = codec.unpack(worker.packed(codec, answers))
        assert isinstance(answered, Answers)
        return answered.answers


def _told(future: "asyncio.Future[Any]", tell: Callable[[Any], None], outcome: Any) -> None:
    """Tell of an outcome, if anybody waits for it."""
    if not future.done():
        tell(outcome)


class ThreadCodec(Codec):
    """Packs messages for this process alone: an array is copied once, beside the message.

    A picture with a twin is not copied at all, since a copy has none, and nothing can change it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._arrays: list[Any] = []

    def _pack_array(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in KINDS:
            return super()._pack_array(value)
        self._arrays.append(value.copy() if twin_of(value) is None else value)
        return msgspec.msgpack.Ext(BESIDE, msgspec.msgpack.encode(len(self._arrays) - 1))

    def _unpack_array(self, code: int, data: memoryview) -> Any:
        if code != BESIDE:
            return super()._unpack_array(code, data)
        return self._arrays[msgspec.msgpack.decode(data)]


def crossed(message: Crossing) -> Crossing:
    """What the other side of a process's edge would have of a message."""
    codec = ThreadCodec()
    return cast(Crossing, codec.unpack(codec.pack(message)))


SLOT = ThreadExecutor
