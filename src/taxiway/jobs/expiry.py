"""Jobs that ended long ago, deleted with all that they made, where somebody asked for that."""

import asyncio
import contextlib
import logging
import time

from taxiway.core.errors import TaxiwayError
from taxiway.jobs.runner import Jobs

LOOK_SECONDS = 3600.0
log = logging.getLogger("taxiway.jobs")


async def forgetting(jobs: Jobs, days: float) -> None:
    """Delete what ended over `days` ago, now and once an hour; cancel it to end."""
    while True:
        await forget(jobs, time.time() - days * 86400)
        await asyncio.sleep(LOOK_SECONDS)


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
