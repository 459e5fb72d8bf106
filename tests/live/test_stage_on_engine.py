"""The stage on the real engine: played, killed, stopped and started."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from stage_fakes import Watcher
from taxiway.core.command import ModelSpec
from taxiway.core.frame import Mark
from taxiway.engine import Engine
from taxiway.latent.sample import z_of_seed
from taxiway.live.loop import Stage
from taxiway.live.tiles import Tile, Wanted
from toys import gradient

SPEC = ModelSpec(name="gradient", family="toys:Gradient")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Engine() as engine:
        stage = Stage(engine, SPEC)
        running = asyncio.create_task(stage.run())
        await stage.start()
        await engine.ready(SPEC.name)
        yield stage
        running.cancel()
        await asyncio.wait([running])


async def shown(watcher: Watcher, **values: Any) -> np.ndarray[Any, Any]:
    """The first picture that was made with those values."""
    while True:
        frame = (await watcher.next()).frame
        if all(frame.values.get(name) == value for name, value in values.items()):
            return frame.pixels


async def test_what_is_set_is_shown(stage: Stage) -> None:
    watcher = Watcher(stage)
    np.testing.assert_array_equal((await watcher.next()).frame.pixels, gradient(z_of_seed(0)))
    stage.go_to_seed(5, "page", Mark(1, 0.0))
    stage.set({"truncation": 0.5})
    np.testing.assert_array_equal(await shown(watcher, truncation=0.5), gradient(z_of_seed(5)))


async def test_a_killed_model_is_played_on_by_itself(stage: Stage) -> None:
    watcher = Watcher(stage)
    await watcher.next()
    pid = stage.engine.running[SPEC.name].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    stage.set({"truncation": 0.25})
    await shown(watcher, truncation=0.25)
    assert stage.engine.running[SPEC.name].pid != pid


async def test_a_stopped_model_shows_what_was_set_meanwhile_once_it_is_started(
    stage: Stage,
) -> None:
    watcher = Watcher(stage)
    await watcher.next()
    await stage.stop()
    stage.set({"truncation": 0.75})
    await stage.start()
    await shown(watcher, truncation=0.75)


async def test_a_screenful_of_tiles_is_made(stage: Stage) -> None:
    answers: asyncio.Queue[Tile] = asyncio.Queue()
    for request in range(24):
        stage.tiles.ask(
            "page", Wanted(7, 0, request % 6, request // 6, 0.5, request), answers.put_nowait
        )
    tiles = [await answers.get() for _ in range(24)]
    assert [tile.request for tile in tiles] == list(range(24))
    assert all(tile.jpeg.startswith(b"\xff\xd8") for tile in tiles)
