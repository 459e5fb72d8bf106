"""What a model does while nobody asks: a call waits for one step, and what is found is told."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from taxiway.core.datatypes import Number
from taxiway.core.events import CommandsChanged, Event
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.engine.spare_time import SpareTime
from toys import Gradient

STEPS = 4


class Learner(Gradient):
    """Finds out in four steps that it takes a `hue`."""

    def spare_work(self) -> Iterator[bool]:
        for _ in range(STEPS - 1):
            yield False
        command = self.commands["generate"]
        inputs = {**command.inputs, "hue": Number()}
        self.commands = {"generate": structs.replace(command, inputs=inputs)}
        self.facts = {"device": "cpu", "found": "hue"}  # type: ignore[misc]
        yield True


class Worker:
    """A model with spare work, a clock that each step takes a second of, and what it learnt."""

    def __init__(self, work: Any) -> None:
        self.spare_work = work
        self.now, self.told, self.steps = 0.0, 0, 0
        self.spare = SpareTime(self, self.learn, lambda: self.now)  # type: ignore[arg-type]

    def learn(self) -> None:
        self.told += 1


def steps(worker: Worker, count: int) -> Iterator[bool]:
    for number in range(count):
        worker.now += 1
        worker.steps += 1
        yield number == count - 1


def working(count: int) -> Worker:
    worker = Worker(lambda: steps(worker, count))
    return worker


def test_while_nobody_asks_it_works_to_the_end() -> None:
    worker = working(5)
    worker.spare.use(lambda seconds: False)
    assert (worker.steps, worker.told) == (5, 1)
    worker.spare.use(lambda seconds: pytest.fail("it has nothing left to do"))


def test_of_a_model_that_is_asked_all_the_time_it_takes_a_third() -> None:
    worker = working(100)
    answered = 0
    while worker.now < 30:
        worker.spare.use(lambda seconds: True)
        worker.now += 0.5
        answered += 1
    assert worker.steps == pytest.approx(10, abs=1)
    assert answered == pytest.approx(40, abs=2)


def test_a_failure_ends_it_in_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> Iterator[bool]:
        yield False
        raise KeyError("gone")

    worker = Worker(failing)
    worker.spare.use(lambda seconds: False)
    assert "spare time failed: KeyError: 'gone'" in caplog.text


async def test_what_it_found_are_the_models_commands_and_facts_after_its_first_answer() -> None:
    events: list[Event] = []
    changed = asyncio.Event()

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, CommandsChanged):
            changed.set()

    async with Engine() as engine:
        engine.events.listen(listen)
        spec = ModelSpec(name="learner", family=f"{__name__}:Learner")
        await engine.start(spec)
        await engine.ready("learner")
        running = engine.running["learner"]
        assert "hue" not in running.commands["generate"].inputs
        await engine.query("learner", {"seed": 1})
        await changed.wait()
        assert "hue" in running.commands["generate"].inputs
        assert running.facts["found"] == "hue"
        assert "image" in await engine.query("learner", {"seed": 2, "hue": 3})
    assert [type(event) for event in events].count(CommandsChanged) == 1
