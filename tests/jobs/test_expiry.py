"""Old jobs are deleted where somebody asked for that, and nothing else is."""

import time
from pathlib import Path

from msgspec import structs

from jobs.toy_models import ToyModels
from taxiway.commands._operating import days
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
