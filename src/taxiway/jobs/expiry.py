"""Jobs that ended long ago, deleted with all that they made, where somebody asked for that."""

import asyncio
import contextlib
import logging
import math
import time

from taxiway.core.errors import TaxiwayError
from taxiway.jobs.runner import Jobs

LOOK_SECONDS = 3600.0
JUMP_SECONDS = 600.0
"""A clock that is set by more than this has jumped."""
TRUSTED_AFTER = 86400.0
"""Seconds without a jump after which a clock is believed again."""
log = logging.getLogger("taxiway.jobs")


async def forgetting(jobs: Jobs, days: float) -> None:
    """Delete what ended over `days` ago, now and once an hour; cancel it to end.

    Not within a day of the clock's jumping: what a wrong date makes old would be gone for good.
    """
    clock = Clock()
    while True:
        if clock.is_steady():
            await forget(jobs, time.time() - days * 86400)
        else:
            log.warning("The clock jumped; old jobs are deleted once it was steady for a day.")
        await asyncio.sleep(LOOK_SECONDS)


def passed() -> float:
    """Seconds that nobody sets; a machine's sleep is among them where the system counts it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Clock:
    """The wall clock, held against time that passed."""

    def __init__(self) -> None:
        self._ahead = time.time() - passed()
        self._jumped = -math.inf

    def is_steady(self) -> bool:
        """Whether it has not jumped between looks of late."""
        now, before = passed(), self._ahead
        self._ahead = time.time() - now
        if abs(self._ahead - before) > JUMP_SECONDS:
            self._jumped = now
        return now - self._jumped >= TRUSTED_AFTER


async def forget(jobs: Jobs, before: float) -> list[str]:
    """Delete the tools' jobs that ended before that time (seconds since 1970); their ids.

    Trainings stay: they are models. One whose clock says nothing of its end stays too.
    """
    gone = []
    for record in list(jobs.records.values()):
        if record.has_ended and record.ended is not None and record.ended < before:
            with contextlib.suppress(TaxiwayError):
                await jobs.delete(record.id)
                gone.append(record.id)
    if gone:
        log.info("Deleted %d jobs that ended long ago.", len(gone))
    return gone
