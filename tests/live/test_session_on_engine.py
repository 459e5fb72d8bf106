"""The session on the real engine: played, killed, stopped and started."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from session_fakes import Watcher, played_on
from taxiway.core.frame import Mark
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.latent.sample import z_of_seed
from taxiway.live.session import LiveSession
from taxiway.live.tiles import Tile, Wanted
from toys import gradient

SPEC = ModelSpec(name="gradient", family="toys:Gradient")


@pytest.fixture
async def session() -> AsyncIterator[LiveSession]:
    async with Engine() as engine, played_on(engine, SPEC) as session:
        yield session


async def shown(watcher: Watcher, **values: Any) -> np.ndarray[Any, Any]:
    """The first picture that was made with those values."""
    while True:
        frame = (await watcher.next()).frame
        if all(frame.values.get(name) == value for name, value in values.items()):
            return frame.pixels


async def test_what_is_set_is_shown(session: LiveSession) -> None:
    watcher = Watcher(session)
    np.testing.assert_array_equal((await watcher.next()).frame.pixels, gradient(z_of_seed(0)))
    session.go_to_seed(5, "page", Mark(1, 0.0))
    session.set({"truncation": 0.5})
    np.testing.assert_array_equal(await shown(watcher, truncation=0.5), gradient(z_of_seed(5)))


async def test_a_killed_model_is_played_on_by_itself(session: LiveSession) -> None:
    watcher = Watcher(session)
    await watcher.next()
    pid = session.engine.running[SPEC.name].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    session.set({"truncation": 0.25})
    await shown(watcher, truncation=0.25)
    assert session.engine.running[SPEC.name].pid != pid


async def test_a_stopped_model_shows_what_was_set_meanwhile_once_it_is_started(
    session: LiveSession,
) -> None:
    watcher = Watcher(session)
    await watcher.next()
    await session.stop()
    session.set({"truncation": 0.75})
    await session.start()
    await shown(watcher, truncation=0.75)


async def test_a_screenful_of_tiles_is_made(session: LiveSession) -> None:
    answers: asyncio.Queue[Tile] = asyncio.Queue()
    for request in range(24):
        session.tiles.ask(
            "page", Wanted(7, 0, request % 6, request // 6, 0.5, request), answers.put_nowait
        )
    tiles = [await answers.get() for _ in range(24)]
    assert [tile.request for tile in tiles] == list(range(24))
    assert all(tile.jpeg.startswith(b"\xff\xd8") for tile in tiles)
