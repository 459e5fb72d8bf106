"""Sets of pictures over HTTP, beside a running model that finds boxes."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from PIL import Image

from annotation.pictured import FIRST, pictures
from taxiway.catalog.catalog import Card
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.model_servers import ModelServers

CARD = Card(
    name="finder", family="finders:Finder", title="Finder", summary="Finds the middle.",
    licence="Apache-2.0", made="For tests.", limits="One box.",
)  # fmt: skip


@pytest.fixture
async def client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    config = Config(port=0, socketio_port=None, osc_port=None, hub_port=None)
    async with Engine() as engine:
        servers = ModelServers(engine, config, {})
        server = await servers.open(CARD)
        assert server.listener is not None
        base = f"{server.listener.url}/studio/api"
        headers = {"authorization": f"Bearer {servers.tokens.own}"}
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as client:
            await engine.ready("finder")
            yield client
        await servers.close()


async def send(client: httpx.AsyncClient, name: str, data: bytes) -> str:
    answer = await client.post("/jobs/uploads", params={"name": name}, content=data)
    return str(answer.json()["id"])


async def a_set(client: httpx.AsyncClient, folder: Path) -> str:
    """The id of a set with two pictures that were sent."""
    id = str((await client.post("/annotations", json={"title": "Birds"})).json()["id"])
    came = pictures(folder / "came", "a.png", "b.png") / "images"
    uploads = [await send(client, each.name, each.read_bytes()) for each in came.iterdir()]
    added = (await client.post(f"/annotations/{id}/files", json={"uploads": uploads})).json()
    assert added == {"pictures": 2, "boxes": 0, "wrong": []}
    return id


async def test_pictures_are_sent_labelled_proposed_checked_and_taken_home(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    id = await a_set(client, tmp_path)
    at = f"/annotations/{id}"

    async def ask(method: str, path: str, content: Any = None, status: int = 200) -> Any:
        answer = await client.request(method, at + path, json=content)
        assert answer.status_code == status, answer.text
        return answer

    found = (await ask("POST", "/propose", {"name": "a.png", "model": "finder"})).json()
    assert [each["name"] for each in found["classes"]] == ["middle"]
    assert found["boxes"] == [[20, 10, 40, 20, 0]]
    drawn = {"version": 0, "state": "done", "boxes": found["boxes"]}
    shown = (await ask("PUT", "/boxes?name=a.png", drawn)).json()
    assert (shown["version"], shown["width"], shown["boxes"]) == (1, 80, found["boxes"])
    refused = await ask("PUT", "/boxes?name=a.png", {**drawn, "boxes": [FIRST]}, 409)
    assert "changed elsewhere" in refused.json()["error"]
    assert (await ask("GET", "/boxes?name=a.png")).json() == shown
    classes = [*found["classes"], {"id": 1, "name": "owl", "colour": "#ff0000", "key": "2"}]
    overview = (
        await ask("PUT", "/classes", {"version": found["version"], "classes": classes})
    ).json()
    assert [each["state"] for each in overview["pictures"]] == ["done", "todo"]
    told = (await ask("GET", "/faults")).json()
    assert [each["kind"] for each in told["faults"]] == ["few", "none"]
    assert [(each["name"], each["boxes"]) for each in told["classes"]] == [
        ("middle", 1),
        ("owl", 0),
    ]
    assert Image.open(io.BytesIO((await ask("GET", "/sheet")).content)).size == (200, 200)

    small = await ask("GET", "/thumbnail?name=a.png")
    assert Image.open(io.BytesIO(small.content)).format == "JPEG"
    whole = await ask("GET", "/picture?name=a.png")
    assert (whole.content[:4], whole.headers["content-type"]) == (b"\x89PNG", "image/png")
    packed = await ask("GET", "/export?format=yolo&pictures=true")
    with ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == ["data.yaml", "labels/a.txt", "images/a.png"]
    table = b"filename,class,xmin,ymin,xmax,ymax\nb.png,owl,1,1,9,9\n"
    sent = [await send(client, "boxes.csv", table)]
    assert (
        "1 box came, for 1 picture."
        in (await ask("POST", "/import", {"uploads": sent})).json()["says"]
    )
    listed = (await client.get("/annotations")).json()
    assert listed["models"] == [{"name": "finder", "title": "Finder"}]
    assert [each["states"] for each in listed["sets"]] == [{"done": 2}]
    # A training takes the set by its id, and no page names a path.
    begun = await client.post(
        "/jobs", json={"tool": "train", "inputs": {"dataset": id, "name": "x"}}
    )
    assert begun.status_code != 400 or "There is no dataset" not in begun.text

    await ask("DELETE", "")
    assert (await client.get("/annotations")).json()["sets"] == []


async def test_what_is_asked_wrongly_is_a_sentence(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    at = f"/annotations/{await a_set(client, tmp_path)}"
    for method, path, content, status in (
        ("GET", "/boxes?name=../../set.json", None, 404),
        ("GET", "/picture", None, 400),
        ("GET", "/export?format=../x", None, 400),
        ("POST", "/propose", {"name": "a.png", "model": "none"}, 400),
        ("POST", "/import", {"uploads": []}, 404),
        ("PUT", "/boxes?name=a.png", {"version": 1, "state": "odd", "boxes": []}, 400),
    ):
        answer = await client.request(method, at + path, json=content)
        assert answer.status_code == status, path
        assert answer.json()["error"].endswith(".")
