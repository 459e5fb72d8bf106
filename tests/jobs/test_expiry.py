"""Old jobs are deleted where somebody asked for that, and nothing else is."""

import asyncio
import time
from pathlib import Path

import pytest
from msgspec import structs

from jobs.toy_models import ToyModels
from taxiway.commands._operating import days
from taxiway.jobs import expiry
from taxiway.jobs.expiry import forget
from taxiway.jobs.record import JobRecord, write_record
from taxiway.jobs.runner import Jobs


async def test_only_what_ended_long_ago_goes(tmp_path: Path) -> None:
    now = time.time()
    records = {
        "old": JobRecord(id="old", tool="t", state="done", ended=now - 40 * 86400),
        "failed": JobRecord(id="failed", tool="t", state="failed", ended=now - 31 * 86400),
        "new": JobRecord(id="new", tool="t", state="done", ended=now - 86400),
        "timeless": JobRecord(id="timeless", tool="t", state="stopped"),
    }
    for name, record in records.items():
        folder = tmp_path / "jobs" / name
        folder.mkdir(parents=True)
        write_record(folder, record)
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", ToyModels(), [])
    jobs.records["runs"] = structs.replace(records["old"], id="runs", state="running")
    gone = await forget(jobs, now - days("30") * 86400)
    del jobs.records["runs"]
    assert sorted(gone) == ["failed", "old"]
    assert sorted(jobs.records) == ["new", "timeless"]
    there = {path.name for path in jobs.folder.iterdir() if path.is_dir()}
    assert there & records.keys() == {"new", "timeless"}
    await jobs.close()


def test_a_clock_that_jumped_is_not_believed_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, passed = [1e9], [50.0]
    monkeypatch.setattr(expiry.time, "time", lambda: wall[0])
    monkeypatch.setattr(expiry, "passed", lambda: passed[0])
    clock = expiry.Clock()

    def after(hours: float, jump: float = 0.0) -> bool:
        passed[0] += 3600 * hours
        wall[0] += 3600 * hours + jump
        return clock.is_steady()

    assert after(0)
    assert after(1, 30.0)
    assert not after(1, 365 * 86400.0)
    assert not after(1)
    assert not after(1, -365 * 86400.0)
    assert not any(after(1) for _ in range(23))
    assert after(1)


async def test_old_jobs_stay_when_a_clock_jumps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    async def noted(jobs: Jobs, before: float) -> list[str]:
        asked.append(before)
        return []

    beside, true = [0.0], time.time
    monkeypatch.setattr(expiry, "forget", noted)
    monkeypatch.setattr(expiry.time, "time", lambda: true() + beside[0])
    monkeypatch.setattr(expiry, "LOOK_SECONDS", 0.01)
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", ToyModels(), [])
    forgetting = asyncio.create_task(expiry.forgetting(jobs, 30))
    while not asked:
        await asyncio.sleep(0.01)
    beside[0] = 365 * 86400.0
    await asyncio.sleep(0.05)
    forgetting.cancel()
    assert max(asked) < true()
    await jobs.close()
