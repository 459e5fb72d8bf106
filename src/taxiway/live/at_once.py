"""Work of a live session that overlaps, where the way to its model is long."""

import asyncio
from collections.abc import Coroutine


class AtOnce:
    """What was begun and has not ended."""

    def __init__(self) -> None:
        self._tasks = set[asyncio.Task[None]]()

    async def begin(self, work: Coroutine[None, None, None], most: int) -> None:
        """Begin it, and wait until less than `most` of them go on."""
        if most == 1 and not self._tasks:
            await work
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)  # what it takes over is taken before anybody looks again
        while len(self._tasks) >= most:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def stop(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()
