"""The engine on real worker processes."""

import asyncio
import base64
import io
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from taxiway.core.errors import (
    Busy,
    InvalidArgument,
    ModelFailed,
    NotFound,
    Superseded,
    Unavailable,
)
from taxiway.core.events import Event, InputsIgnored, OutputReady, QueryFailed, StateChanged
from taxiway.core.images import to_data_uri
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.engine.executors import thread
from toys import gradient

GRADIENT = ModelSpec(name="gradient", family="toys:Gradient")
SLOW = ModelSpec(name="slow", family="toys:Gradient", options={"delay": 0.3, "max_batch": 1})
TROUBLED = ModelSpec(name="troubled", family="toys:Troubled")
Z = [0.5, -0.5, *[0.0] * 510]


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine() as engine:
        yield engine


async def started(engine: Engine, spec: ModelSpec) -> Engine:
    await engine.start(spec)
    await engine.ready(spec.name)
    return engine


def heard(engine: Engine) -> list[Event]:
    events: list[Event] = []
    engine.events.listen(events.append)
    return events


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0)


async def test_a_query_answers_the_picture_of_its_vector(engine: Engine) -> None:
    await started(engine, GRADIENT)
    answer = await engine.query("gradient", {"z": Z, "format": "PNG"})
    data = base64.b64decode(answer["image"].partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(pixels, gradient(np.array(Z, np.float32)))


async def test_an_answer_has_its_pixels_where_somebody_watches(engine: Engine) -> None:
    await started(engine, GRADIENT)
    events = heard(engine)
    is_watched = False
    unwatch = engine.watch("gradient", lambda: is_watched)
    encoded = await engine.query("gradient", {"z": Z})
    is_watched = True
    assert await engine.query("gradient", {"z": Z}) == encoded
    unwatch()
    await engine.query("gradient", {"z": Z})
    answers = [event.answer for event in events if isinstance(event, OutputReady)]
    first, second, third = [answer.outputs["image"] for answer in answers if answer]
    pixels = gradient(np.array(Z, np.float32))
    np.testing.assert_array_equal(second, pixels)
    assert encoded == {"image": first.uri} == {"image": third.uri}
    assert first.uri == to_data_uri(pixels)
    np.testing.assert_allclose(first.pixels(), pixels, atol=8)


async def test_inputs_that_a_model_does_not_have_are_an_event(engine: Engine) -> None:
    await started(engine, GRADIENT)
    events = heard(engine)
    await engine.query("gradient", {"z": Z, "psi": 1, "prompt": "a cat"})
    assert events[0] == InputsIgnored("gradient", ["prompt"])
    await engine.query("gradient", {"z": Z})
    assert sum(isinstance(event, InputsIgnored) for event in events) == 1


async def test_run_gives_pixels_and_leaves_the_current_output(engine: Engine) -> None:
    await started(engine, GRADIENT)
    outputs = await engine.run("gradient", {"z": np.array(Z)})
    np.testing.assert_array_equal(outputs["image"], gradient(np.array(Z, np.float32)))
    assert engine.running["gradient"].last_output == {}


async def test_states_and_results_are_heard_as_events(engine: Engine) -> None:
    events = heard(engine)
    await started(engine, GRADIENT)
    answer = await engine.query("gradient", {"seed": 3})
    with pytest.raises(InvalidArgument, match="'z' takes 512 numbers, got 3"):
        await engine.query("gradient", {"z": [1, 2, 3]})
    await engine.stop("gradient")
    states = [event.state for event in events if isinstance(event, StateChanged)]
    assert states == ["starting", "running", "asleep"]
    assert [e.outputs for e in events if isinstance(e, OutputReady)] == [answer]
    assert [e.error for e in events if isinstance(e, QueryFailed)] == [
        "'z' takes 512 numbers, got 3."
    ]


async def test_the_current_error_goes_with_the_next_success(engine: Engine) -> None:
    running = (await started(engine, GRADIENT)).running["gradient"]
    with pytest.raises(InvalidArgument):
        await engine.query("gradient", {})
    assert running.last_error == "Give 'z' or 'seed'."
    answer = await engine.query("gradient", {"seed": 1})
    assert running.last_error is None
    assert running.last_output == answer


async def gathered(engine: Engine, held: Path, *what: str) -> list[Any]:
    """What is answered to calls that came while the worker was busy."""
    await started(engine, TROUBLED)
    busy = asyncio.create_task(engine.query("troubled", {"what": f"hold {held}"}))
    await until(held.exists)
    calls = [engine.query("troubled", {"what": each}) for each in what]
    answers = asyncio.gather(*calls, return_exceptions=True)
    await until(lambda: engine.running["troubled"].waiting == len(what))
    held.unlink()
    await busy
    return await answers


async def test_waiting_calls_are_gathered_up_to_the_largest_batch(
    engine: Engine, tmp_path: Path
) -> None:
    answers = await gathered(engine, tmp_path / "held", *["count"] * 4)
    said = [answer["said"] for answer in answers]
    assert said == ["batch of 3"] * 3 + ["batch of 1"]


async def test_one_bad_call_does_not_spoil_its_batch(engine: Engine, tmp_path: Path) -> None:
    good, failed, refused = await gathered(engine, tmp_path / "held", "ok", "fail", "refuse")
    assert good == {"said": "batch of 1"}
    assert isinstance(failed, ModelFailed)
    assert "ZeroDivisionError: no such luck" in str(failed)
    assert isinstance(refused, InvalidArgument)
    assert refused.name == "what"


async def test_a_newer_live_call_takes_the_place_of_the_waiting_one(engine: Engine) -> None:
    await started(engine, SLOW)
    runs = [
        engine.run("slow", {"z": np.full(512, value / 5, np.float32)}, live="stage")
        for value in range(5)
    ]
    begun = asyncio.create_task(runs[0])
    await until(lambda: bool(engine.running["slow"]._in_work))
    # All within one turn of the loop, in which no answer can come.
    first, *middle, last = await asyncio.gather(begun, *runs[1:], return_exceptions=True)
    assert isinstance(first, dict)
    assert all(isinstance(error, Superseded) for error in middle)
    assert isinstance(last, dict)
    np.testing.assert_array_equal(last["image"], gradient(np.full(512, 0.8, np.float32)))


async def test_a_full_queue_says_busy() -> None:
    async with Engine(queue_limit=2) as engine:
        await started(engine, SLOW)
        calls = [asyncio.create_task(engine.query("slow", {"seed": n})) for n in range(4)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [dict, dict, Busy, Busy]


async def test_a_caller_that_goes_leaves_no_work_behind(engine: Engine) -> None:
    await started(engine, SLOW)
    calls = [asyncio.create_task(engine.run("slow", {"seed": n})) for n in range(3)]
    await until(lambda: engine.running["slow"].waiting == 2)
    calls[1].cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [dict, asyncio.CancelledError, dict]


async def test_a_killed_worker_is_back_and_its_caller_told(engine: Engine) -> None:
    await started(engine, SLOW)
    events = heard(engine)
    in_flight = asyncio.create_task(engine.query("slow", {"seed": 1}))
    waiting = asyncio.create_task(engine.query("slow", {"seed": 2}))
    await until(lambda: engine.running["slow"].waiting == 1)
    pid = engine.running["slow"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match="died while it worked") as raised:
        await asyncio.wait_for(in_flight, 30)
    assert raised.value.retry_after > 0
    assert "image" in await waiting
    assert "image" in await engine.query("slow", {"seed": 3})
    assert engine.running["slow"].pid != pid
    states = [event.state for event in events if isinstance(event, StateChanged)]
    assert states == ["starting", "running"]


async def test_pictures_are_decoded_only_as_fast_as_they_are_worked_off(engine: Engine) -> None:
    await started(engine, TROUBLED)
    room = engine.running["troubled"].pictures
    room.limit = 1
    picture = np.zeros((64, 64, 3), np.uint8)
    calls = asyncio.gather(
        *(engine.query("troubled", {"picture": to_data_uri(picture)}, "look") for _ in range(9))
    )
    held = {0}
    while not calls.done():
        held.add(room.held)
        await asyncio.sleep(0)
    assert held == {0, picture.nbytes}
    assert await calls == [{"mean": 0.0}] * 9


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of POSIX")
@pytest.mark.parametrize("end", ["stopped", "killed"])
async def test_a_worker_that_hangs_holds_up_neither_the_server_nor_its_end(
    engine: Engine, end: str
) -> None:
    await started(engine, TROUBLED)
    pid = engine.running["troubled"].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    # More than any pipe holds, and than the memory shared with the worker.
    photo = np.zeros((3000, 2500, 3), np.uint8)
    call = asyncio.create_task(engine.run("troubled", {"picture": photo}, "look"))
    while not engine.running["troubled"].pictures.held:
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not call.done()
    if end == "stopped":
        await engine.stop("troubled")
    else:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match=f"was {end}|died"):
        await asyncio.wait_for(call, 30)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of POSIX")
async def test_a_worker_that_gives_no_answer_is_replaced() -> None:
    async with Engine(query_seconds=1.0) as engine:
        await started(engine, GRADIENT)
        events = heard(engine)
        pid = engine.running["gradient"].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        words = (
            "'gradient' gave no answer within 1 s, the limit of --query-seconds, and is starting"
        )
        with pytest.raises(Unavailable, match=words):
            await engine.query("gradient", {"seed": 1})
        engine.running["gradient"]._query_seconds = None  # a busy machine may take as long
        await engine.ready("gradient")
        assert "image" in await engine.query("gradient", {"seed": 1})
        states = [event.message for event in events if isinstance(event, StateChanged)]
        assert states[0] == "gradient gave no answer within 1 s and is starting again."


async def test_a_worker_killed_while_idle_is_back_before_anyone_asks(engine: Engine) -> None:
    await started(engine, GRADIENT)
    events = heard(engine)
    running = asyncio.Event()
    engine.events.listen(
        lambda event: running.set() if getattr(event, "state", "") == "running" else None
    )
    pid = engine.running["gradient"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.wait_for(running.wait(), 30)
    assert [event.state for event in events if isinstance(event, StateChanged)] == [
        "starting",
        "running",
    ]
    assert "image" in await engine.query("gradient", {"seed": 1})


@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_a_model_that_is_spent_says_why_and_is_back(executor: str) -> None:
    async with Engine(executor=executor) as engine:
        await started(engine, TROUBLED)
        running = asyncio.Event()
        engine.events.listen(
            lambda event: running.set() if getattr(event, "state", "") == "running" else None
        )
        before = (await engine.query("troubled", {"what": "pid"}))["said"]
        with pytest.raises(ModelFailed, match=r"^The GPU is lost\.$"):
            await engine.query("troubled", {"what": "lose"})
        await asyncio.wait_for(running.wait(), 30)
        after = (await engine.query("troubled", {"what": "pid"}))["said"]
        assert (after == before) == (executor == "thread")


@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_a_model_that_exits_ends_nothing_else(executor: str) -> None:
    async with Engine(executor=executor) as engine:
        await started(engine, TROUBLED)
        with pytest.raises(Unavailable, match="died while it worked and is starting again"):
            await engine.query("troubled", {"what": "exit"})
        assert (await engine.query("troubled", {"what": "on"}))["said"] == "batch of 1"


async def test_a_thread_that_hangs_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "PATIENCE", 0.01)
    held = tmp_path / "held"
    async with Engine(executor="thread", query_seconds=0.2) as engine:
        await started(engine, TROUBLED)
        with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
            await engine.query("troubled", {"what": f"hold {held}"})
        engine.running["troubled"]._query_seconds = None  # a busy machine may take as long
        assert (await engine.query("troubled", {"what": "on"}))["said"] == "batch of 1"
        held.unlink(missing_ok=True)


async def test_a_model_that_keeps_dying_is_given_up(engine: Engine) -> None:
    spec = ModelSpec(name="doomed", family="toys:Troubled", options={"at_start": "die"})
    await engine.start(spec)
    with pytest.raises(Unavailable, match="died 5 times within a minute"):
        await engine.ready("doomed")
    assert engine.running["doomed"].state == "failed"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at_start": "fail"}, "could not start: ZeroDivisionError: no such luck"),
        ({"at_start": "refuse"}, "could not start: 'what' is refused."),
        ({"speed": 3}, "has no option 'speed'"),
    ],
)
async def test_a_model_that_cannot_start_says_why(
    engine: Engine, options: dict[str, object], message: str
) -> None:
    await engine.start(ModelSpec(name="troubled", family="toys:Troubled", options=options))
    with pytest.raises(Unavailable, match=message):
        await engine.ready("troubled")
    with pytest.raises(Unavailable, match=message):
        await engine.query("troubled", {"what": "ok"})


async def test_stop_ends_the_process_and_start_brings_it_back(engine: Engine) -> None:
    await started(engine, GRADIENT)
    pid = engine.running["gradient"].pid
    assert pid is not None
    await engine.stop("gradient")
    assert not psutil.pid_exists(pid)
    with pytest.raises(Unavailable, match="is stopped"):
        await engine.query("gradient", {"seed": 1})
    await started(engine, GRADIENT)
    assert "image" in await engine.query("gradient", {"seed": 1})


async def test_an_idle_model_sleeps_and_a_query_wakes_it() -> None:
    async with Engine(idle_seconds=0.05) as engine:
        asleep = asyncio.Event()
        engine.events.listen(
            lambda event: asleep.set() if getattr(event, "state", "") == "asleep" else None
        )
        await started(engine, GRADIENT)
        await asyncio.wait_for(asleep.wait(), 30)
        assert engine.running["gradient"].pid is None
        assert "image" in await engine.query("gradient", {"seed": 1})


async def test_unknown_names_are_told_what_there_is(engine: Engine) -> None:
    await started(engine, GRADIENT)
    with pytest.raises(NotFound, match="Running: gradient"):
        await engine.query("gradent", {})
    with pytest.raises(NotFound, match="There are: generate"):
        await engine.query("gradient", {"seed": 1}, "paint")


async def test_large_pictures_cross_both_ways(engine: Engine) -> None:
    await started(engine, TROUBLED)
    picture = np.full((1024, 1024, 3), 77, np.uint8)
    answer = await engine.run("troubled", {"picture": picture}, "look")
    assert answer["mean"] == pytest.approx(77)


async def test_a_model_put_to_sleep_wakes_for_any_call(engine: Engine) -> None:
    await started(engine, GRADIENT)
    await engine.sleep("gradient")
    running = engine.running["gradient"]
    assert (running.state, running.pid) == ("asleep", None)
    assert "image" in await engine.query("gradient", {"z": Z})
    assert running.state == "running"


async def test_what_a_model_notes_of_itself_is_said_when_it_runs(engine: Engine) -> None:
    events = heard(engine)
    await started(engine, ModelSpec(name="noted", family="toys:Noted"))
    said = [event.message for event in events if isinstance(event, StateChanged)]
    assert said[-1] == "noted is running. Note: half grown."
