"""Whatever becomes of a worker, every caller hears in time and the next one is served."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from taxiway.core.errors import Busy, ModelFailed, Unavailable
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
PATIENCE = 60


def doomed(factor: int = 1) -> ModelSpec:
    options = {"factor": factor}
    return ModelSpec(name="doomed", family="hardening.models:Doomed", options=options)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine() as engine:
        await engine.start(doomed())
        await engine.ready("doomed")
        yield engine


async def ask(engine: Engine, **inputs: Any) -> Any:
    return await asyncio.wait_for(engine.query("doomed", inputs), PATIENCE)


def pid(engine: Engine) -> int:
    found = engine.running["doomed"].pid
    assert found is not None
    return found


@pytest.mark.parametrize("how", ["segfault", "abort", "leave", "leave_politely"])
async def test_a_worker_that_ends_itself_is_told_and_replaced(engine: Engine, how: str) -> None:
    before = pid(engine)
    waiting = [asyncio.create_task(ask(engine, number=n, seconds=0.02)) for n in range(8)]
    with pytest.raises(Unavailable, match="died while it worked and is starting again") as caught:
        await ask(engine, how=how)
    assert caught.value.retry_after > 0
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    good = [answer["number"] for answer in answers if isinstance(answer, dict)]
    assert all(isinstance(answer, (dict, Unavailable)) for answer in answers)
    assert len(good) >= 4
    assert await ask(engine, number=7) == {"number": 7.0, "factor": 1.0}
    assert pid(engine) != before


@pytest.mark.skipif(sys.platform != "linux", reason="macOS gives memory without limit")
async def test_memory_that_is_not_there_fails_the_call_and_nothing_else(engine: Engine) -> None:
    before = pid(engine)
    calls = [ask(engine, number=1, how="eat"), *(ask(engine, number=n) for n in range(6))]
    eaten: Any
    eaten, *others = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(eaten, ModelFailed)
    assert "MemoryError" in str(eaten)
    assert [answer["number"] for answer in others] == list(range(6))
    assert pid(engine) == before


async def test_kills_under_load_lose_the_calls_in_work_and_no_others(engine: Engine) -> None:
    """Eight clients ask on while the worker is killed four times; nobody waits for ever."""
    answered, refused = 0, 0
    over = asyncio.Event()

    async def client(number: int) -> None:
        nonlocal answered, refused
        while not over.is_set():
            try:
                answer = await ask(engine, number=number, seconds=0.002)
            except Unavailable:
                refused += 1
            else:
                assert answer == {"number": number, "factor": 1}
                answered += 1

    clients = [asyncio.create_task(client(number)) for number in range(8)]
    for _ in range(4):
        enough = answered + 16
        while answered < enough:
            await asyncio.sleep(0.001)
        await engine.ready("doomed")
        os.kill(pid(engine), signal.SIGKILL)
    over.set()
    await asyncio.gather(*clients)
    assert 1 <= refused <= 4 * 4


async def test_a_worker_that_sleeps_with_the_machine_goes_on_where_it_was(engine: Engine) -> None:
    """SIGSTOP and SIGCONT are what closing a laptop does to a process."""
    before = pid(engine)
    os.kill(before, signal.SIGSTOP)
    calls = [asyncio.create_task(ask(engine, number=number)) for number in range(6)]
    done, _ = await asyncio.wait(calls, timeout=0.2)
    assert not done
    os.kill(before, signal.SIGCONT)
    assert [(await call)["number"] for call in calls] == list(range(6))
    assert pid(engine) == before


async def test_a_long_text_for_a_worker_that_hangs_does_not_hold_up_the_server(
    engine: Engine,
) -> None:
    os.kill(pid(engine), signal.SIGSTOP)
    call = asyncio.create_task(ask(engine, how="x" * 2**24))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not call.done()
    os.kill(pid(engine), signal.SIGCONT)
    with pytest.raises(ModelFailed, match="AttributeError"):
        await call


async def test_a_model_switched_under_load_never_answers_for_another(engine: Engine) -> None:
    """Eight clients ask while a ninth sets the model up anew, fifty times."""
    over = asyncio.Event()
    answered = 0

    async def client(number: int) -> None:
        nonlocal answered
        while not over.is_set():
            try:
                answer = await ask(engine, number=number)
            except Unavailable as error:
                assert not isinstance(error, Busy)
                await asyncio.sleep(0.001)
            else:
                assert answer["number"] == number * answer["factor"]
                answered += 1

    clients = [asyncio.create_task(client(number)) for number in range(1, 9)]
    for factor in range(50):
        await engine.start(doomed(factor + 2))
        if factor % 5 == 0:
            await engine.ready("doomed")
            enough = answered + 8
            while answered < enough:
                await asyncio.sleep(0.001)
    await engine.ready("doomed")
    assert (await ask(engine, number=1))["factor"] == 51
    over.set()
    await asyncio.gather(*clients)
