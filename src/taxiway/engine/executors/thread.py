"""A model in a thread of this process, for notebooks and tests: no start, and no protection."""

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import msgspec
import numpy as np

from taxiway.core.errors import ModelFailed
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


class ThreadExecutor:
    """One thread holding one model; an `engine.executor.Executor`.

    Everything crosses as it would to a process, so that a model which works here works there too.
    `stop` waits for what the model works on, but for no more than one part of it.
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
        self._thread = ThreadPoolExecutor(1, f"taxiway-{spec.name}")
        self._model: Model | None = None
        self._is_stopped = False

    async def start(self) -> Ready:
        """Set the model up in the thread."""
        return await self._loop.run_in_executor(self._thread, self._set_up)

    async def predict(self, request: Predict, on_part: OnPart) -> list[Result]:
        """Answer a batch in the thread."""

        async def take(part: Part) -> bool:
            return on_part(results_of(part.answers), part.progress) and not self._is_stopped

        def show(part: Part) -> bool:
            return asyncio.run_coroutine_threadsafe(take(_crossed(part)), self._loop).result()

        answers = await self._loop.run_in_executor(self._thread, self._answer, request, show)
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
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        self._model = None
        gc.collect()

    def _set_up(self) -> Ready:
        try:
            self._model, facts = worker.start(self.spec)
            return _crossed(Ready(self._model.commands, facts))
        except (Exception, SystemExit) as error:
            raise ModelFailed(worker.failure_of(error, self.spec).message) from None

    def _answer(
        self, request: Predict, show: Callable[[Part], bool]
    ) -> list[CallOutputs | CallError]:
        assert self._model is not None
        request = _crossed(request)
        answers = worker.answers_to(self._model, request, show)
        codec = ThreadCodec()
        answered = codec.unpack(worker.packed(codec, answers))
        assert isinstance(answered, Answers)
        return answered.answers


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


def _crossed(message: Crossing) -> Crossing:
    """What the other side of a process's edge would have of a message."""
    codec = ThreadCodec()
    return cast(Crossing, codec.unpack(codec.pack(message)))


SLOT = ThreadExecutor
