"""Jobs in processes of their own: progress, stop, resume, death, what a folder keeps."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from paths import FIXTURES
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.jobs.runner import JobRecord, Jobs

COUNTER = "toys:Counter"
CHECKPOINT = str(FIXTURES / "stylegan2-ada_32.pkl")


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[Jobs]:
    jobs = Jobs(tmp_path, [COUNTER])
    yield jobs
    await jobs.close()


def checkpoint_of(name: str) -> str:
    return {"small": CHECKPOINT}.get(name, "no such file")


async def begun(jobs: Jobs, **inputs: object) -> JobRecord:
    return await jobs.start(COUNTER, "small", checkpoint_of, inputs)


async def until(record: JobRecord, is_so: Callable[[JobRecord], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so(record):
            await asyncio.sleep(0.01)


def ended(record: JobRecord) -> bool:
    return record.state not in ("waiting", "running")


async def test_a_job_counts_to_its_end_and_lists_its_files(jobs: Jobs) -> None:
    record = await begun(jobs, until=3)
    await until(record, ended)
    assert (record.state, record.outputs) == ("done", {"counted": 3, "layers": 8})
    assert record.files == ["count.txt"]
    assert jobs.file(record.id, "count.txt").read_text() == "3"
    assert Jobs(jobs.folder, [COUNTER]).find(record.id) == record


async def test_a_stopped_job_goes_on_where_it_was(jobs: Jobs) -> None:
    record = await begun(jobs, until=2, hold=True)
    await until(record, lambda record: record.total == 2)
    assert (jobs.preview(record.id) or b"").startswith(b"\xff\xd8")
    jobs.stop(record.id)
    await until(record, ended)
    assert (record.state, record.message) == ("stopped", "Stopped; it can go on from here.")
    counted = int(jobs.file(record.id, "count.txt").read_text())
    record.inputs["hold"] = False
    jobs.resume(record.id)
    await until(record, ended)
    assert record.outputs is not None
    assert (record.state, record.outputs["counted"]) == ("done", 2)
    assert counted == 1
    with pytest.raises(InvalidArgument, match="is done; there is nothing to resume"):
        jobs.resume(record.id)


async def test_a_killed_job_is_told_of_and_can_be_resumed(jobs: Jobs) -> None:
    record = await begun(jobs, until=2, hold=True)
    await until(record, lambda record: record.total == 2)
    pid = int(record.message)
    os.kill(pid, signal.SIGKILL)
    await until(record, ended)
    assert (record.state, record.message) == ("failed", "Its process died; it can be resumed.")


async def test_one_job_runs_at_a_time_and_a_waiting_one_is_stopped_at_once(jobs: Jobs) -> None:
    first, second = await begun(jobs, until=2, hold=True), await begun(jobs, until=1)
    await until(first, lambda record: record.total == 2)
    assert second.state == "waiting"
    jobs.stop(second.id)
    assert second.state == "stopped"
    third = await begun(jobs, until=1)
    jobs.stop(first.id)
    await until(third, ended)
    assert (first.state, second.state, third.state) == ("stopped", "stopped", "done")


async def test_what_is_wrong_is_said_before_or_after_the_start(jobs: Jobs) -> None:
    with pytest.raises(NotFound, match="No tool named 'dance'. There are: toys:Counter"):
        await jobs.start("dance", "small", checkpoint_of, {})
    with pytest.raises(InvalidArgument, match="'until' takes a number"):
        await begun(jobs, until="x")
    failing = await begun(jobs, until=13)
    missing = await jobs.start(COUNTER, "gone", checkpoint_of, {"until": 1})
    for record, words in ((failing, "13 brings bad luck."), (missing, "no such file")):
        await until(record, ended)
        assert record.state == "failed"
        assert words in record.message
    with pytest.raises(NotFound, match="There is no job 'x'"):
        jobs.stop("x")
    for file in ("job.json", "../job.json", "/etc/passwd", ""):
        with pytest.raises(NotFound, match="has made no file"):
            jobs.file(failing.id, file)


async def test_a_server_that_ends_leaves_stopped_jobs_and_no_process(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, [COUNTER])
    record = await begun(jobs, until=2, hold=True)
    await until(record, lambda record: record.total == 2)
    pid = int(record.message)
    await jobs.close()
    assert not psutil.pid_exists(pid)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "job.json").write_text("{")
    (again,) = Jobs(tmp_path, [COUNTER]).records.values()
    assert (again.id, again.state) == (record.id, "stopped")
