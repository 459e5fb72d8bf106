"""A batch that an executor works on: its time limit, its parts, its answers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from taxiway.core.callers import NAME
from taxiway.core.command import Values
from taxiway.core.errors import TaxiwayError
from taxiway.core.model import Progress
from taxiway.engine.batch import Call
from taxiway.engine.executor import Hung, OnPart, Result
from taxiway.engine.messages import Predict

Ask = Callable[[Predict, OnPart], Awaitable[list[Result]]]
"""An executor's `predict`, or what asks it."""


class Work:
    """Calls of one command that are asked together, and answered each."""

    def __init__(self, calls: Sequence[Call], seconds: float | None) -> None:
        self._calls = calls
        self._seconds = seconds
        self._limit: asyncio.Timeout | None = None

    async def done(self, ask: Ask, lost: Callable[[BaseException], TaxiwayError]) -> None:
        """Ask, and answer every call; those that are lost get what `lost` says of it.

        Raises Hung if nothing comes for the time that it may take, or what `ask` raises.
        """
        try:
            results = await self._asked(ask)
        except BaseException as error:
            self.resolve(lost(error))
            raise
        for call, result in zip(self._calls, results, strict=True):
            call.resolve(result)

    def resolve(self, error: TaxiwayError) -> None:
        """Give every call that error."""
        for call in self._calls:
            call.resolve(error)

    async def _asked(self, ask: Ask) -> list[Result]:
        try:
            async with asyncio.timeout(self._seconds) as self._limit:
                return await ask(request_of(self._calls), self._give)
        except TimeoutError:
            raise Hung(f"no answer within {self._seconds:g} s") from None

    def _give(self, results: Sequence[Result | None], progress: Progress | None) -> bool:
        """Pass a part on; whether anybody waits for the rest."""
        if self._limit is not None and self._seconds is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
        for call, result in zip(self._calls, results, strict=True):
            call.give(result, progress)
        return not all(call.future.done() for call in self._calls)


def request_of(calls: Sequence[Call]) -> Predict:
    """What the worker is asked for a batch."""
    return Predict(
        calls[0].command.name,
        [inputs_of(call) for call in calls],
        [call.formats for call in calls],
        [call.played for call in calls],
        requests=[call.request for call in calls if call.request],
    )


def inputs_of(call: Call) -> Values:
    """What the model is given of a call."""
    return {**call.inputs, NAME: call.caller} if call.command.by_caller else call.inputs
