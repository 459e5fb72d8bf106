"""How fast a caller may ask: who is a little early waits for his turn, who is far too early goes.

The generic cell rate algorithm (ITU-T I.371): one number per caller, the time at which he would be
done if he kept to his rate.
"""

import time
from collections.abc import Callable, Hashable

PATIENCE = 5.0
"""Seconds that a request may wait for its turn."""
REMEMBERED = 10_000
"""Callers; far more of them at once are one who pretends to be many, and all start anew."""


class Pace:
    """Turns of callers, each with a rate of `requests` in `seconds`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._done: dict[Hashable, float] = {}

    def turn(self, caller: Hashable, requests: int, seconds: float) -> tuple[bool, float]:
        """Whether the caller may ask, and in how many seconds; if not, when it makes sense again.

        A turn given is taken. All the requests of the rate may come at once.
        """
        now = self._clock()
        done = max(self._done.get(caller, now), now) + seconds / requests
        wait = done - seconds - now
        if wait > PATIENCE:
            return False, wait - PATIENCE
        self._forget(now)
        self._done[caller] = done
        return True, max(0.0, wait)

    def _forget(self, now: float) -> None:
        """Drop who is done, or all where that is not half of them: this must stay rare."""
        if len(self._done) >= REMEMBERED:
            left = {caller: done for caller, done in self._done.items() if done > now}
            self._done = left if len(left) <= REMEMBERED // 2 else {}
