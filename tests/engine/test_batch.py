"""The queue: order, company, bounds, the newest live call."""

import asyncio

import pytest

from taxiway.core.command import Command
from taxiway.core.errors import Busy, Superseded, Unavailable
from taxiway.engine.batch import Call, CallQueue

PAIRS = Command(name="pairs", inputs={}, outputs={}, max_batch=2)
OTHER = Command(name="other", inputs={}, outputs={})


def fill(queue: CallQueue, *commands: Command) -> list[Call]:
    calls = [Call(command, {}) for command in commands]
    for call in calls:
        queue.put(call)
    return calls


async def test_the_oldest_goes_first_with_company_of_its_command() -> None:
    queue = CallQueue(9)
    a, b, c, d = fill(queue, PAIRS, OTHER, PAIRS, PAIRS)
    assert queue.take() == [a, c]
    assert queue.take() == [b]
    assert queue.take() == [d]
    assert len(queue) == 0


async def test_the_lowest_turn_goes_first_and_of_one_turn_the_oldest() -> None:
    queue = CallQueue(9)
    late, soon, later, too = (Call(PAIRS, {}, turn=turn) for turn in (3, 2, 4, 2))
    for call in (late, soon, later, too):
        queue.put(call)
    assert [queue.take(), queue.take()] == [[soon, too], [late, later]]


async def test_a_call_or_a_stir_ends_the_wait() -> None:
    queue = CallQueue(9)
    assert queue.take() == []
    for wake in (queue.wake, lambda: fill(queue, OTHER)):
        waiting = asyncio.create_task(queue.woken())
        await asyncio.sleep(0)
        assert not waiting.done()
        wake()
        await waiting
    assert len(queue.take()) == 1


async def test_a_full_queue_refuses_all_but_live_calls() -> None:
    queue = CallQueue(1)
    fill(queue, OTHER)
    with pytest.raises(Busy, match="1 requests waiting"):
        fill(queue, OTHER)
    queue.put(Call(OTHER, {}, live="stage"))
    assert len(queue) == 2


async def test_a_newer_live_call_replaces_the_older_of_its_caller_only() -> None:
    queue = CallQueue(9)
    old, new, other = (Call(OTHER, {}, live=key) for key in ("a", "a", "b"))
    for call in (old, new, other):
        queue.put(call)
    with pytest.raises(Superseded):
        await old.future
    assert [queue.take(), queue.take()] == [[new], [other]]


async def test_a_call_whose_caller_has_gone_leaves_the_queue_to_the_others() -> None:
    queue = CallQueue(9)
    first, second = fill(queue, OTHER, OTHER)
    old, new = (Call(OTHER, {}, live="a") for _ in range(2))
    for call in (old, new):
        queue.put(call)
    for call in (first, old):
        queue.drop(call)
    assert [queue.take(), queue.take()] == [[second], [new]]
    queue.drop(second)


async def test_fail_answers_everyone() -> None:
    queue = CallQueue(9)
    calls = fill(queue, PAIRS, OTHER)
    queue.fail(Unavailable("gone"))
    for call in calls:
        with pytest.raises(Unavailable, match="gone"):
            await call.future
    assert len(queue) == 0
