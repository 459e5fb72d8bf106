"""Jobs by Socket.IO and OSC: who may begin one, and what they hear of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jobs.toy_models import ToyModels
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.jobs.remote import RemoteJobs
from taxiway.jobs.runner import Jobs

TOOL = "toys:Counter"


@pytest.fixture
async def remote_jobs(tmp_path: Path) -> AsyncIterator[RemoteJobs]:
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", ToyModels(), [TOOL])
    yield RemoteJobs(jobs, "secret")
    await jobs.close()


class Told:
    """Hears of jobs."""

    def __init__(self) -> None:
        self.records: asyncio.Queue[Any] = asyncio.Queue()

    def __call__(self, record: Any) -> None:
        self.records.put_nowait(dict(record))

    async def until(self, *states: str) -> Any:
        async with asyncio.timeout(60):
            while (record := await self.records.get())["state"] not in states:
                pass
        return record


async def test_whoever_began_a_job_hears_of_it_to_its_end(remote_jobs: RemoteJobs) -> None:
    told, other = Told(), Told()
    order = {"tool": TOOL, "inputs": {"until": 2}}
    await remote_jobs.ask("small", {**order, "token": "secret"}, told)
    await remote_jobs.ask("small", order, other, is_trusted=True)
    done = await told.until("done")
    assert (done["done"], done["total"], done["model"]) == (2, 2, "small")
    assert len(json.dumps(done)) < 1000
    assert (await other.until("done"))["id"] != done["id"]


async def test_a_job_is_stopped_by_its_id(remote_jobs: RemoteJobs) -> None:
    told = Told()
    order = {"tool": TOOL, "inputs": {"until": 2, "hold": True}, "token": "secret"}
    await remote_jobs.ask("small", order, told)
    job = await told.until("running")
    await remote_jobs.ask("small", {"stop": job["id"], "token": "secret"}, lambda record: None)
    assert (await told.until("stopped", "done", "failed"))["state"] == "stopped"


@pytest.mark.parametrize(
    ("wire", "kind", "words"),
    [
        ({"tool": TOOL}, InvalidArgument, "wants the token of this start"),
        ({"tool": TOOL, "token": "guess"}, InvalidArgument, "wants the token of this start"),
        ({"token": "secret"}, InvalidArgument, "'job' takes a tool"),
        ({"token": "secret", "tool": "dance"}, NotFound, "No tool named 'dance'"),
        ({"token": "secret", "stop": "none"}, NotFound, "There is no job 'none'"),
        ({"token": "secret", "tool": TOOL, "inputs": {"until": "x"}}, InvalidArgument, "'until'"),
        ({"tool": 3}, InvalidArgument, "'job' is not as expected"),
        ([], InvalidArgument, "'job' is not as expected"),
        (None, InvalidArgument, "'job' is not as expected"),
    ],
)
async def test_what_cannot_be_done_is_said(
    remote_jobs: RemoteJobs, wire: Any, kind: type[Exception], words: str
) -> None:
    told = Told()
    with pytest.raises(kind, match=words):
        await remote_jobs.ask("small", wire, told)
    assert told.records.empty()
