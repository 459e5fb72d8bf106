"""Room for decoded pictures: a file of 20 kB may unpack to 120 MB, and many may come at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from taxiway.core.command import Command, Values
from taxiway.engine.messages import array_bytes

ROOM_BYTES = 256 * 2**20
"""Decoded pictures that one model may hold, waiting and in work, before more are decoded."""


class PictureRoom:
    """Decodes the calls of one model; those with pictures in turn, and only while there is room.

    Who waits here holds only the picture's file. The picture that fills the room may go over
    `limit` (bytes), or one larger than all of it would never be taken.
    """

    def __init__(self, limit: int = ROOM_BYTES) -> None:
        self.limit = limit
        self.held = 0
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()

    def decoded(
        self, command: Command, wire: Mapping[str, Any]
    ) -> AbstractAsyncContextManager[Values]:
        """The call's inputs; their pictures count until the block ends. Raises InvalidArgument."""
        if any(field.holds_pictures for field in command.inputs.values()):
            return self._in_turn(command, wire)
        return contextlib.nullcontext(command.decode(wire))

    @contextlib.asynccontextmanager
    async def _in_turn(self, command: Command, wire: Mapping[str, Any]) -> AsyncIterator[Values]:
        async with self._turn:
            while self.held >= self.limit:
                self._left.clear()
                await self._left.wait()
            # A photo may take half a second; numbers take less than a thread.
            values = await asyncio.to_thread(command.decode, wire)
            size = array_bytes(values)
            self.held += size
        try:
            yield values
        finally:
            self.held -= size
            self._left.set()
