"""Places for models that are awake: who rests makes room, who works does not."""

import asyncio
import contextlib
from typing import cast

import pytest

from hosting.serving_fakes import SleepyEngine
from session_fakes import Clock
from taxiway.core.errors import Busy
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.hosting import wake as hosted_awake
from taxiway.hosting.wake import AGAIN_SECONDS, PATIENCE, REST_SECONDS, Awake

A, B, C = (ModelSpec(name=name, family="painter") for name in "abc")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine() -> SleepyEngine:
    return SleepyEngine()


@pytest.fixture
def two(engine: SleepyEngine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Awake:
    """Room for two."""
    monkeypatch.setattr(hosted_awake, "LOOK_SECONDS", 0.001)
    return Awake(cast(Engine, engine), 2, clock)


def states(engine: SleepyEngine) -> dict[str, str]:
    return {name: running.state for name, running in engine.running.items()}


async def asked(awake: Awake, spec: ModelSpec) -> None:
    async with awake.held(spec, 300):
        pass


async def test_who_was_asked_longest_ago_makes_room(
    two: Awake, engine: SleepyEngine, clock: Clock
) -> None:
    for spec in (A, B, A):
        await asked(two, spec)
        clock.now += REST_SECONDS
    await asked(two, C)
    assert states(engine) == {"a": "running", "b": "asleep", "c": "running"}
    await asked(two, B)
    assert states(engine)["b"] == "running"


async def test_who_works_or_just_did_stays_and_the_other_waits(
    two: Awake, engine: SleepyEngine, clock: Clock
) -> None:
    await asked(two, B)
    async with two.held(A, 300):
        waiting = asyncio.create_task(asked(two, C))
        while "c" not in engine.running:
            await asyncio.sleep(0)
        assert states(engine) == {"a": "running", "b": "running", "c": "asleep"}
        clock.now += REST_SECONDS
        await waiting
    assert states(engine) == {"a": "running", "b": "asleep", "c": "running"}


async def test_without_room_there_is_a_sentence(two: Awake, clock: Clock) -> None:
    async with two.held(A, 300), two.held(B, 300):
        waiting = asyncio.create_task(asked(two, C))
        await asyncio.sleep(0)
        clock.now += PATIENCE
        with pytest.raises(Busy, match="'c' waits for room: 2 models are awake and in use"):
            await waiting
    clock.now += REST_SECONDS
    await asked(two, C)


async def test_no_crowd_can_wait_without_end(two: Awake) -> None:
    async with contextlib.AsyncExitStack() as crowd:
        for _ in range(hosted_awake.IN_HAND):
            await crowd.enter_async_context(two.held(A, 300))
        with pytest.raises(Busy, match="512 requests to 'a' are in hand"):
            await asked(two, A)
    await asked(two, A)


async def test_one_that_falls_asleep_by_itself_makes_room(two: Awake, engine: SleepyEngine) -> None:
    await asked(two, A)
    await asked(two, B)
    waiting = asyncio.create_task(asked(two, C))
    await asyncio.sleep(0)
    engine.turn("a", "asleep")
    await waiting
    assert states(engine) == {"a": "asleep", "b": "running", "c": "running"}


async def test_one_that_is_being_put_to_sleep_is_woken_after_it(
    two: Awake, engine: SleepyEngine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(two, A)
    await asked(two, B)
    clock.now += REST_SECONDS
    leaving, left = asyncio.Event(), asyncio.Event()

    async def slow(name: str) -> None:
        leaving.set()
        await left.wait()
        engine.turn(name, "asleep")

    monkeypatch.setattr(engine, "sleep", slow)
    coming = asyncio.create_task(asked(two, C))
    await leaving.wait()
    back = asyncio.create_task(asked(two, A))
    await asyncio.sleep(0)
    assert not back.done()
    left.set()
    await coming
    clock.now += REST_SECONDS
    await back
    assert states(engine)["a"] == "running"


async def test_a_knock_wakes_and_waits_for_nothing(two: Awake, engine: SleepyEngine) -> None:
    engine.gate.clear()
    two.knock(A, 300)
    two.knock(A, 300)
    for _ in range(20):
        await asyncio.sleep(0)
    assert states(engine) == {"a": "starting"}
    assert engine.running["a"].idle_seconds == 300
    await two.close()


async def test_a_model_that_was_made_anew_is_the_new_one(two: Awake, engine: SleepyEngine) -> None:
    await asked(two, A)
    other = ModelSpec(name="a", family="painter", options={"size": 64})
    await asked(two, other)
    assert engine.running["a"].spec == other
    assert states(engine) == {"a": "running"}


async def test_a_model_that_failed_is_tried_again_after_a_while(
    two: Awake, engine: SleepyEngine, clock: Clock
) -> None:
    await asked(two, A)
    engine.turn("a", "failed", "a could not start.")
    clock.now += AGAIN_SECONDS - 1
    await asked(two, A)
    assert states(engine) == {"a": "failed"}
    clock.now += 1
    await asked(two, A)
    assert states(engine) == {"a": "running"}
