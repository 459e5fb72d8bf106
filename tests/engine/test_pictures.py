"""The room for decoded pictures."""

import asyncio

import numpy as np
import pytest

from taxiway.core.command import Command
from taxiway.core.datatypes import Image, Number
from taxiway.core.errors import InvalidArgument
from taxiway.engine.pictures import PictureRoom

LOOK = Command(name="look", inputs={"picture": Image()}, outputs={"mean": Number()})
COUNT = Command(name="count", inputs={"n": Number()}, outputs={"n": Number()})
PICTURE = np.zeros((10, 10, 3), np.uint8)


class Call:
    """A call that holds its inputs until told to end."""

    def __init__(self, room: PictureRoom, command: Command = LOOK) -> None:
        self.has_inputs = asyncio.Event()
        self.end = asyncio.Event()
        self.task = asyncio.create_task(self._hold(room, command))

    async def _hold(self, room: PictureRoom, command: Command) -> None:
        async with room.decoded(command, {"picture": PICTURE}):
            self.has_inputs.set()
            await self.end.wait()

    async def finish(self) -> None:
        self.end.set()
        await self.task


async def test_pictures_are_decoded_while_there_is_room_and_then_in_turn() -> None:
    room = PictureRoom(limit=2 * PICTURE.nbytes)
    first, second, third, fourth = calls = [Call(room) for _ in range(4)]
    await first.has_inputs.wait()
    await second.has_inputs.wait()
    assert not third.has_inputs.is_set()
    assert room.held == 2 * PICTURE.nbytes
    await second.finish()
    await third.has_inputs.wait()
    assert not fourth.has_inputs.is_set()
    for call in calls:
        await call.finish()
    assert room.held == 0


async def test_numbers_need_no_room() -> None:
    room = PictureRoom(limit=1)
    picture, other = Call(room), Call(room)
    await picture.has_inputs.wait()
    numbers = Call(room, COUNT)
    await numbers.has_inputs.wait()
    assert not other.has_inputs.is_set()
    for call in (picture, other, numbers):
        await call.finish()


async def test_who_gives_up_or_was_wrong_leaves_the_room_to_others() -> None:
    room = PictureRoom(limit=PICTURE.nbytes)
    holding, waiting = Call(room), Call(room)
    await holding.has_inputs.wait()
    waiting.task.cancel()
    holding.task.cancel()
    await asyncio.wait([holding.task, waiting.task])
    with pytest.raises(InvalidArgument, match="'picture'"):
        async with room.decoded(LOOK, {"picture": "no picture"}):
            pass
    assert room.held == 0
    last = Call(room)
    await last.has_inputs.wait()
    await last.finish()
