"""Answers in parts: whoever takes them slower than they come gets the newest, not all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any

from msgspec import Struct

from taxiway.core.model import Progress
from taxiway.engine.batch import OnPart


class Part(Struct, frozen=True):
    """All that there is of an answer's outputs so far, and how far it is; the last is the answer.

    `news` are those of `outputs` that came since the part before.
    """

    outputs: Mapping[str, Any]
    progress: Progress | None = None
    is_last: bool = False
    news: Mapping[str, Any] = {}


class NewestPart:
    """A place for one part; what comes before it was taken is merged into it."""

    def __init__(self) -> None:
        self._outputs: dict[str, Any] = {}
        self._news: dict[str, Any] = {}
        self._progress: Progress | None = None
        self._changed = asyncio.Event()
        self._has_ended = False

    def give(self, outputs: Mapping[str, Any], progress: Progress | None) -> None:
        """Put a part there."""
        self._news.update(outputs)
        self._progress = progress or self._progress
        self._changed.set()

    def end(self) -> None:
        """There will be no other; one that was not taken is of the past."""
        self._has_ended = True
        self._changed.set()

    async def take(self) -> Part | None:
        """Wait for the next part; None after the end."""
        await self._changed.wait()
        if self._has_ended:
            return None
        self._changed.clear()
        self._outputs = {**self._outputs, **self._news}
        news, self._news = self._news, {}
        return Part(self._outputs, self._progress, news=news)


class Reports:
    """A task that takes the parts of one call, from the first on, until the block ends.

    Most models answer at once: for them there is nothing to report, and no task. `report` takes
    the parts; `ended` is called where there were any.
    """

    def __init__(
        self,
        report: Callable[[NewestPart], Coroutine[Any, Any, None]],
        ended: Callable[[], None],
    ) -> None:
        self._report, self._ended = report, ended
        self._reporting: tuple[NewestPart, asyncio.Task[None]] | None = None

    async def __aenter__(self) -> OnPart:
        return self._give

    async def __aexit__(self, *_: object) -> None:
        if self._reporting is not None:
            task = self._reporting[1]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._ended()

    def _give(self, outputs: Mapping[str, Any], progress: Progress | None) -> None:
        if self._reporting is None:
            newest = NewestPart()
            self._reporting = newest, asyncio.create_task(self._report(newest))
        self._reporting[0].give(outputs, progress)


async def streamed(
    ask: Callable[[OnPart], Awaitable[Mapping[str, Any]]],
) -> AsyncIterator[Part]:
    """The parts of what `ask` answers, to be called with where they go; the answer is the last.

    Who stops iterating, and closes the iterator, cancels the question. Raises as `ask` does.
    """
    newest = NewestPart()
    asked = asyncio.ensure_future(ask(newest.give))
    asked.add_done_callback(lambda _: newest.end())
    try:
        while (part := await newest.take()) is not None:
            yield part
        yield Part(await asked, is_last=True)
    finally:
        asked.cancel()
