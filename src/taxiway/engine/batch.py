"""The queue before a worker: bounded, gathers calls of one command, newest wins when live."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from taxiway.core.callers import caller, turn_number
from taxiway.core.command import Command, Values
from taxiway.core.errors import Busy, Superseded, TaxiwayError
from taxiway.core.logs import request_id
from taxiway.core.model import Finished, Progress
from taxiway.engine.messages import Formats, Played

_order = count()


OnPart = Callable[[Values, Progress | None], None]
"""Takes what there is of an answer so far (nothing, where only its progress came)."""


@dataclass(eq=False)
class Call:
    """One call waiting for its answer, and for parts of it where someone wants them."""

    command: Command
    inputs: Values
    live: str | None = None
    on_part: OnPart | None = None
    formats: Formats | None = None
    """Those of a caller who wants JPEGs as data URIs, not their pixels."""
    future: "asyncio.Future[Values]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    rests: bool = False
    """Whether what is played rests, so that this picture stays."""
    number: int = field(default_factory=lambda: next(_order))
    request: str = field(default_factory=request_id.get)
    """The name of the request that it came by, if any."""
    caller: str = field(default_factory=caller.get)
    turn: int = field(default_factory=turn_number.get)
    began: float = field(default_factory=time.perf_counter)
    taken: float | None = None
    """When the worker got it, if it did."""

    @property
    def key(self) -> str | int:
        """By which a queue knows it."""
        return self.number if self.live is None else self.live

    @property
    def played(self) -> Played:
        """Whether it is of something that is played."""
        return "no" if self.live is None else "resting" if self.rests else "moving"

    def seconds(self) -> tuple[float, float]:
        """How long it waited, and how long it was worked on, up to now."""
        now = time.perf_counter()
        taken = now if self.taken is None else self.taken
        return taken - self.began, now - taken

    def resolve(self, result: Values | TaxiwayError | Exception) -> None:
        """Give the caller its answer, unless it has gone."""
        if self.future.done():
            return
        if isinstance(result, Exception):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)

    def give(self, result: Values | TaxiwayError | None, progress: Progress | None) -> None:
        """Give the caller a part of its answer, or all of it; an error comes with the answer."""
        if isinstance(result, Finished):
            self.resolve(dict(result))
        outputs = result if isinstance(result, dict) else {}
        if self.on_part is not None and not self.future.done() and (outputs or progress):
            self.on_part(outputs, progress)


class CallQueue:
    """Calls in the order of their turns, of one turn in that in which they came; at most `limit`,
    live ones not counted.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._calls: OrderedDict[str | int, Call] = OrderedDict()
        self._stirred = asyncio.Event()

    def __len__(self) -> int:
        return len(self._calls)

    def put(self, call: Call) -> None:
        """Add a call. A live one replaces what its caller still has waiting (Superseded).

        Raises Busy when the queue is full.
        """
        if call.live is not None:
            older = self._calls.pop(call.live, None)
            if older is not None:
                older.resolve(Superseded("A newer change took this one's place."))
        elif len(self._calls) >= self.limit:
            raise Busy(f"The model has {self.limit} requests waiting; try again in a moment.")
        self._calls[call.key] = call
        self._stirred.set()

    def drop(self, call: Call) -> None:
        """Leave a call out whose caller has gone, if it is still here."""
        if self._calls.get(call.key) is call:
            del self._calls[call.key]

    async def woken(self, seconds: float | None = None) -> bool:
        """Wait for the next call, or for `wake`; whether it came within that time."""
        self._stirred.clear()
        if seconds is None:
            return await self._stirred.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        return self._stirred.is_set()

    def wake(self) -> None:
        """Wake whoever waits for calls: there is something else to look at."""
        self._stirred.set()

    def take(self) -> list[Call]:
        """The next call and those of the same command, up to its batch; none if there is none.

        Nobody waits for company: while the worker is busy calls gather by themselves.
        """
        waiting = sorted(self._calls.items(), key=lambda each: each[1].turn)
        if not waiting:
            return []
        command = waiting[0][1].command
        keys = [key for key, call in waiting if call.command is command]
        taken = [self._calls.pop(key) for key in keys[: command.max_batch]]
        for call in taken:
            call.taken = time.perf_counter()
        return taken

    def fail(self, error: TaxiwayError) -> None:
        """Give every waiting call that error."""
        while self._calls:
            self._calls.popitem(last=False)[1].resolve(error)
