"""The line before a model: a few requests are at work, who waits comes by turns, token by token.

Round robin (after Nagle, RFC 970): one who asks a hundred times at once waits behind himself, not
thirty others behind him.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from msgspec import Struct

from taxiway.core.errors import Busy

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


class Line:
    """Turns at one model."""

    def __init__(
        self,
        name: str,
        at_work: int = AT_WORK,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._free = at_work
        self._most = most
        self._clock = clock
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}
        self._pace: float | None = None
        self._last: float | None = None

    @asynccontextmanager
    async def turn(self, who: Hashable) -> AsyncIterator[int]:
        """Wait for a turn, and have it within the block; gives the place that it was, 0 for none.

        Raises Busy in whoever has most in a line that is full.
        """
        place = 0
        if self._free:
            self._free -= 1
        else:
            place = await self._wait(who)
        try:
            yield place
        finally:
            self._note()
            self._next()

    def place(self, who: Hashable) -> Place:
        """Where a caller is in the line."""
        waiting = self._length()
        if who not in self._waiting:
            return Place(waiting)
        place = self._ahead(who, 0) + 1
        return Place(waiting, place, None if self._pace is None else round(place * self._pace, 1))

    async def _wait(self, who: Hashable) -> int:
        if self._length() >= self._most:
            self._part_with_one(who)
        turn = asyncio.get_running_loop().create_future()
        own = self._waiting.setdefault(who, deque())
        own.append(turn)
        place = self._ahead(who, len(own) - 1) + 1
        try:
            await turn
        except BaseException:
            self._leave(who, turn)
            raise
        return place

    def _leave(self, who: Hashable, turn: "asyncio.Future[None]") -> None:
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self._next()  # it was its turn, and it has gone
        elif turn in self._waiting.get(who, ()):
            self._waiting[who].remove(turn)
            if not self._waiting[who]:
                del self._waiting[who]

    def _part_with_one(self, who: Hashable) -> None:
        """Make room: the newest request of who has most goes, if that is not who asks for it."""
        largest = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[largest]) <= len(self._waiting.get(who, ())) + 1:
            raise Busy(f"{self._most} requests to '{self._name}' are in line.")
        turn = self._waiting[largest].pop()
        turn.set_exception(Busy(f"{self._most} requests to '{self._name}' are in line."))

    def _next(self) -> None:
        """Give the turn that is free to the next caller, who then is the last of them."""
        for who in list(self._waiting):
            own = self._waiting.pop(who)
            while own:
                turn = own.popleft()
                if own:
                    self._waiting[who] = own
                if not turn.done():
                    turn.set_result(None)
                    return
            self._waiting.pop(who, None)
        self._free += 1

    def _ahead(self, who: Hashable, index: int) -> int:
        """How many have a turn before a caller's request of that index."""
        before, is_before = index, True
        for each, own in self._waiting.items():
            if each == who:
                is_before = False
            else:
                before += min(len(own), index + is_before)
        return before

    def _length(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _note(self) -> None:
        """Measure how far apart answers are while there is a line."""
        now = self._clock()
        if self._last is not None and self._waiting:
            took = now - self._last
            known = took if self._pace is None else self._pace
            self._pace = known + SMOOTHING * (took - known)
        self._last = now if self._waiting else None
