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
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=UNWATCHED_SECONDS)
        if not done:
            await _watch(request, task)
        return await task
    finally:
        task.cancel()


async def _watch(request: Request, task: "asyncio.Task[Any]") -> None:
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
    finally:
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
