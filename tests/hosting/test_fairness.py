"""A class, its loops and its model in a time of their own: how long who asks now and then waits."""

import asyncio
import random
import selectors
from collections import Counter, defaultdict
from collections.abc import Coroutine
from statistics import median, quantiles
from typing import Any

import pytest

from taxiway.core.command import Command
from taxiway.engine.batch import Call, CallQueue
from taxiway.hosting.line import Line

TURN = 0.05
"""Seconds of an answer."""
WAY = 0.01
"""Seconds from an answer to who asked, until his next question is there."""
SETTLED, MINUTE = 5.0, 65.0
"""At first nobody is known, and a loop has the model to itself."""
ANSWER = Command(name="answer", inputs={}, outputs={})


class Leaping(asyncio.SelectorEventLoop):
    """A loop whose time leaps to whatever is next, so that a slow machine measures the same."""

    def __init__(self) -> None:
        super().__init__(Selector(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class Selector(selectors.SelectSelector):
    def __init__(self, loop: Leaping) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        self._loop.now += timeout or 0.0
        return super().select(0)


class Class:
    """Thirty pupils; `taken` are seconds until their answers, `answers` how many they had."""

    def __init__(self, pupils: int = 30) -> None:
        self.loop = asyncio.get_running_loop()
        self.line = Line("'class'", clock=self.loop.time)
        self.queue = CallQueue(512)
        self.names = [f"pupil {number}" for number in range(pupils)]
        self.taken: defaultdict[str, list[float]] = defaultdict(list)
        self.answers: Counter[str] = Counter()

    async def lesson(self, think: float, loops: dict[str, int]) -> None:
        """A minute in which all think so long between questions, but for the connections of
        loops."""
        doing: list[Coroutine[Any, Any, None]] = [self._answer()]
        doing += [self._asks(who, think) for who in self.names]
        doing += [self._asks(who, 0) for who, number in loops.items() for _ in range(number)]
        tasks = [asyncio.create_task(each) for each in doing]
        await asyncio.sleep(MINUTE)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _asks(self, who: str, think: float) -> None:
        chance = random.Random(who)
        while True:
            await asyncio.sleep(WAY + (chance.expovariate(1 / think) if think else 0.0))
            began = self.loop.time()
            async with self.line.turn(who):
                call = Call(ANSWER, {})
                self.queue.put(call)
                await call.future
            if began >= SETTLED:
                self.taken[who].append(self.loop.time() - began)
            self.answers[who] += 1

    async def _answer(self) -> None:
        """A model that answers one question after the other."""
        while True:
            while not (calls := self.queue.take()):
                await self.queue.woken()
            await asyncio.sleep(TURN)
            calls[0].resolve({})


def lesson(think: float, loops: dict[str, int]) -> Class:
    async def had() -> Class:
        found = Class()
        await found.lesson(think, loops)
        return found

    with asyncio.Runner(loop_factory=Leaping) as runner:
        return runner.run(had())


def waits(of: Class) -> tuple[float, float]:
    """Median and p99 of the pupils' seconds."""
    taken = [seconds for who in of.names for seconds in of.taken[who]]
    return median(taken), quantiles(taken, n=100)[98]


def test_a_loop_costs_the_others_the_answer_that_is_being_made() -> None:
    """Thirty who take a third of the model's time, and a loop that would take all of it."""
    usual, late = waits(lesson(4.5, {}))
    loud = lesson(4.5, {"loop": 24})
    beside, last = waits(loud)
    assert beside <= usual + TURN
    assert last <= late + TURN
    assert sum(loud.answers.values()) >= 0.97 * MINUTE / TURN  # the model never waits


@pytest.mark.parametrize("connections", [1, 24])
def test_where_all_ask_all_the_time_a_loop_has_what_each_has(connections: int) -> None:
    loud = lesson(0, {"loop": connections})
    others = [loud.answers[who] for who in loud.names]
    assert max(others) - min(others) <= 1
    assert abs(loud.answers["loop"] - median(others)) <= 2
