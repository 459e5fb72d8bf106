"""How pictures of what is played from afar are sent: as good as the way carries in time, no better.

How late an answer is shows by two clocks that need not agree: when it left over there, when it came
here, and the least difference of late, which is that of a way with nothing in it (as in LEDBAT, RFC
6817). Where pictures are late they are made smaller, as long as that helps; where they have been in
time for a while, larger again.
"""

import time
from collections import deque
from collections.abc import Callable
from statistics import fmean

from msgspec import Struct

LATE_MS, LATE_SHARE = 30.0, 0.6
"""How late pictures may be on average: so many milliseconds, or that share of the way."""
WINDOW_SECONDS, WINDOW_PICTURES = 1.0, 5
SETTLING_SECONDS = 0.3
"""After a change, until what was in the way before has passed."""
HELPS, IN_VAIN = 0.75, 3
"""The smallest pictures help where they are late by this share of the best's, at most, in one of so
many windows."""
PATIENCE_SECONDS = (3.0, 60.0)
"""How long pictures are in time before larger ones are tried: at first, and after failures."""
LEAST_SECONDS = 20.0


class Sent(Struct, frozen=True):
    """How a moving picture is sent.

    `quality` is JPEG's (1 to 100), and WebP's where parts are transparent. With `crf` it is H.264
    of that loss (x264's measure, 0 to 51), made of what changes from one picture to the next.
    `shrink` divides height and width. `turn` is another number where H.264 has to begin anew.
    """

    quality: int
    crf: int | None = None
    shrink: int = 1
    words: str = ""
    turn: int = 0


WHOLE = Sent(90)
"""As a query's answer is sent: what every other is measured against."""
JPEGS = (
    Sent(70, words="smaller JPEG"),
    Sent(45, words="coarse JPEG"),
    Sent(25, words="very coarse JPEG"),
    Sent(35, shrink=2, words="JPEG of half the size"),
)
VIDEO = (
    Sent(70, 22, words="fine H.264"),
    Sent(45, 28, words="H.264"),
    Sent(25, 34, words="coarse H.264"),
    Sent(35, 32, shrink=2, words="H.264 of half the size"),
)


def allowed(away_ms: float) -> float:
    """How late pictures may be on average on a way of such a length."""
    return max(LATE_MS, LATE_SHARE * away_ms)


class Choice:
    """What is sent just now, by how late what was sent came.

    `ladder` holds what can be, the best first; None stands for all pixels.
    """

    def __init__(
        self, ladder: tuple[Sent | None, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ladder, self._clock = ladder, clock
        self._at = 0
        self._turn = 0
        self._late: list[float] = []
        self._begins = -1.0
        self._first: float | None = None
        self._in_vain = 0
        self._is_tried = False
        self._patience = PATIENCE_SECONDS[0]
        self._in_time_since = clock()
        self._none_helps_until = 0.0

    @classmethod
    def on(cls, is_far: bool, has_video: bool) -> "Choice":
        """For a way that is longer than a local network's or not, by what both ends can do."""
        best = (WHOLE,) if is_far else (None, WHOLE)
        return cls((*best, *(VIDEO if has_video else JPEGS)))

    @property
    def sent(self) -> Sent | None:
        """How the next moving picture is sent; None for all its pixels."""
        sent = self._ladder[self._at]
        if sent is None or sent.crf is None:
            return sent
        return Sent(sent.quality, sent.crf, sent.shrink, sent.words, self._turn)

    @property
    def words(self) -> str:
        """What a moving picture is sent as, where that is less than one that rests; else ""."""
        sent = self._ladder[self._at]
        return (sent.words or "JPEG") if sent is not None and self._at else ""

    def begin_anew(self) -> None:
        """A picture could not be read: one that needs no earlier one has to come."""
        self._turn += 1

    def came(self, sent: Sent | None, late_ms: float, away_ms: float) -> bool:
        """A picture that was sent so came so late. Whether another is sent from here on."""
        now = self._clock()
        if sent != self.sent:
            return False  # asked for before the last change
        if self._begins < 0:
            self._begins = now + SETTLING_SECONDS
        if now < self._begins:
            return False
        self._late.append(late_ms)
        if now < self._begins + WINDOW_SECONDS or len(self._late) < WINDOW_PICTURES:
            return False
        mean, self._late = fmean(self._late), []
        return self._judged(mean, allowed(away_ms), now)

    def _judged(self, mean: float, limit: float, now: float) -> bool:
        at, was_tried, self._is_tried = self._at, self._is_tried, False
        first, most = PATIENCE_SECONDS
        if mean > limit / 2:
            self._in_time_since = now
        if mean > limit:
            if was_tried:
                self._patience = min(self._patience * 2, most)
            self._at = self._below(mean, limit, now)
        else:
            self._first = None
            self._patience = first if was_tried else self._patience
            if at and now - self._in_time_since >= self._patience:
                self._at, self._is_tried, self._in_time_since = at - 1, True, now
        self._begins = now if self._at == at else -1.0
        return self._at != at

    def _below(self, mean: float, limit: float, now: float) -> int:
        """The next smaller; the best again, for a while, where the smallest was as late."""
        last = len(self._ladder) - 1
        if now < self._none_helps_until:
            return self._at
        if self._at < last:
            self._first, self._in_vain = self._first or mean, 0
            return min(self._at + (2 if mean > 3 * limit else 1), last)
        if self._first is None or mean <= self._first * HELPS:
            self._first = None
            return last
        self._in_vain += 1
        if self._in_vain < IN_VAIN:
            return last
        self._first, self._none_helps_until = None, now + PATIENCE_SECONDS[1]
        return 0


class Lateness:
    """How late answers are, by when they left there and came here, both in milliseconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._least = deque[tuple[float, float]](maxlen=2)

    def of(self, left: float) -> float:
        """Of what left at that time of the clock over there, and came just now."""
        now = self._clock()
        took = now * 1000 - left
        if not self._least or now - self._least[-1][0] > LEAST_SECONDS:
            self._least.append((now, took))
        elif took < self._least[-1][1]:
            self._least[-1] = (self._least[-1][0], took)
        return took - min(least for _, least in self._least)
