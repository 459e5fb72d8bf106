"""Answers in parts through the engine: as events, as an iterator, cancelled; the newest wins."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from taxiway.core.errors import Cancelled, InvalidArgument, ModelFailed
from taxiway.core.events import CallEnded, Event, OutputReady, PartReady, QueryFailed
from taxiway.core.model import ModelSpec, Progress
from taxiway.engine import Engine
from taxiway.engine.parts import NewestPart

SPEC = ModelSpec(name="writer", family="toys:Writer")


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine(executor="thread") as engine:
        await engine.start(SPEC)
        await engine.ready(SPEC.name)
        yield engine


def reported(engine: Engine) -> list[Event]:
    events: list[Event] = []
    engine.events.listen(events.append)
    return events


async def first_part(engine: Engine) -> None:
    """Wait for a part of anything."""
    came = asyncio.Event()
    stop = engine.events.listen(lambda event: came.set() if isinstance(event, PartReady) else None)
    await came.wait()
    stop()


async def test_parts_of_a_query_are_events_that_end_before_the_answer(engine: Engine) -> None:
    events = reported(engine)
    given: list[Any] = []
    answer = await engine.query(
        "writer", {"text": "hello"}, on_part=lambda *part: given.append(part)
    )
    *parts, ended, output = events
    assert all(isinstance(part, PartReady) for part in parts)
    texts = [part.outputs["text"] for part in parts if part.outputs]  # type: ignore[union-attr]
    assert texts == sorted(texts, key=len)
    assert all("hello".startswith(text) for text in texts)
    assert given == [(part.news, part.progress) for part in parts]  # type: ignore[union-attr]
    assert ended == CallEnded("writer", parts[0].call)  # type: ignore[union-attr]
    assert isinstance(output, OutputReady)
    assert output.outputs == answer == {"text": "hello", "letters": 5}


async def test_a_picture_develops_in_parts_that_are_encoded(engine: Engine) -> None:
    events = reported(engine)
    await engine.query("writer", {"steps": 2}, "develop")
    parts = [event for event in events if isinstance(event, PartReady) and event.news]
    assert parts[-1].outputs["image"].startswith("data:image/jpeg")
    assert parts[-1].news["image"].shape == (64, 64, 3)


async def test_a_stream_gives_every_part_to_who_keeps_up_and_then_the_answer(
    engine: Engine,
) -> None:
    parts = [part async for part in engine.stream("writer", {"text": "abc"})]
    assert parts[-1].is_last
    assert parts[-1].outputs == {"text": "abc", "letters": 3}
    assert parts[0].progress == Progress(1 / 3, "Letter 1.")
    assert not any(part.is_last for part in parts[:-1])
    assert engine.running["writer"].last_output == {}


async def test_a_stream_that_is_left_stops_the_model(engine: Engine, tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    stream = engine.stream("writer", {"text": "for ever", "left": str(left)})
    async for part in stream:
        if part.outputs:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    assert (await engine.run("writer", {"text": "x"}))["letters"] == 1
    assert left.read_text() == "left"


async def test_a_cancelled_task_stops_the_model_and_no_one_else(
    engine: Engine, tmp_path: Path
) -> None:
    left = tmp_path / "left.txt"
    events = reported(engine)
    task = asyncio.create_task(engine.query("writer", {"text": "for ever", "left": str(left)}))
    await first_part(engine)
    task.cancel()
    assert (await engine.query("writer", {"text": "hi"}))["text"] == "hi"
    assert left.read_text() == "left"
    assert sum(isinstance(event, CallEnded) for event in events) == 2
    assert not any(isinstance(event, QueryFailed) for event in events)


async def test_one_of_a_batch_that_leaves_is_no_harm_to_the_others(engine: Engine) -> None:
    busy = asyncio.create_task(engine.query("writer", {"text": "for ever"}))
    await first_part(engine)
    leaves = asyncio.create_task(engine.query("writer", {"text": "leaves while it is written"}))
    stays = asyncio.create_task(engine.query("writer", {"text": "stays until it is written"}))
    await asyncio.sleep(0)
    busy.cancel()
    await first_part(engine)
    leaves.cancel()
    assert (await stays)["letters"] == 25


async def test_what_is_cancelled_by_another_tells_those_who_wait(engine: Engine) -> None:
    task = asyncio.create_task(engine.query("writer", {"text": "for ever"}))
    await first_part(engine)
    engine.cancel("writer")
    with pytest.raises(Cancelled, match="The work was stopped"):
        await task
    assert engine.running["writer"].last_error == "The work was stopped."


async def test_a_failure_after_parts_is_the_answer(engine: Engine) -> None:
    with pytest.raises(ModelFailed, match="out of ink"):
        await engine.query("writer", {"text": "fail"})
    with pytest.raises(InvalidArgument, match="'text' takes text"):
        async for _ in engine.stream("writer", {"text": 3}):
            pass


async def test_the_newest_part_has_all_that_came() -> None:
    newest = NewestPart()
    newest.give({"text": "a", "mood": "good"}, Progress(0.1))
    newest.give({}, Progress(0.2, "Step 2."))
    newest.give({"text": "ab"}, None)
    part = await newest.take()
    assert part is not None
    assert part.outputs == {"text": "ab", "mood": "good"}
    assert part.progress == Progress(0.2, "Step 2.")
    newest.give({"text": "abc"}, None)
    part = await newest.take()
    assert part is not None
    assert (part.outputs, part.news) == ({"text": "abc", "mood": "good"}, {"text": "abc"})
    newest.end()
    assert await newest.take() is None
