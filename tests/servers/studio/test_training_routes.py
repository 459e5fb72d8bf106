"""Trainings over HTTP, on an app of their own; one of them is real."""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import httpx
import pytest

from kept_trainings import write_model, write_training
from paths import FIXTURES
from servers.manager_fakes import FakeDesk
from taxiway.catalog.catalog import Card
from taxiway.core.command import Command
from taxiway.core.config import Config
from taxiway.core.errors import NotFound
from taxiway.core.model import ModelSpec
from taxiway.jobs.runner import Jobs
from taxiway.live.model_manager import RunningModel
from taxiway.servers.studio.training_routes import MOST_PLACES, routes
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.prepare import prepare
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.snapshots import name_of, thin
from taxiway.web.application import application
from taxiway.web.powers import Tokens
from training.datasets.pictures.folders import fill

SMALL = FIXTURES / "stylegan2-ada_32.pkl"


class Models:
    """One model, with a checkpoint."""

    def spec(self, name: str) -> ModelSpec:
        if name != "small":
            raise NotFound(f"No model named '{name}'.")
        return ModelSpec(name=name, family="stylegan", options={"checkpoint": str(SMALL)})

    def commands(self, name: str) -> Collection[Command]:
        return ()


class Client(httpx.AsyncClient):
    """Knows the token; `played` are the cards that were given a model, of those of `manager`."""

    played: list[Card]
    manager: FakeDesk

    async def told(self, path: str, *states: str) -> Any:
        """A training once it is in one of the states."""
        async with asyncio.timeout(120):
            while (told := (await self.get(path)).json())["state"] not in states:
                await asyncio.sleep(0.1)
        return told


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    jobs = Jobs(tmp_path / "jobs", tmp_path / "trainings", Models(), [])
    played, manager = list[Card](), FakeDesk()

    async def play(card: Card) -> RunningModel:
        played.append(card)
        return manager.begin({"name": card.name, "title": card.title})

    app = application(routes(jobs, play, manager.running, Tokens("to play", "secret")), Config())
    transport = httpx.ASGITransport(app)
    headers = {"authorization": "Bearer secret"}
    base = "http://localhost/studio/api"
    async with Client(transport=transport, base_url=base, headers=headers, timeout=60) as client:
        client.played, client.manager = played, manager
        yield client
    await jobs.close()


@pytest.mark.slow
async def test_a_training_is_begun_stopped_resumed_and_played(
    client: Client, tmp_path: Path
) -> None:
    with open_source(fill(tmp_path / "in", 60)) as source:
        prepare(source, tmp_path / "noise.zip", Plan(32))
    order = {"name": "noise", "dataset": str(tmp_path / "noise.zip"), "start": "small", "kimg": 30}
    begun = await client.post("/trainings", json={**order, "title": "My noise"})
    assert begun.json()["state"] == "starting", begun.text
    training = await client.told("/trainings/noise", "running", "failed")
    assert training["state"] == "running", training["message"]
    assert (await client.post("/trainings/noise/stop")).json()["state"] == "stopping"
    stopped = await client.told("/trainings/noise", "stopped", "failed")
    assert stopped["message"].startswith("Stopped"), stopped["message"]
    assert stopped["title"] == "My noise"
    assert [model["name"] for model in stopped["models"]] == ["model", "best"]
    further = stopped["kimg"] + 0.016
    await client.post("/trainings/noise/resume", json={"kimg": further})
    done = await client.told("/trainings/noise", "done", "failed")
    assert done["kimg"] == pytest.approx(further, abs=0.02)
    assert [kimg for kimg, _ in done["curves"]["kid"]][-1] == done["kimg"]
    sheet = await client.get(f"/trainings/noise/sheets/{done['sheets'][-1]['name']}")
    assert sheet.content.startswith(b"\xff\xd8")
    place = (await client.post("/trainings/noise/play", json={})).json()
    assert place["name"] == "training-noise"
    (card,) = client.played
    assert (card.family, card.title, card.resolution) == ("stylegan", "My noise", 32)
    assert Path(str(card.checkpoint)).name == "model.safetensors"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return write_training(tmp_path / "trainings" / "mine")


async def test_trainings_their_sheets_and_their_film_are_told(client: Client, kept: Path) -> None:
    (mine,) = (await client.get("/trainings")).json()["trainings"]
    assert (mine["name"], mine["kimg"], mine["total"]) == ("mine", 20, 40)
    told = (await client.get("/trainings/mine")).json()
    assert told["secondsLeft"] is None
    for name in (told["sheets"][0]["name"], "real.jpg"):
        sheet = await client.get(f"/trainings/mine/sheets/{name}")
        assert (sheet.headers["content-type"], sheet.content[:2]) == ("image/jpeg", b"\xff\xd8")
        assert sheet.headers["content-security-policy"] == "sandbox"
    film = await client.get("/trainings/mine/progress.mp4")
    assert film.headers["content-type"] == "video/mp4"
    assert film.content[4:8] == b"ftyp"


async def test_the_best_snapshot_has_a_place_of_its_own(client: Client, kept: Path) -> None:
    await client.post("/trainings/mine/play", json={"snapshot": "best"})
    (card,) = client.played
    assert (card.name, card.title) == ("training-mine-best", "My garden (best)")


async def test_snapshots_are_played_side_by_side_each_with_its_own_card(
    client: Client, kept: Path
) -> None:
    told = (await client.get("/trainings/mine")).json()
    assert [(found["name"], found["kimg"]) for found in told["snapshots"]] == [
        ("000010.0kimg", 10),
        ("000020.0kimg", 20),
    ]
    for found in told["snapshots"]:
        answer = await client.post("/trainings/mine/play", json={"snapshot": found["name"]})
        assert answer.status_code == 200, answer.text
    assert [(card.name, card.title, card.metrics["kid"]) for card in client.played] == [
        ("training-mine-10kimg", "My garden (10 kimg)", 0.1),
        ("training-mine-20kimg", "My garden (20 kimg)", 0.05),
    ]


async def test_what_is_played_stays_when_the_training_goes_on(client: Client, kept: Path) -> None:
    await client.post("/trainings/mine/play", json={"snapshot": "000010.0kimg"})
    for kimg in (8.0, 9.0, 200.0):
        write_model(kept / "snapshots" / name_of(kimg), kimg)
    thin(kept)
    told = (await client.get("/trainings/mine")).json()
    assert [found["kimg"] for found in told["snapshots"]] == [8, 10, 20, 200]


async def test_so_many_are_played_and_no_more(client: Client, kept: Path) -> None:
    for number in range(MOST_PLACES - 1):
        client.manager.begin({"name": f"training-{number}", "title": "Another"})
    client.manager.begin({"name": "painter", "title": "The painter"})
    for _ in range(2):  # again at its place
        answer = await client.post("/trainings/mine/play", json={"snapshot": "000010.0kimg"})
        assert answer.status_code == 200, answer.text
    answer = await client.post("/trainings/mine/play", json={"snapshot": "000020.0kimg"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("6 models of trainings are played already")
    assert len(client.played) == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/none", None, 404, "There is no training 'none'"),
        ("GET", "/..", None, 404, "nothing at"),
        ("GET", "/%2e%2e%2fmine", None, 404, "nothing at"),
        ("GET", "/mine/sheets/none.jpg", None, 404, "'mine' has no sheet 'none.jpg'"),
        ("GET", "/mine/sheets/..%2ftraining.json", None, 404, "nothing at"),
        ("GET", "/mine/sheets/..\\training.json", None, 404, "has no sheet"),
        ("POST", "/mine/stop", None, 400, "'mine' does not train now"),
        ("POST", "/mine/play", {"snapshot": "state.pt"}, 404, "'mine' has no model 'state.pt'"),
        ("POST", "/mine/play", {"snapshot": "../mine/model"}, 404, "has no model"),
        ("POST", "/mine/play", {"snapshot": "000011.0kimg"}, 404, "There are: 000010.0kimg"),
        ("POST", "/mine/play", {"snapshot": 10}, 400, "snapshot"),
        ("POST", "/mine/resume", {"kimg": -1}, 400, "'kimg' takes a number above 0"),
        ("POST", "/mine/resume", None, 400, "The body is not what is expected"),
        ("POST", "", {"name": "a"}, 400, "dataset"),
        ("POST", "", {"name": "a b", "dataset": "/"}, 400, "small letters"),
        ("POST", "", {"name": "a", "dataset": "/none"}, 400, "no dataset '/none'"),
        ("POST", "", {"name": "a", "dataset": "/", "start": "none"}, 404, "no training 'none'"),
        ("POST", "", {"name": "a", "dataset": "/", "quality": "best"}, 400, "quality"),
    ],
)
async def test_what_cannot_be_done_is_said(
    client: Client, kept: Path, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answer = await client.request(method, "/trainings" + path, json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer guess"}, {"origin": "https://example.org"}]
)
async def test_nothing_is_told_or_done_for_others(
    client: Client, kept: Path, headers: dict[str, str]
) -> None:
    for path in ("", "/mine", "/mine/sheets/real.jpg", "/mine/progress.mp4"):
        assert (await client.get("/trainings" + path, headers=headers)).status_code == 403
    for path in ("", "/mine/stop", "/mine/resume", "/mine/play"):
        answer = await client.post("/trainings" + path, headers=headers, json={})
        assert answer.status_code == 403
