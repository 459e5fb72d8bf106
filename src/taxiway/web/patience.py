"""Work for a client that may leave: it ends with the client."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

Result = TypeVar("Result")

UNWATCHED_SECONDS = 0.25
"""Most answers come sooner, and are not worth watching for."""


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` gives, unless the client leaves: then it is cancelled.

    The request's body must have been read. Raises ClientDisconnect, and what `work` raises.
    """
    watch = Watch(request)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.has_cancelled():
            raise ClientDisconnect from None
        raise
    finally:
        watch.end()


class Watch:
    """Cancels the task that made it when the client leaves; begins late, and costs nothing then."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._task = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._is_gone = False
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(UNWATCHED_SECONDS, self._begin)

    def has_cancelled(self) -> bool:
        """Whether the client's leaving, and nothing else, cancelled the task."""
        assert self._task is not None
        return self._is_gone and self._task.uncancel() == 0

    def end(self) -> None:
        """Watch no longer."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        assert self._task is not None
        self._is_gone = True
        self._task.cancel()
