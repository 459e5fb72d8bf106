"""Jobs in processes of their own: the queue, progress, stop, resume, death, what a folder keeps."""

import asyncio
import json
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from jobs.toy_models import ToyModels
from taxiway.core.errors import InvalidArgument, NotFound, Unavailable
from taxiway.jobs import record as record_module
from taxiway.jobs.record import JobRecord
from taxiway.jobs.runner import Jobs

COUNTER, LIGHT, LOOKERS = "toys:Counter", "toys:LightCounter", "toys:Lookers"
TOOLS = [COUNTER, LIGHT, LOOKERS, "toys:NoSuchTool"]


def jobs_in(folder: Path) -> Jobs:
    return Jobs(folder / "jobs", folder / "trainings", ToyModels(), TOOLS)


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[Jobs]:
    jobs = jobs_in(tmp_path)
    yield jobs
    await jobs.close()


async def begun(jobs: Jobs, tool: str = COUNTER, **inputs: object) -> str:
    return (await jobs.start(tool, "small", inputs)).id


async def until(jobs: Jobs, name: str, is_so: Callable[[JobRecord], bool]) -> JobRecord:
    """The job once that is so: waits for what it reports."""
    changed = asyncio.Event()
    forget = jobs.listen(lambda record: changed.set())
    try:
        async with asyncio.timeout(60):
            while not is_so(jobs.find(name)):
                changed.clear()
                await changed.wait()
    finally:
        forget()
    return jobs.find(name)


async def ended(jobs: Jobs, name: str) -> JobRecord:
    return await until(jobs, name, lambda record: record.has_ended)


async def holding(jobs: Jobs, name: str) -> JobRecord:
    return await until(jobs, name, lambda record: record.total == 2)


@pytest.mark.smoke
async def test_a_job_counts_to_its_end_and_lists_its_files(jobs: Jobs) -> None:
    record = await ended(jobs, await begun(jobs, until=3))
    assert (record.state, record.message) == ("done", "Done.")
    assert record.outputs == {"counted": 3, "model": "small", "given": None}
    assert record.files == ["count.txt"]
    assert (record.done, record.total, record.unit) == (3, 3, "steps")
    assert record.started is not None
    assert record.created <= record.started <= (record.ended or 0)
    assert jobs.file(record.id, "count.txt").read_text() == "3"
    assert Jobs(jobs.folder, jobs.folder, ToyModels()).find(record.id) == record


async def test_a_jobs_folder_is_its_owners_alone(jobs: Jobs) -> None:
    record = await ended(jobs, await begun(jobs))
    for folder in (jobs.folder, jobs.folder / record.id):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_stopped_job_goes_on_where_it_was(jobs: Jobs) -> None:
    name = await begun(jobs, until=2, hold=True)
    await holding(jobs, name)
    preview = jobs.preview(name)
    assert isinstance(preview, bytes)
    assert preview.startswith(b"\xff\xd8")
    assert (await jobs.stop(name)).state == "stopping"
    record = await ended(jobs, name)
    assert (record.state, record.message) == ("stopped", "Stopped; it can go on from here.")
    assert jobs.file(name, "count.txt").read_text() == "1"
    assert isinstance(jobs_in(jobs.folder.parent).preview(name), Path)  # the next server's, too
    path = jobs.folder / name / "job.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "inputs": {"until": 2}}))
    following = jobs_in(jobs.folder.parent)
    await following.resume(name)
    record = await ended(following, name)
    assert record.outputs is not None
    assert (record.state, record.outputs["counted"]) == ("done", 2)
    with pytest.raises(InvalidArgument, match="is done; there is nothing to resume"):
        await following.resume(name)
    await following.close()


async def test_a_job_that_does_not_stop_is_ended_when_stopped_twice(jobs: Jobs) -> None:
    name = await begun(jobs, until=2, hold=True)
    pid = int((await holding(jobs, name)).message)
    os.kill(pid, signal.SIGSTOP)
    await jobs.stop(name)
    await jobs.stop(name)
    record = await ended(jobs, name)
    assert (record.state, record.message) == (
        "stopped",
        "Stopped at once; it can go on from its last save.",
    )


async def test_a_killed_job_is_told_of_and_can_be_resumed(jobs: Jobs) -> None:
    name = await begun(jobs, until=2, hold=True)
    os.kill(int((await holding(jobs, name)).message), signal.SIGKILL)
    record = await ended(jobs, name)
    assert (record.state, record.message) == ("failed", "Its process died; it can be resumed.")
    assert (await jobs.resume(name)).state in ("waiting", "running")
    await holding(jobs, name)


async def test_one_heavy_job_runs_at_a_time_and_a_light_one_beside_it(jobs: Jobs) -> None:
    first = await begun(jobs, until=2, hold=True)
    second = await begun(jobs)
    await holding(jobs, first)
    assert jobs.find(second).state == "waiting"
    assert (await jobs.stop(second)).message == "Stopped before it began."
    third = await begun(jobs)
    assert (await ended(jobs, await begun(jobs, LIGHT))).state == "done"
    assert jobs.find(third).state == "waiting"
    await jobs.stop(first)
    assert (await ended(jobs, third)).state == "done"
    assert (jobs.find(first).state, jobs.find(second).state) == ("stopped", "stopped")


async def test_one_that_is_stopped_as_its_turn_comes_does_not_begin(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks once more what there is to do, which takes a second where something is missing."""
    known, looked, begin = await jobs.offer(), list[None](), asyncio.Event()

    async def slow() -> Any:
        looked.append(None)
        if len(looked) > 1:  # the first is who begins it
            await begin.wait()
        return known

    monkeypatch.setattr(jobs, "offer", slow)
    name = await begun(jobs)
    while len(looked) < 2:
        await asyncio.sleep(0.01)
    assert (await jobs.stop(name)).message == "Stopped before it began."
    begin.set()
    while jobs._running:
        await asyncio.sleep(0.01)
    assert jobs.find(name).state == "stopped"
    assert not (jobs.folder / name / "count.txt").exists()


async def test_what_is_wrong_is_said_before_or_after_the_start(jobs: Jobs) -> None:
    with pytest.raises(NotFound, match="No tool named 'dance'. There are: toys:Counter"):
        await jobs.start("dance", "small", {})
    with pytest.raises(NotFound, match="'toys:NoSuchTool' cannot be used: .*NoSuchTool"):
        await jobs.start("toys:NoSuchTool", "small", {})
    with pytest.raises(InvalidArgument, match="'until' takes a number"):
        await begun(jobs, until="x")
    with pytest.raises(NotFound, match="No model named 'gone'"):
        await jobs.start(COUNTER, "gone", {})
    assert list(jobs.folder.glob("[a-z]*")) == []  # nothing is left of those
    record = await ended(jobs, await begun(jobs, until=13))
    assert (record.state, record.message) == ("failed", "13 brings bad luck.")
    with pytest.raises(NotFound, match="There is no job 'x'"):
        await jobs.stop("x")
    for file in ("job.json", "../job.json", "/etc/passwd", "", ".lock", "inputs"):
        with pytest.raises(NotFound, match="has made no file"):
            jobs.file(record.id, file)


async def test_tools_are_offered_where_they_work(jobs: Jobs) -> None:
    assert LOOKERS in await jobs.tools()
    assert LOOKERS not in await jobs.tools("small")
    assert LOOKERS in await jobs.tools("looker")
    assert "train" not in await jobs.tools("looker")  # it works on no model
    with pytest.raises(InvalidArgument, match="works on models that take image; 'small' is none"):
        await begun(jobs, LOOKERS)


async def test_two_models_go_by_their_names(jobs: Jobs) -> None:
    record = await ended(jobs, await begun(jobs, other="twin"))
    assert record.outputs is not None
    assert record.outputs["model"] == "small+twin"
    with pytest.raises(NotFound, match="No model named '/etc/passwd'"):
        await begun(jobs, other="/etc/passwd")


async def test_long_inputs_and_uploads_lie_beside_the_record(jobs: Jobs) -> None:
    record = await ended(jobs, await begun(jobs, given="a" * 10_000))
    assert record.outputs is not None
    assert (record.outputs["given"], record.inputs) == ("a" * 10_000, {})
    assert record.files == ["count.txt"]

    async def chunks() -> AsyncIterator[bytes]:
        yield b"some "
        yield b"bytes"

    upload = await jobs.uploads.put("../my notes.txt", chunks())
    record = await ended(jobs, await begun(jobs, given={"uploads": [upload.id]}))
    assert record.attached == {"given": ["my-notes.txt"]}
    assert record.outputs is not None
    assert record.outputs["given"] == "some bytes"
    for given in ([upload.id], ["../x"], [{}]):
        with pytest.raises(NotFound, match="A file was not sent, or too long ago"):
            await begun(jobs, given={"uploads": given})


async def test_a_server_that_ends_leaves_stopped_jobs_and_no_process(tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path)
    name = await begun(jobs, until=2, hold=True)
    waiting = await begun(jobs)
    pid = int((await holding(jobs, name)).message)
    await jobs.close()
    assert not psutil.pid_exists(pid)
    following = jobs_in(tmp_path)
    assert (following.find(name).state, following.find(waiting).state) == ("stopped", "stopped")
    assert "it can go on from here" in following.find(waiting).message


async def test_a_tool_ends_when_its_server_was_killed(jobs: Jobs) -> None:
    name = await begun(jobs, until=2, hold=True)
    process = psutil.Process(int((await holding(jobs, name)).message))
    with socket.socket(fileno=os.dup(jobs._processes[name]._ours.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)  # as the system does for a process that is no more
    assert await asyncio.to_thread(psutil.wait_procs, [process], 20) == ([process], [])


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text('{"id": "other-12345678", "tool": "x"}'),
        lambda path: path.write_bytes(b" " * (record_module.MOST_BYTES + 1)),
        lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"\xff"),
    ],
)
async def test_a_broken_record_is_a_broken_job_and_can_be_deleted(
    tmp_path: Path, change: Callable[[Path], Any]
) -> None:
    folder = tmp_path / "jobs" / "count-12345678"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text("")
    change(folder / "job.json")
    jobs = jobs_in(tmp_path)
    (record,) = await jobs.all()
    assert (record.id, record.state, record.is_broken) == ("count-12345678", "failed", True)
    assert record.message.startswith("Its record is damaged: it ")
    with pytest.raises(InvalidArgument, match="is broken; there is nothing to resume"):
        await jobs.resume(record.id)
    await jobs.delete(record.id)
    assert await jobs.all() == []
    assert not folder.exists()


async def test_of_a_folder_that_is_a_link_only_the_link_goes(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "job.json").write_text('{"id": "count-12345678", "tool": "x", "files": ["a"]}')
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "count-12345678").symlink_to(elsewhere)
    jobs = jobs_in(tmp_path)
    assert "link to somewhere else" in jobs.find("count-12345678").message
    await jobs.delete("count-12345678")
    assert (elsewhere / "job.json").exists()


async def test_no_link_leads_out_of_a_jobs_folder(jobs: Jobs, tmp_path: Path) -> None:
    record = await ended(jobs, await begun(jobs))
    (tmp_path / "secret").write_text("secret")
    path = jobs.folder / record.id / "count.txt"
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound, match="has no file"):
        jobs.file(record.id, "count.txt")


async def test_only_a_job_at_its_end_is_deleted(jobs: Jobs) -> None:
    name = await begun(jobs, until=2, hold=True)
    await holding(jobs, name)
    with pytest.raises(InvalidArgument, match="is not at an end; stop it first"):
        await jobs.delete(name)
    await jobs.stop(name)
    await ended(jobs, name)
    await jobs.delete(name)
    assert not (jobs.folder / name).exists()
    with pytest.raises(NotFound, match="There is no job"):
        await jobs.delete(name)


async def test_a_full_disk_is_told_and_nothing_is_lost(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await begun(jobs, until=2, hold=True)
    await holding(jobs, name)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(record_module, "write_whole", full)
        with pytest.raises(Unavailable, match="No space left on device.*Nothing was lost"):
            await begun(jobs)
        assert list(jobs.records) == [name]
        with pytest.raises(Unavailable, match="No space left"):
            await jobs.stop(name)
        assert jobs.find(name).state == "running"  # memory says what the disk does
        jobs._processes[name].stop()
        record = await ended(jobs, name)
        assert record.state == "failed"
        assert "What it made is kept" in record.message
    assert (await jobs.resume(name)).state in ("waiting", "running")
