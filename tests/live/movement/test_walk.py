"""Walks of a live picture: they move it, others end them."""

import asyncio
from typing import Any

import numpy as np
import pytest

from session_fakes import Clock, FakeEngine, Watcher, on_session
from taxiway.core.errors import InvalidArgument
from taxiway.latent.sample import z_of_seed
from taxiway.live.controls import Mover
from taxiway.live.movement.walk import WALK, path_of


async def different(watcher: Watcher, count: int) -> list[Any]:
    """The z of so many pictures, each other than the one before."""
    found: list[Any] = []
    while len(found) < count:
        z = (await watcher.next()).frame.values["z"]
        if not found or not np.array_equal(found[-1], z):
            found.append(z)
    return found


async def test_a_walk_moves_the_picture_until_somebody_else_does() -> None:
    async with on_session(FakeEngine()) as session, asyncio.timeout(30):
        watcher = Watcher(session)
        assert session.live_walk.begin({"seconds": 2}) == 2
        await different(watcher, 4)
        assert session.live_walk.goes_on
        session.set({"seed": 7})
        while session.live_walk.goes_on:
            await asyncio.sleep(0.005)
        np.testing.assert_array_equal(session.controls.values()["z"], np.float32(z_of_seed(7)))


async def test_a_walk_begins_where_the_picture_is() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session, asyncio.timeout(30):
        Watcher(session)
        session.set({"seed": 7})
        before = session.controls.values()["z"]
        session.live_walk.begin({"kind": "slerp", "keys": "1,2", "seconds": 600})
        while session.controls.entries["z"].source != Mover("walk"):
            await asyncio.sleep(0.005)
        np.testing.assert_allclose(session.controls.values()["z"], before, atol=1e-5)
        clock.now += 1.5
        while np.corrcoef(session.controls.values()["z"], z_of_seed(1))[0, 1] < 0.99:
            await asyncio.sleep(0.005)


async def test_nobody_watching_nothing_moves() -> None:
    async with on_session(FakeEngine()) as session, asyncio.timeout(30):
        session.live_walk.begin({})
        await asyncio.sleep(0)
        version = session.controls.version
        await asyncio.sleep(0.05)
        assert session.controls.version <= version + 1
        await different(Watcher(session), 3)


async def test_a_new_walk_takes_the_place_of_the_old_and_ends_when_told() -> None:
    async with on_session(FakeEngine()) as session, asyncio.timeout(30):
        watcher = Watcher(session)
        session.live_walk.begin({"kind": "wander"})
        session.live_walk.begin({"kind": "slerp", "keys": "1,2", "seconds": 600, "approach": 0})
        await different(watcher, 3)
        near = session.controls.values()["z"]
        assert np.corrcoef(near, z_of_seed(1))[0, 1] > 0.99
        session.live_walk.end()
        assert not session.live_walk.goes_on


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ({"kind": "dance"}, "'kind' takes one of"),
        ({"kind": "slerp"}, "A slerp takes 2 to 1000 keys, such as 1,5,9, got 0"),
        ({"kind": "circle", "keys": "3"}, "got 1"),
        ({"keys": "x", "kind": "circle"}, "Seeds are numbers"),
        ({"seconds": 0}, "'seconds' takes 0.5 to 86400, got 0"),
        ({"seconds": True}, "'seconds' takes a number"),
        ({"changes": 1e9}, "'changes' takes"),
        ({"approach": -1}, "'approach' takes 0 to 60, got -1"),
    ],
)
async def test_what_is_no_walk_is_said(wire: Any, words: str) -> None:
    async with on_session(FakeEngine()) as session:
        with pytest.raises(InvalidArgument, match=words):
            session.live_walk.begin(wire)
        assert not session.live_walk.goes_on


@pytest.mark.parametrize("kind", ["wander", "slerp", "circle", "noise"])
def test_every_kind_comes_back_to_where_it_began(kind: str) -> None:
    path = path_of(WALK.decode({"kind": kind, "keys": "1,2,3", "seed": 5}), 512)
    start, middle, end = path([0.0, 0.37, 1.0])
    np.testing.assert_allclose(start, end, atol=1e-6)
    assert np.abs(start - middle).max() > 0.1
