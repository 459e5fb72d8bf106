"""The Models screen's side of the server: what there is, pictures, fetching and removing, files."""

import asyncio
import io
import shutil
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

import networks
from catalog.store.conftest import WEIGHTS, described, quiet
from catalog.store.fake_hub import COMMIT, Hub, serving
from kept_trainings import write_training
from networks import STYLE
from paths import FIXTURES
from taxiway import app
from taxiway.catalog import catalog
from taxiway.catalog.store import bundle
from taxiway.catalog.store.store import Store
from taxiway.core.config import Config
from taxiway.model_servers import ModelServers

CONFIG = Config(port=0, socketio_port=None, osc_port=None, hub_port=None)
SOURCE = f"hf://org/repo@{COMMIT}/model.onnx"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repositories["org/repo"] = {"model.onnx": WEIGHTS}
        yield hub


@pytest.fixture
async def model_servers(hub: Hub) -> AsyncIterator[ModelServers]:
    async with app.serving(CONFIG, [catalog.card("painter")], {}) as model_servers:
        model_servers.jobs._names = ["pull"]  # so that nothing else is imported
        yield model_servers


@pytest.fixture
async def client(model_servers: ModelServers) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {model_servers.tokens.own}"}
    url = model_servers.running()[0].url + "/studio/api"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        yield client


async def listed(client: httpx.AsyncClient) -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in (await client.get("/models")).json()["models"]}


async def send(client: httpx.AsyncClient, name: str, data: bytes) -> httpx.Response:
    sent = await client.post("/jobs/uploads", params={"name": name}, content=data)
    return await client.post("/opened", json={"upload": sent.json()["id"]})


async def test_what_comes_with_us_and_what_was_trained_show_what_they_are(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    write_training(tmp_path / "data" / "trainings" / "garden")
    models = await listed(client)
    assert [one["title"] for one in models.values() if not picture(one)] == []
    garden = models["training-garden"]
    assert (garden["origin"], garden["title"]) == ("trained", "My garden")
    far = "Stopped: 20 of 40 thousand pictures shown; it can go on from there."
    assert (garden["family"], garden["summary"]) == ("stylegan", f"A garden. {far}")
    (tmp_path / "data" / "trainings" / "garden" / "model.json").write_text("{")
    garden = (await listed(client))["training-garden"]
    assert garden["summary"] == f"Trained here. {far}"


def picture(one: dict[str, object]) -> bool:
    """Whether there is one, where there has to be one."""
    return one["origin"] not in ("taxiway", "trained") or bool(one["hasPicture"])


async def test_a_model_is_agreed_to_fetched_and_removed(client: httpx.AsyncClient) -> None:
    before = await listed(client)
    assert before["rainbow"]["isHere"]
    assert before["cutout-u2netp"]["licence"] == "Apache-2.0"
    text = described("mine", ("model.onnx", SOURCE, WEIGHTS))[1]
    known = await send(client, "mine.toml", text)
    assert (known.status_code, known.json()) == (200, {"toFetch": "mine"})
    order = {"tool": "pull", "inputs": {"name": "mine", "licence": "CC0-1.0"}}
    assert (await ended(client, order))["state"] == "done"
    assert (await listed(client))["mine"]["origin"] == "fetched"
    picture = await client.get("/models/rainbow/picture")
    assert Image.open(io.BytesIO(picture.content)).size == (384, 216)
    assert (await client.get("/models/mine/picture")).status_code == 404
    assert (await client.delete("/models/mine")).json() == {"freed": "0.1 MB"}
    assert not (await listed(client))["mine"]["isHere"]
    assert (await client.delete("/models/mine")).json() == {"freed": "0 kB"}
    assert "mine" not in await listed(client)
    assert (await client.delete("/models/mine")).status_code == 404


async def ended(client: httpx.AsyncClient, order: dict[str, object]) -> dict[str, object]:
    """A job once it is at an end."""
    started = (await client.post("/jobs", json=order)).json()
    while True:
        job = (await client.get(f"/jobs/{started['id']}")).json()
        if job["state"] in ("done", "failed", "stopped"):
            return dict(job)
        await asyncio.sleep(0.05)


async def test_a_workspace_is_saved_and_set_up_again(
    client: httpx.AsyncClient, model_servers: ModelServers
) -> None:
    await client.get("/desk")
    session = model_servers._find("painter").session
    await session.engine.ready("painter")
    await model_servers.start("lineart", {})
    await model_servers._engine.ready("lineart")
    session.kept.store(3, "Dusk")
    await client.post("/mapping", json={"bindings": [{"from": "midi:1:cc:7", "to": "/truncation"}]})
    saved = (await client.get("/workspace")).content
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert archive.namelist() == ["workspace.json", "scenes/1.zip"]
    session.kept.clear(3)
    session.mapping.change([])
    await model_servers.stop("lineart")
    answer = await client.post("/workspace", content=saved)
    assert answer.json() == {"said": []}
    while 3 not in session.kept.presets:
        await asyncio.sleep(0.02)
    assert session.kept.presets[3].name == "Dusk"
    assert [each.to for each in session.mapping.bindings] == ["/truncation"]
    assert [model.name for model in model_servers.running()] == ["painter", "lineart"]


async def test_what_a_workspace_lacks_is_said(client: httpx.AsyncClient) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        text = '{"taxiway":"workspace","version":1,"models":[{"name":"lost"}]}'
        archive.writestr("workspace.json", text)
    answer = await client.post("/workspace", content=written.getvalue())
    assert answer.json()["said"][0].startswith("No model named 'lost'.")
    for bad in (b"", b"PK", b"x" * 999):
        refused = await client.post("/workspace", content=bad)
        assert (refused.status_code, "is no workspace" in refused.json()["error"]) == (400, True)


async def test_a_dropped_network_and_an_exported_model_run(
    client: httpx.AsyncClient, model_servers: ModelServers, tmp_path: Path
) -> None:
    style = FIXTURES / "onnx_style.onnx"
    assert (await send(client, "my-style.onnx", style.read_bytes())).json()["name"] == "my-style"
    manifest = tmp_path / "styled.toml"
    shutil.copy(style, tmp_path / "styled.onnx")
    manifest.write_text(networks.HEAD % "styled" + '[[file]]\npath = "styled.onnx"\n' + STYLE)
    elsewhere = Store(tmp_path / "elsewhere")
    bundle.take_beside(elsewhere, manifest, quiet)
    bundle.export(elsewhere, "styled", tmp_path / "styled.zip", quiet)
    sent = await send(client, "any.zip", (tmp_path / "styled.zip").read_bytes())
    assert sent.json()["name"] == "styled"
    for name in ("my-style", "styled"):
        await model_servers._engine.ready(name)
    assert (await listed(client))["styled"]["origin"] == "fetched"
    assert (await client.delete("/models/styled")).status_code == 200
    assert "styled" not in [model.name for model in model_servers.running()]
    order = {"model": "styled"}
    assert (await client.post("/running", json=order)).status_code == 404


async def test_the_owner_is_told_what_takes_the_room(
    model_servers: ModelServers, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    compiled = tmp_path / "data" / "compiled" / "x"
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(bytes(4000))
    told = (await client.get("/disk")).json()
    [part] = [part for part in told["parts"] if part["name"] == "compiled"]
    assert (part["bytes"], part["isRemade"]) == (4000, True)
    assert (await client.delete("/disk/compiled")).json() == {"freed": 4000}
    assert not compiled.exists()
    assert (await client.delete("/disk/jobs")).status_code == 400
    play = {"authorization": f"Bearer {model_servers.tokens.play}"}
    assert (await client.get("/disk", headers=play)).status_code == 403
