"""Films that are cut out, over HTTP: read, clicked at, followed and written, by the owner alone."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest
from PIL import Image

from jobs.toy_models import ToyModels
from taxiway.core.config import Config
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.film.writer import Manner, write_film
from taxiway.jobs.record import JobRecord, write_record
from taxiway.jobs.runner import Jobs
from taxiway.live.model_manager import ModelManager
from taxiway.masking.project import Project
from taxiway.servers.studio import film_routes, job_routes
from taxiway.servers.studio.film_models import FilmModels
from taxiway.web.application import application
from taxiway.web.powers import Tokens

TOKENS = Tokens("to play", "secret")
BASE = "http://localhost/studio/api"
COUNT = 4
KEPT = "mask-00000001"
"""A film's job of which nothing is there yet."""


class Models(ToyModels):
    """Models of which one cuts out; they can be started."""

    def __init__(self) -> None:
        self.engine = Engine()

    def spec(self, name: str) -> ModelSpec:
        if name == "reddish":
            return ModelSpec(name=name, family="reddish:Reddish")
        return super().spec(name)

    def models(self) -> list[dict[str, Any]]:
        commands = [{"name": "segment"}, {"name": "follow"}]
        card = {"name": "reddish", "title": "All that is red", "commands": commands}
        return [card, {"name": "small", "title": "Small", "commands": [{"name": "generate"}]}]

    def running(self) -> list[Any]:
        return []

    async def start(self, model: str, *_: Any) -> None:
        await self.engine.start(self.spec(model))


@pytest.fixture
async def models() -> AsyncIterator[Models]:
    models = Models()
    yield models
    await models.engine.close()


@pytest.fixture
async def jobs(tmp_path: Path, models: Models) -> AsyncIterator[Jobs]:
    for name, tool in ((KEPT, "mask"), ("mix-00000001", "mix")):
        record = JobRecord(id=name, tool=tool, state="stopped")
        write_record(tmp_path / "jobs" / name, record)
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", models, ["mask"])
    yield jobs
    await jobs.close()


@pytest.fixture
async def client(jobs: Jobs, models: Models) -> AsyncIterator[httpx.AsyncClient]:
    cutters = FilmModels(cast("ModelManager", models), models.engine)
    both = [*job_routes.routes(jobs, TOKENS), *film_routes.routes(jobs, cutters, TOKENS)]
    transport = httpx.ASGITransport(application(both, Config()))
    headers = {"authorization": "Bearer secret"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


def film_bytes(folder: Path) -> bytes:
    """A red square that moves over blue."""
    frames = []
    for index in range(COUNT):
        frame = np.full((60, 80, 3), [20, 40, 160], np.uint8)
        frame[20:40, 20 + 4 * index : 40 + 4 * index] = [200, 30, 30]
        frames.append(frame)
    write_film(folder / "square.mp4", frames, COUNT, Manner(fps=10))
    return (folder / "square.mp4").read_bytes()


async def at_rest(client: httpx.AsyncClient, name: str) -> Any:
    async with asyncio.timeout(60):
        while (job := (await client.get(f"/jobs/{name}")).json())["state"] != "stopped":
            assert job["state"] in ("waiting", "running", "stopping"), job["message"]
            await asyncio.sleep(0.02)
    return job


async def sent(client: httpx.AsyncClient, name: str, data: bytes) -> str:
    answer = await client.post(f"/jobs/uploads?name={name}", content=data)
    return str(answer.json()["id"])


def mask_in(answer: httpx.Response) -> Any:
    return np.asarray(Image.open(io.BytesIO(answer.content))) > 127


async def test_a_film_is_read_clicked_at_followed_and_written(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    upload = await sent(client, "square.mp4", film_bytes(tmp_path))
    order = {"tool": "mask", "inputs": {"film": {"uploads": [upload]}}}
    name = (await client.post("/jobs", json=order)).json()["id"]
    busy = await client.post(f"/films/{name}/clicks", json={"frame": 0, "include": [[0.4, 0.5]]})
    assert (busy.status_code, "being worked on" in busy.text) == (429, True)
    assert "film is read" in (await at_rest(client, name))["message"]
    told = (await client.get(f"/films/{name}")).json()
    assert (told["film"]["count"], told["film"]["shown"], told["made"]) == (COUNT, [80, 60], [])
    frame = await client.get(f"/films/{name}/frames/1.jpg")
    assert frame.content.startswith(b"\xff\xd8")
    assert (await client.get(f"/films/{name}/masks/1.png")).status_code == 204
    box = {"frame": 0, "box": [0.15, 0.2, 0.6, 0.8]}
    clicked = mask_in(await client.post(f"/films/{name}/clicks", json=box))
    truth = np.zeros((60, 80), bool)
    truth[20:40, 20:40] = True
    assert (clicked != truth).mean() < 0.03
    assert (await client.post(f"/films/{name}/next", json={})).json()["state"] == "waiting"
    assert "Every frame has its mask" in (await at_rest(client, name))["message"]
    assert (await client.get(f"/films/{name}")).json()["made"] == list(range(COUNT))
    followed = mask_in(await client.get(f"/films/{name}/masks/3.png"))
    assert (followed != np.roll(truth, 12, 1)).mean() < 0.03
    wanted = {
        "inputs": {"form": "over"},
        "behind": await sent(client, "b.mp4", film_bytes(tmp_path)),
    }
    await client.post(f"/films/{name}/next", json=wanted)
    job = await at_rest(client, name)
    assert "over.mp4" in job["files"]
    assert not any(file.startswith(".") for file in job["files"])
    assert (await client.post(f"/films/{name}/clicks", json={"frame": 0})).status_code == 204


async def test_a_model_cuts_out_what_is_clicked_at_and_follows_it(
    client: httpx.AsyncClient, models: Models, tmp_path: Path
) -> None:
    upload = await sent(client, "square.mp4", film_bytes(tmp_path))
    order = {"tool": "mask", "inputs": {"film": {"uploads": [upload]}}}
    name = (await client.post("/jobs", json=order)).json()["id"]
    await at_rest(client, name)
    told = (await client.get(f"/films/{name}")).json()
    assert told["models"] == [{"name": "reddish", "title": "All that is red"}]
    await client.post(f"/films/{name}/clicks", json={"frame": 1, "box": [0, 0, 0.1, 0.1]})
    for model in ("small", "none"):
        refused = await client.post(f"/films/{name}/model", json={"model": model})
        assert (refused.status_code, "does not cut out" in refused.text) == (400, True)
    assert (await client.post(f"/films/{name}/model", json={"model": "reddish"})).json() == {}
    assert (await client.get(f"/films/{name}")).json()["film"]["model"] == "reddish"
    truth = np.zeros((60, 80), bool)
    truth[20:40, 24:44] = True
    cut = mask_in(await client.get(f"/films/{name}/masks/1.png"))
    assert (cut != truth).mean() < 0.02  # what was clicked before is cut out anew
    await client.post(f"/films/{name}/next", json={})
    job = await at_rest(client, name)
    assert "Every frame has its mask" in job["message"]
    assert job["inputs"]["other"] == "reddish"
    followed = mask_in(await client.get(f"/films/{name}/masks/3.png"))
    assert (followed != np.roll(truth, 8, 1)).mean() < 0.02
    await models.engine.remove("reddish")
    away = await client.post(f"/films/{name}/clicks", json={"frame": 0, "include": [[0.4, 0.5]]})
    assert (away.status_code, "does not run" in away.text) == (503, True)
    assert (await client.post(f"/films/{name}/model", json={"model": ""})).json() == {}


async def test_what_makes_no_sense_is_refused(client: httpx.AsyncClient, jobs: Jobs) -> None:
    name = KEPT
    for content, status in (
        ({"frame": 0, "include": [[5, 0]]}, 400),
        ({"frame": 0, "points": []}, 400),
        ({"frame": "x"}, 400),
        ({}, 400),
        ({"frame": 0}, 404),
    ):
        refused = await client.post(f"/films/{name}/clicks", json=content)
        assert refused.status_code == status, content
        assert refused.json()["error"].endswith(".")
    assert (await client.post(f"/films/{name}/next", json={})).status_code == 404
    assert (await client.get(f"/films/{name}")).json()["film"] is None
    for frame in ("0", "x", "-1", "99999999999"):
        assert (await client.get(f"/films/{name}/frames/{frame}.jpg")).status_code == 404
    assert (await client.get(f"/films/{name}/masks/0.png")).status_code == 204


async def test_only_the_owner_may_and_only_of_films(client: httpx.AsyncClient) -> None:
    for path in ("/films/mix-00000001", "/films/none"):
        assert (await client.get(path)).status_code == 404
    headers = {"authorization": "Bearer to play"}
    assert (await client.get(f"/films/{KEPT}", headers=headers)).status_code == 403


async def test_following_waits_for_a_click_that_is_looked_at(
    client: httpx.AsyncClient, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in Project(jobs.folder / KEPT).take([np.zeros((8, 8, 3), np.uint8)], "film", 10):
        pass
    order, begun, let_go = list[str](), threading.Event(), threading.Event()

    def click(*_: Any) -> None:
        begun.set()
        let_go.wait(30)
        order.append("clicked")

    async def resume(*_: Any, **__: Any) -> dict[str, Any]:
        order.append("follows")
        return {}

    monkeypatch.setattr(Project, "click", click)
    monkeypatch.setattr(jobs, "resume", resume)
    clicks = {"frame": 0, "include": [[0.5, 0.5]]}
    first = asyncio.create_task(client.post(f"/films/{KEPT}/clicks", json=clicks))
    await asyncio.to_thread(begun.wait, 30)
    second = asyncio.create_task(client.post(f"/films/{KEPT}/next", json={}))
    await asyncio.wait([second], timeout=0.1)
    let_go.set()
    answers = await asyncio.gather(first, second)
    assert order == ["clicked", "follows"]
    assert {answer.status_code for answer in answers} == {200, 204}
