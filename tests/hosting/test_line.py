"""The line before a model: by turns, told truly, and nobody is driven out by who asks most."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import examples
from taxiway.core.command import Command
from taxiway.core.errors import Busy
from taxiway.engine.batch import Call, CallQueue
from taxiway.hosting.line import Line, Place


class Callers:
    """Requests by name in a line, each at work until told; `begun` is in which order."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.begun: list[str] = []
        self.told: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.go = asyncio.Semaphore(0)

    async def ask(self, names: str) -> None:
        for name in names:
            self.tasks.append(asyncio.create_task(self._asked(name)))
            for _ in range(4):
                await asyncio.sleep(0)

    async def answer(self, number: int) -> None:
        for _ in range(number):
            self.go.release()
            for _ in range(8):
                await asyncio.sleep(0)

    async def _asked(self, name: str) -> None:
        async with self.line.turn(name) as place:
            self.begun.append(name)
            self.told.append(place)
            await self.go.acquire()


async def test_who_asks_a_hundred_times_waits_behind_himself_and_who_had_none_goes_first() -> None:
    callers = Callers(Line("'class'", at_work=1))
    await callers.ask("a" * 100 + "bcb")
    assert callers.line.place("a") == Place(102, 3)
    assert callers.line.place("b") == Place(102, 1)
    assert callers.line.place("c") == Place(102, 2)
    assert callers.line.place("d") == Place(102)
    await callers.answer(7)
    assert "".join(callers.begun) == "abcabaaa"
    await callers.answer(96)
    assert Counter(callers.begun) == {"a": 100, "b": 2, "c": 1}
    await asyncio.gather(*callers.tasks)


@pytest.mark.parametrize("pupils", [2, 30])
async def test_who_asks_now_and_then_is_the_models_next_while_a_loop_runs(pupils: int) -> None:
    line, queue = Line("'class'"), CallQueue(99)
    echo = Command(name="echo", inputs={}, outputs={})

    async def asks(who: str) -> None:
        async with line.turn(who):
            call = Call(echo, {"who": who})
            queue.put(call)
            await call.future

    async def answer() -> str:
        (call,) = queue.take()
        call.resolve({})
        who: str = call.inputs["who"]
        asking.add(asyncio.create_task(asks("loop"))) if who == "loop" else None
        await settled()
        return who

    async def settled() -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    names = [f"pupil {number}" for number in range(pupils)]
    asking = {asyncio.create_task(asks(who)) for who in [*names, *["loop"] * 24]}
    await settled()
    for _ in range(pupils + 40):
        await answer()
    for who in names:
        asking.add(asyncio.create_task(asks(who)))
        await settled()
        assert [await answer(), await answer()] == [who, "loop"]
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


@settings(max_examples=examples(100), deadline=None)
@given(asked=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 2)), max_size=40))
async def test_the_place_told_is_the_place_had_where_nobody_comes_later(
    asked: list[tuple[str, int]],
) -> None:
    line = Line("'class'", at_work=2)
    callers = Callers(line)
    for name, answers in asked:
        await callers.ask(name)
        await callers.answer(answers)
    begun = len(callers.begun)
    waiting = sorted(
        (line.place(name).place or 0, name) for name in "abcd" if line.place(name).place
    )
    await callers.answer(100)
    assert len(callers.begun) == len(asked)
    for place, name in waiting:
        assert callers.begun[begun + place - 1] == name
        assert name not in callers.begun[begun : begun + place - 1]
    async with AsyncExitStack() as both:
        assert [await both.enter_async_context(line.turn("e")) for _ in range(2)] == [0, 0]


async def test_in_a_full_line_who_has_most_makes_room() -> None:
    callers = Callers(Line("'class'", at_work=1, most=4))
    await callers.ask("xaaaa")
    await callers.ask("b")
    with pytest.raises(Busy, match="4 requests to 'class' are in line"):
        await callers.tasks[4]
    await callers.ask("a")
    with pytest.raises(Busy):
        await callers.tasks[-1]
    await callers.ask("b")
    await callers.answer(5)
    await callers.answer(1)
    assert Counter(callers.begun) == {"x": 1, "a": 2, "b": 2}


async def test_who_leaves_leaves_no_gap() -> None:
    callers = Callers(Line("'class'", at_work=1))
    await callers.ask("abcd")
    callers.tasks[2].cancel()
    await asyncio.sleep(0)
    assert callers.line.place("d") == Place(2, 2)
    callers.tasks[0].cancel()
    callers.tasks[1].cancel()
    await callers.answer(0)
    await asyncio.sleep(0)
    await callers.answer(2)
    assert callers.begun[-1] == "d"
    async with callers.line.turn("e") as place:
        assert place == 0


async def test_the_time_told_is_that_of_the_answers_before() -> None:
    now = 0.0
    line = Line("'class'", at_work=1, clock=lambda: now)
    callers = Callers(line)
    await callers.ask("abcd")
    for _ in range(2):
        now += 2.0
        await callers.answer(1)
    assert line.place("d") == Place(1, 1, 2.0)
    await callers.answer(2)
