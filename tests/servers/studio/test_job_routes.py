"""Tools and jobs over HTTP, on an app of their own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobs.toy_models import ToyModels
from kept_trainings import write_training
from taxiway.core.config import Config
from taxiway.jobs.runner import Jobs
from taxiway.servers.studio.job_routes import events, routes
from taxiway.web.application import application
from taxiway.web.powers import Tokens

TOOL = "toys:Counter"


TOKENS = Tokens("to play", "secret")


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[Jobs]:
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", ToyModels(), [TOOL, "toys:Lookers"])
    yield jobs
    await jobs.close()


@pytest.fixture
async def client(jobs: Jobs) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(routes(jobs, TOKENS), Config()))
    headers = {"authorization": "Bearer secret"}
    base = "http://localhost/studio/api"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        yield client


async def until(client: httpx.AsyncClient, job: Any, *states: str) -> Any:
    async with asyncio.timeout(60):
        while job["state"] not in states:
            await asyncio.sleep(0.02)
            job = (await client.get(f"/jobs/{job['id']}")).json()
    return job


def order(model: str = "small", **inputs: Any) -> dict[str, Any]:
    return {"tool": TOOL, "model": model, "inputs": inputs}


async def test_a_tool_is_found_run_watched_and_its_files_fetched(client: httpx.AsyncClient) -> None:
    tools = (await client.get("/tools")).json()["tools"]
    fields = [field["name"] for field in tools[TOOL]["inputs"]]
    assert fields == ["until", "hold", "other", "given"]
    takes = {"families": [], "inputs": [], "one_of": [], "named": [], "model": False}
    assert tools["train"]["takes"] == takes
    begun = (await client.post("/jobs", json=order(until=2))).json()
    job = await until(client, begun, "done")
    assert job["outputs"] == {"counted": 2, "model": "small", "given": None}
    assert (await client.get("/jobs")).json()["jobs"] == [job]
    file = await client.get(f"/jobs/{job['id']}/files/count.txt")
    assert (file.text, file.headers["content-security-policy"]) == ("2", "sandbox")
    picture = await client.get(f"/jobs/{job['id']}/preview.jpg")
    assert picture.content.startswith(b"\xff\xd8")
    assert (await client.delete(f"/jobs/{job['id']}")).json() == {}
    assert (await client.get("/jobs")).json()["jobs"] == []


async def test_only_tools_that_work_on_a_model_are_offered_for_it(
    client: httpx.AsyncClient,
) -> None:
    for model, count in (("small", 1), ("looker", 2)):
        tools = (await client.get("/tools", params={"model": model})).json()["tools"]
        assert len(tools) == count
    assert (await client.get("/tools", params={"model": "none"})).status_code == 404


async def test_what_is_to_be_installed_for_a_training_is_said(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.get("/tools")).json()["lacking"] == {}
    monkeypatch.setitem(sys.modules, "torch", None)
    lacking = (await client.get("/tools")).json()["lacking"]
    assert lacking["train"].startswith("Training needs PyTorch: ")
    assert lacking["train"].endswith("taxiway install train.")


async def test_a_job_is_stopped_and_resumed(client: httpx.AsyncClient) -> None:
    begun = (await client.post("/jobs", json=order(until=2, hold=True))).json()
    job = await until(client, begun, "running")
    preview = f"/jobs/{job['id']}/preview.jpg"
    while (picture := await client.get(preview)).status_code == 404:
        await asyncio.sleep(0.02)
    assert picture.content.startswith(b"\xff\xd8")
    assert (await client.post(f"/jobs/{job['id']}/stop")).json()["state"] == "stopping"
    await until(client, job, "stopped")
    again = await client.post(f"/jobs/{job['id']}/resume")
    assert again.json()["state"] in ("waiting", "running")


async def test_files_are_sent_as_bytes_and_taken_by_a_job(client: httpx.AsyncClient) -> None:
    sent = await client.post("/jobs/uploads", params={"name": "notes.txt"}, content=b"bytes")
    upload = sent.json()
    assert (upload["name"], upload["size"]) == ("notes.txt", 5)
    given = {"uploads": [upload["id"]]}
    job = await until(client, (await client.post("/jobs", json=order(given=given))).json(), "done")
    assert job["outputs"]["given"] == "bytes"
    again = await client.post("/jobs", json=order(given=given))
    assert (again.status_code, again.json()["error"]) == (
        404,
        "A file was not sent, or too long ago; send it once more.",
    )
    nameless = await client.post("/jobs/uploads", content=b"bytes")
    assert nameless.status_code == 400
    path = await client.post("/jobs", json=order(given={"uploads": ["/etc/passwd"]}))
    assert path.status_code == 404


async def test_trainings_are_jobs_too(client: httpx.AsyncClient, tmp_path: Path) -> None:
    write_training(tmp_path / "trainings" / "mine")
    (job,) = (await client.get("/jobs")).json()["jobs"]
    assert (job["id"], job["kind"], job["state"]) == ("training:mine", "training", "stopped")
    sheet = await client.get("/jobs/training:mine/preview.jpg")
    assert sheet.content.startswith(b"\xff\xd8")
    assert (await client.delete("/jobs/training:mine")).status_code == 200
    assert not (tmp_path / "trainings" / "mine").exists()


async def test_whoever_follows_hears_of_every_job(jobs: Jobs, tmp_path: Path) -> None:
    write_training(tmp_path / "trainings" / "mine")
    heard: list[tuple[str, Any]] = []

    async def follow() -> None:
        async for text in events(jobs):
            for part in text.decode().split("\n\n")[:-1]:
                name, _, data = part.partition("\n")
                heard.append((name.removeprefix("event: "), json.loads(data[6:])))

    following = asyncio.create_task(follow())
    async with asyncio.timeout(60):
        record = await jobs.start(TOOL, "small", {"until": 1})
        while (record.id, "done") not in [(job["id"], job.get("state")) for _, job in heard]:
            await asyncio.sleep(0.02)
        await jobs.delete(record.id)
        while ("gone", {"id": record.id}) not in heard:
            await asyncio.sleep(0.02)
        assert heard[0][1]["id"] == "training:mine"
        await jobs.close()
        await following


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/jobs", {"tool": "dance", "model": "small"}, 404, "No tool named 'dance'"),
        ("POST", "/jobs", {"tool": TOOL, "model": "other"}, 404, "No model named 'other'"),
        ("POST", "/jobs", {"tool": TOOL}, 404, "No model named ''"),
        ("POST", "/jobs", {"model": "small"}, 400, "tool"),
        ("POST", "/jobs", {"tool": "toys:Lookers", "model": "small"}, 400, "take image"),
        ("GET", "/jobs/none", None, 404, "There is no job 'none'"),
        ("DELETE", "/jobs/none", None, 404, "There is no job 'none'"),
        ("DELETE", "/jobs/..%2fx", None, 404, "nothing at"),
        ("DELETE", "/jobs/training:none", None, 404, "There is no training 'none'"),
        ("POST", "/jobs/none/stop", None, 404, "There is no job 'none'"),
        ("POST", "/jobs/none/resume", {"kimg": "x"}, 400, "kimg"),
        ("GET", "/jobs/none/files/..%2fjob.json", None, 404, "There is no job"),
    ],
)
async def test_what_cannot_be_done_is_said(
    client: httpx.AsyncClient, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answer = await client.request(method, path, json=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


async def test_no_file_beside_the_jobs_own_is_given(client: httpx.AsyncClient) -> None:
    job = await until(client, (await client.post("/jobs", json=order())).json(), "done")
    for name in ("job.json", "..%2f..%2fsecret", "%2fetc%2fpasswd", "..\\count.txt", ".lock"):
        assert (await client.get(f"/jobs/{job['id']}/files/{name}")).status_code == 404


async def test_nothing_is_told_or_done_without_the_token(client: httpx.AsyncClient) -> None:
    for headers in ({"authorization": "Bearer guess"}, {"origin": "https://example.org"}):
        for path in ("/tools", "/jobs", "/jobs/events", "/jobs/x", "/jobs/x/files/y"):
            assert (await client.get(path, headers=headers)).status_code == 403
        for path in ("/jobs", "/jobs/uploads?name=a", "/jobs/x/stop", "/jobs/x/resume"):
            assert (await client.post(path, headers=headers, json={})).status_code == 403
        assert (await client.delete("/jobs/x", headers=headers)).status_code == 403
