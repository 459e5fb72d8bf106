"""Whose turn is next: who had least of late goes first, and nobody has more at work than his share.

Start-time fair queueing (Goyal, Vin and Cheng, 1996) of requests that cost the same: the turns of
a caller are numbered on, and the lowest number goes first, whoever's it is. Who is away saves no
turns up, but for a few, which make good what others took between two requests of his.
"""

import heapq
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Self

from msgspec import Struct, field

ACTIVE_SECONDS = 10.0
"""Who asked within this time has a share kept for him."""
SAVED = 8
"""Turns by which who was away may be ahead."""
ALWAYS = 2
"""At work whosever they are: one that the model has, and one that is ready for it."""

Ticket = int


class Caller(Struct):
    """Somebody's requests: the number of his last turn, how many are at work, and who waits."""

    turn: float = 0.0
    at_work: int = 0
    waiting: deque[Ticket] = field(default_factory=deque)
    seen: float = 0.0


class Turns:
    """Requests of which `most` are at work at once. `shared` of them are for those who ask of late,
    in equal shares; each may have `more` than his.
    """

    def __init__(
        self,
        most: int,
        shared: int | None = None,
        more: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._shared = most if shared is None else shared
        self._more = more
        self._clock = clock
        self._callers: OrderedDict[Hashable, Caller] = OrderedDict()
        self._at_work: deque[Hashable] = deque()
        self._first: list[tuple[float, Ticket, Hashable]] = []
        """A heap of each caller's first, but for those held up; some are gone by now."""
        self._held_up: set[Hashable] = set()
        self._highest = 0.0
        self._tickets = self._begun = 0
        self.waiting = 0
        """How many wait."""

    def enter(self, who: Hashable) -> Ticket:
        """Wait for a turn, which `begin` gives."""
        caller = self._seen(who)
        self._tickets += 1
        self.waiting += 1
        caller.waiting.append(self._tickets)
        if len(caller.waiting) == 1:
            caller.turn = max(caller.turn, self._highest - SAVED)
            self._push(who)
        return self._tickets

    def begin(self) -> tuple[Hashable, Ticket, int] | None:
        """Whose request is at work now, and the number by which the model shall take it, the
        lowest first; None if nobody's can be.
        """
        while self._first and len(self._at_work) < self._most:
            turn, ticket, who = heapq.heappop(self._first)
            caller = self._callers.get(who)
            if caller is None or not caller.waiting or caller.waiting[0] != ticket:
                continue
            if caller.at_work >= self._share() and len(self._at_work) >= ALWAYS:
                self._held_up.add(who)
                continue
            caller.waiting.popleft()
            caller.at_work += 1
            caller.turn = turn
            self._highest = max(self._highest, turn)
            self.waiting -= 1
            self._at_work.append(who)
            self._push(who)
            self._begun += 1
            # A round later for each that he has at work already: the first of others goes first.
            return who, ticket, self._begun + (caller.at_work - 1) * len(self._callers)
        return None

    def finish(self, who: Hashable) -> None:
        """Be at work no more."""
        self._seen(who).at_work -= 1
        self._at_work.remove(who)
        again = set(self._held_up) if len(self._at_work) < ALWAYS else self._held_up & {who}
        self._held_up -= again
        for each in again:
            self._push(each)

    def leave(self, who: Hashable, ticket: Ticket) -> None:
        """Wait no more."""
        waiting = self._callers[who].waiting
        was_first = waiting[0] == ticket
        waiting.remove(ticket)
        self.waiting -= 1
        if not waiting:
            self._held_up.discard(who)
        elif was_first and who not in self._held_up:
            self._push(who)

    def of(self, who: Hashable) -> list[Ticket]:
        """What waits of a caller."""
        return list(self._callers[who].waiting) if who in self._callers else []

    def longest(self) -> Hashable:
        """Of whom most wait."""
        return max(self._callers, key=lambda who: len(self._callers[who].waiting))

    def place(self, ticket: Ticket) -> int:
        """How many turns it is until that of a request which waits, 1 for the next, if those at
        work end in order and nobody comes."""
        then = self._copy()
        place = 0
        while True:
            while begun := then.begin():
                place += 1
                if begun[1] == ticket:
                    return place
            then.finish(then._at_work[0])

    def _copy(self) -> Self:
        then = object.__new__(type(self))
        then.__dict__.update(self.__dict__)
        then._callers = OrderedDict(
            (who, Caller(caller.turn, caller.at_work, caller.waiting.copy(), caller.seen))
            for who, caller in self._callers.items()
        )
        then._at_work = self._at_work.copy()
        then._first = self._first.copy()
        then._held_up = self._held_up.copy()
        return then

    def _share(self) -> int:
        return max(1, self._shared // len(self._callers)) + self._more

    def _push(self, who: Hashable) -> None:
        caller = self._callers[who]
        if caller.waiting:
            heapq.heappush(self._first, (caller.turn + 1, caller.waiting[0], who))

    def _seen(self, who: Hashable) -> Caller:
        """Know the caller, and forget who has not asked of late."""
        now = self._clock()
        caller = self._callers.setdefault(who, Caller())
        caller.seen = now
        self._callers.move_to_end(who)
        while True:
            name, oldest = next(iter(self._callers.items()))
            if oldest.seen >= now - ACTIVE_SECONDS:
                return caller
            if oldest.at_work or oldest.waiting:
                oldest.seen = now
                self._callers.move_to_end(name)
            else:
                del self._callers[name]
