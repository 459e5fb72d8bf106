"""What a call took and how it ended, as meters hear it; and a worker that grows too large."""

import asyncio
from pathlib import Path

import pytest

from taxiway.core.errors import TaxiwayError
from taxiway.core.events import Event, StateChanged
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine, running
from taxiway.engine.timing import Measured

TROUBLED = ModelSpec(name="troubled", family="toys:Troubled")


async def test_meters_hear_how_each_call_ended_and_how_long_it_waited_and_worked(
    tmp_path: Path,
) -> None:
    held = tmp_path / "held"
    heard: list[Measured] = []
    async with Engine(queue_limit=1) as engine:
        engine.meters.append(heard.append)
        await engine.start(TROUBLED)
        await engine.ready("troubled")
        first = asyncio.create_task(engine.query("troubled", {"what": f"hold {held}"}))
        while not held.exists():
            await asyncio.sleep(0)
        second = asyncio.create_task(engine.query("troubled", {"what": "x"}))
        while not engine.running["troubled"].waiting:
            await asyncio.sleep(0)
        with pytest.raises(TaxiwayError):
            await engine.query("troubled", {"what": "x"})
        await asyncio.sleep(0.1)
        held.unlink()
        await first
        await second
        for wrong in ({"what": 3}, {"what": "fail"}, {"what": "die"}):
            with pytest.raises(TaxiwayError):
                await engine.query("troubled", wrong)
        with pytest.raises(TaxiwayError):
            await engine.query("nobody", {})  # a stranger's word becomes no label
        await engine.run("troubled", {"what": "x"})
        await engine.run("troubled", {"what": "x"}, live="session")
    ended = [(each.kind, each.outcome) for each in heard]
    assert ended == [
        ("query", "busy"),
        ("query", "ok"),
        ("query", "ok"),
        ("query", "invalid"),
        ("query", "failed"),
        ("query", "unavailable"),
        ("run", "ok"),
        ("live", "ok"),
    ]
    worked, waited = heard[1].times, heard[2].times
    assert worked.run >= 0.1
    assert waited.queue >= 0.1
    assert heard[0].times.run == 0


async def test_a_worker_that_grew_too_large_is_replaced_between_two_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "LOOK_SECONDS", 0.0)
    events: list[Event] = []
    async with Engine(worker_bytes=1) as engine:
        engine.events.listen(events.append)
        await engine.start(TROUBLED)
        pids = [(await engine.query("troubled", {"what": "pid"}))["said"] for _ in range(2)]
        asked = [engine.query("troubled", {"what": what}) for what in ["grow"] * 4 + ["pid"]]
        answers = await asyncio.gather(*asked)  # none of them is lost
        assert pids[0] == pids[1]  # it is over the limit from the start, which helps nobody
        assert answers[-1]["said"] != pids[0] or await _is_new(engine, pids[0])
        assert engine.running["troubled"].restarts == 1
    said = [event.message for event in events if isinstance(event, StateChanged)]
    assert "troubled took much memory and is starting anew." in said


async def _is_new(engine: Engine, pid: object) -> bool:
    return (await engine.query("troubled", {"what": "pid"}))["said"] != pid
