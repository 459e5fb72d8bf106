"""The line before a model: a few requests are at work, the others wait for their turn, which goes
by who has had least of late.

One who asks a hundred times at once waits behind himself, not thirty others behind him.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from msgspec import Struct

from taxiway.core.callers import turn_number
from taxiway.core.errors import Busy
from taxiway.hosting.turns import Ticket, Turns

AT_WORK = 16
"""Requests that are the model's to answer; from these it makes its batches."""
MOST = 512
"""Requests that may wait for one model."""
SMOOTHING = 0.1


class Place(Struct, frozen=True):
    """How long a line is, which place of it is a caller's first (None if he does not wait), and in
    how many seconds about he is answered (None where that is not known)."""

    waiting: int
    place: int | None = None
    seconds: float | None = None


class Rounds:
    """Turns of all lines of a server, one in each round of the event loop.

    What was begun goes on first, so that a server without time left lets requests wait in line,
    where turns are even, and not in the heap of what the loop has to do.
    """

    def __init__(self) -> None:
        self._due: deque[Callable[[], bool]] = deque()
        self._goes_on = False

    def ask(self, give: Callable[[], bool]) -> None:
        """Have `give` called until it gives nothing."""
        if give not in self._due:
            self._due.append(give)
        if not self._goes_on:
            self._go_on()

    def _go_on(self) -> None:
        self._goes_on = False
        while self._due and not self._goes_on:
            give = self._due.popleft()
            if give():
                self._due.append(give)
                self._goes_on = True
                asyncio.get_running_loop().call_soon(self._go_on)


class Line:
    """Turns at `name`: `at_work` at once of all, of which each who asks of late has an equal share
    of `shared` and `more` (see `turns`).
    """

    def __init__(
        self,
        name: str,
        at_work: int = AT_WORK,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
        shared: int | None = None,
        more: int = 0,
        rounds: "Rounds | None" = None,
    ) -> None:
        self._rounds = rounds or Rounds()
        self._name = name
        self._most = most
        self._clock = clock
        self._turns = Turns(at_work, shared, more, clock)
        self._waiting: dict[Ticket, asyncio.Future[int]] = {}
        self._pace: float | None = None
        self._last: float | None = None

    @asynccontextmanager
    async def turn(self, who: Hashable) -> AsyncIterator[int]:
        """Wait for a turn, and have it within the block; gives the place that it was, 0 for none.

        The turn's number goes along with what is asked within, for the model to take the lowest
        first. Raises Busy in whoever has most in a line that is full.
        """
        place = await self._wait(who)
        try:
            yield place
        finally:
            self._note()
            self._done(who)

    def place(self, who: Hashable) -> Place:
        """Where a caller is in the line."""
        waiting, own = self._turns.waiting, self._turns.of(who)
        if not own:
            return Place(waiting)
        place = self._turns.place(own[0])
        return Place(waiting, place, None if self._pace is None else round(place * self._pace, 1))

    async def _wait(self, who: Hashable) -> int:
        if self._turns.waiting >= self._most:
            self._part_with_one(who)
        ticket = self._turns.enter(who)
        turn = self._waiting[ticket] = asyncio.get_running_loop().create_future()
        self._go_on()
        place = 0
        try:
            if not turn.done():
                await asyncio.sleep(0)  # what waits for no more than the next round does not wait
            if not turn.done():
                place = self._turns.place(ticket)
            turn_number.set(await turn)
        except BaseException:
            if self._waiting.pop(ticket, None) is not None:
                self._turns.leave(who, ticket)
            elif not turn.cancelled() and turn.exception() is None:
                self._done(who)  # it was its turn, and it has gone
            raise
        return place

    def _part_with_one(self, who: Hashable) -> None:
        """Make room: the newest request of who has most goes, if that is not who asks for it."""
        largest = self._turns.longest()
        tickets = self._turns.of(largest)
        full = Busy(f"{self._most} requests to {self._name} are in line.")
        if len(tickets) <= len(self._turns.of(who)) + 1:
            raise full
        self._turns.leave(largest, tickets[-1])
        self._waiting.pop(tickets[-1]).set_exception(full)

    def _done(self, who: Hashable) -> None:
        self._turns.finish(who)
        self._go_on()

    def _go_on(self) -> None:
        self._rounds.ask(self._give)

    def _give(self) -> bool:
        """Give a turn, if one is free and somebody waits; whether it did."""
        begun = self._turns.begin()
        if begun is None:
            return False
        who, ticket, number = begun
        turn = self._waiting.pop(ticket)
        if turn.cancelled():
            self._turns.finish(who)
        else:
            turn.set_result(number)
        return True

    def _note(self) -> None:
        """Measure how far apart answers are while there is a line."""
        now = self._clock()
        if self._last is not None and self._turns.waiting:
            took = now - self._last
            known = took if self._pace is None else self._pace
            self._pace = known + SMOOTHING * (took - known)
        self._last = now if self._turns.waiting else None
