"""Tools and jobs over HTTP, on an app of their own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from paths import FIXTURES
from taxiway.core.config import Config
from taxiway.core.errors import NotFound
from taxiway.jobs.runner import Jobs
from taxiway.servers.studio.job_routes import routes
from taxiway.web.application import application

FIXTURE = FIXTURES / "stylegan2-ada_32.pkl"
TOOL = "toys:Counter"


def checkpoint_of(name: str) -> str:
    if name not in ("small", "twin", "unlike"):
        raise NotFound(f"No model named '{name}'.")
    return str(FIXTURE.with_name("stylegan3-t_32.pkl") if name == "unlike" else FIXTURE)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    jobs = Jobs(tmp_path, [TOOL, "bend"])
    transport = httpx.ASGITransport(application(routes(jobs, checkpoint_of, "secret"), Config()))
    headers = {"authorization": "Bearer secret"}
    base = "http://localhost/studio/api"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        yield client
    await jobs.close()


async def until(client: httpx.AsyncClient, job: Any, *states: str) -> Any:
    async with asyncio.timeout(60):
        while job["state"] not in states:
            await asyncio.sleep(0.02)
            job = (await client.get(f"/jobs/{job['id']}")).json()
    return job


async def test_a_tool_is_found_run_watched_and_its_files_fetched(client: httpx.AsyncClient) -> None:
    tools = (await client.get("/tools")).json()["tools"]
    assert [field["name"] for field in tools[TOOL]["inputs"]] == ["until", "hold"]
    order = {"tool": TOOL, "model": "small", "inputs": {"until": 2}}
    job = await until(client, (await client.post("/jobs", json=order)).json(), "done")
    assert job["outputs"] == {"counted": 2, "layers": 8}
    assert (await client.get("/jobs")).json()["jobs"] == [job]
    file = await client.get(f"/jobs/{job['id']}/files/count.txt")
    assert (file.text, file.headers["content-security-policy"]) == ("2", "sandbox")
    assert (await client.get(f"/jobs/{job['id']}/preview.jpg")).status_code == 404


async def test_a_job_is_stopped_and_resumed(client: httpx.AsyncClient) -> None:
    order = {"tool": TOOL, "model": "small", "inputs": {"until": 2, "hold": True}}
    job = await until(client, (await client.post("/jobs", json=order)).json(), "running")
    preview = f"/jobs/{job['id']}/preview.jpg"
    while (picture := await client.get(preview)).status_code == 404:
        await asyncio.sleep(0.02)
    assert picture.content.startswith(b"\xff\xd8")
    await client.post(f"/jobs/{job['id']}/stop")
    await until(client, job, "stopped")
    again = await client.post(f"/jobs/{job['id']}/resume")
    assert again.json()["state"] in ("waiting", "running")


def mixture(other: Any) -> dict[str, Any]:
    inputs = {"latents": "3", "mix": "b16 1, b32 0.5", "other": other}
    return {"tool": "bend", "model": "small", "inputs": inputs}


async def test_two_models_are_mixed_by_their_names(client: httpx.AsyncClient) -> None:
    job = (await client.post("/jobs", json=mixture("twin"))).json()
    job = await until(client, job, "done", "failed")
    assert (job["state"], job["outputs"]["files"]) == ("done", ["seed0003.png"])
    job = (await client.post("/jobs", json=mixture("unlike"))).json()
    job = await until(client, job, "done", "failed")
    assert "Models can be mixed if they have the same layers" in job["message"]


async def test_another_model_is_no_path_and_no_network_of_a_clients(
    client: httpx.AsyncClient,
) -> None:
    for other in (str(FIXTURE), "../small", "stranger"):
        answer = await client.post("/jobs", json=mixture(other))
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": f"No model named '{other}'."},
        )
    answer = await client.post("/jobs", json=mixture([1, 2]))
    assert (answer.status_code, answer.json()["input"]) == (400, "other")
    job = (await client.post("/jobs", json=mixture(""))).json()
    job = await until(client, job, "done", "failed")
    assert job["message"] == "'mix' takes another model too, as 'other'."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/jobs", {"tool": "dance", "model": "small"}, 404, "No tool named 'dance'"),
        ("POST", "/jobs", {"tool": TOOL, "model": "other"}, 404, "No model named 'other'"),
        ("POST", "/jobs", {"tool": TOOL}, 400, "model"),
        ("GET", "/jobs/none", None, 404, "There is no job 'none'"),
        ("POST", "/jobs/none/stop", None, 404, "There is no job 'none'"),
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
    order = {"tool": TOOL, "model": "small", "inputs": {"until": 1}}
    job = await until(client, (await client.post("/jobs", json=order)).json(), "done")
    for name in ("job.json", "..%2f..%2fsecret", "%2fetc%2fpasswd", "..\\count.txt"):
        assert (await client.get(f"/jobs/{job['id']}/files/{name}")).status_code == 404


async def test_nothing_is_told_without_the_token(client: httpx.AsyncClient) -> None:
    for path in ("/tools", "/jobs"):
        answer = await client.get(path, headers={"authorization": "Bearer guess"})
        assert answer.status_code == 403
