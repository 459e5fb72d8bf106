"""How many messages a client may send: a token bucket."""

from collections.abc import Callable, Hashable


class RateLimit:
    """`rate` messages a second on average, and `burst` of them at once; `clock` is in seconds."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left = burst
        self._at = clock()

    def spend(self) -> bool:
        """Take one; False if there is none left."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def owe(self, more: float, most: float) -> None:
        """What was taken turned out to be more: nothing is left until that is made up for.

        No more than `most` is owed in all.
        """
        self._left = max(self._left - more, min(self._left, -most))


class FairLimit:
    """A rate that all senders share; once it is used up, those who send little are still heard.

    Each of the last `senders` has a rate of its own beside it, and all of them together `reserve`,
    so that who sends from ever new addresses gains nothing.
    """

    def __init__(
        self,
        rate: float,
        own: float,
        reserve: float,
        clock: Callable[[], float],
        senders: int = 64,
        burst: float | None = None,
    ) -> None:
        self._burst = burst or rate
        self._shared = RateLimit(rate, self._burst, clock)
        self._reserve = RateLimit(reserve, reserve, clock)
        self._own, self._clock, self._most = own, clock, senders
        self._senders: dict[Hashable, RateLimit] = {}

    def spend(self, sender: Hashable) -> bool:
        """Take one for a sender; False if there is none left for it."""
        if self._shared.spend():
            return True
        own = self._senders.pop(sender, None) or RateLimit(self._own, self._own, self._clock)
        self._senders[sender] = own
        if len(self._senders) > self._most:
            del self._senders[next(iter(self._senders))]
        return own.spend() and self._reserve.spend()

    def owe(self, sender: Hashable, more: float) -> None:
        """What was taken for a sender turned out to be more."""
        self._shared.owe(more, self._burst)
        if own := self._senders.get(sender):
            own.owe(more, self._own)
            # Who owes is one; what is kept for the quiet is everybody's.
            self._reserve.owe(more, 0)
