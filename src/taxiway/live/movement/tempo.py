"""The beat: set, tapped, or followed; and what waits for it."""

import asyncio
import math
import statistics
import time
from collections import deque
from collections.abc import Callable
from itertools import pairwise

from taxiway.core.errors import InvalidArgument, TaxiwayError

SLOWEST, FASTEST = 20.0, 400.0
BAR = 4
"""Beats in a bar."""
PAUSE_SECONDS = 2.0
"""After which a tap is the first of others."""
CLOCKS = 24
"""MIDI clocks in a beat."""
WHEN = ("now", "beat", "bar")


class Tempo:
    """Beats that go on since the beginning; `when` says what changes wait for.

    `report` takes the sentence of what could not be done once its time had come.
    """

    def __init__(
        self,
        report: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bpm = 120.0
        self.when = "now"
        self._report, self._clock = report, clock
        self._anchor = clock(), 0.0
        self._taps: deque[float] = deque(maxlen=6)
        self._clocks: deque[float] = deque(maxlen=2 * CLOCKS)
        self._waiting: asyncio.Task[None] | None = None

    def beats(self) -> float:
        """How many there were, and the part of the next."""
        at, beat = self._anchor
        return beat + (self._clock() - at) * self.bpm / 60

    def set(self, bpm: float) -> None:
        """Beats a minute, from this moment on. Raises InvalidArgument."""
        if not SLOWEST <= bpm <= FASTEST:
            raise InvalidArgument(f"'bpm' takes {SLOWEST:g} to {FASTEST:g}, got {bpm:g}.", "bpm")
        self._anchor = self._clock(), self.beats()
        self.bpm = float(bpm)

    def tap(self) -> None:
        """A beat is now; from the second on the tempo follows, by the middle of the last five."""
        now = self._clock()
        if self._taps and now - self._taps[-1] > PAUSE_SECONDS:
            self._taps.clear()
        self._taps.append(now)
        self._follow(list(self._taps), 1)
        self._anchor = now, float(round(self.beats()))

    def tick(self) -> None:
        """A MIDI clock came, of which there are 24 in a beat."""
        now = self._clock()
        if self._clocks and now - self._clocks[-1] > PAUSE_SECONDS / CLOCKS * 4:
            self._clocks.clear()
        before, count = self.beats(), len(self._clocks)
        self._clocks.append(now)
        if count >= CLOCKS:
            self._follow(list(self._clocks), CLOCKS)
        # By the nearest clock, so that it neither drifts nor jumps.
        self._anchor = now, round(before * CLOCKS) / CLOCKS

    def then(self, work: Callable[[], object]) -> None:
        """Do something now, or at the next beat or bar in place of what waited for it."""
        self.forget()
        if self.when == "now":
            work()
        else:
            step = BAR if self.when == "bar" else 1
            due = (math.floor(self.beats() / step) + 1) * step
            self._waiting = asyncio.create_task(self._later(due, work))

    def forget(self) -> None:
        """Do nothing of what waits."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def _later(self, due: float, work: Callable[[], object]) -> None:
        while (left := due - self.beats()) > 1e-6:
            await asyncio.sleep(min(left * 60 / self.bpm, 0.25))
        try:
            work()
        except TaxiwayError as error:
            self._report(str(error))

    def _follow(self, times: list[float], per_beat: int) -> None:
        steps = [after - before for before, after in pairwise(times)]
        if steps and (middle := statistics.median(steps)) > 0:
            bpm = 60 / (middle * per_beat)
            self._anchor = self._clock(), self.beats()
            self.bpm = min(max(bpm, SLOWEST), FASTEST)


class Pace:
    """How far along its rounds something is, in seconds or beats, that can be held."""

    def __init__(
        self, clock: Callable[[], float], period: float, mode: str = "loop", phase: float = 0.0
    ) -> None:
        self._clock, self._period, self._mode = clock, period, mode
        self._last = clock()
        self._position = phase

    def step(self, held: bool = False) -> tuple[float, int]:
        """The part of the round, 0 to 1, and how many whole rounds there were."""
        now = self._clock()
        if not held:
            self._position = max(self._position + (now - self._last) / self._period, 0.0)
        self._last = now
        rounds = math.floor(self._position)
        u = self._position - rounds
        if self._mode == "once":
            return (u, 0) if rounds == 0 else (1.0, 0)
        return (1 - u if self._mode == "ping-pong" and rounds % 2 else u), rounds

    @property
    def is_over(self) -> bool:
        """Whether it has arrived, where it goes once."""
        return self._mode == "once" and self._position >= 1


MODES = ("loop", "ping-pong", "once")
