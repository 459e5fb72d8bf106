"""Outputs and sources over HTTP: for who knows the token."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.core.opened import OpenFolders
from taxiway.live.inputs import Inputs
from taxiway.live.outputs import Outputs
from taxiway.servers.studio.output_routes import routes
from taxiway.web.application import application
from taxiway.web.powers import Tokens

PATH = "/studio/api"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with on_session(FakeEngine()) as session:
        outputs, inputs = Outputs(session), Inputs(session)
        app = application(
            routes(outputs, inputs, Tokens("to play", "secret"), OpenFolders([tmp_path])), Config()
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost",
            headers={"authorization": "Bearer secret"},
        ) as client:
            yield client
        await outputs.close()
        await inputs.close()


async def test_all_are_shown_with_what_they_take(client: httpx.AsyncClient) -> None:
    shown = (await client.get(f"{PATH}/outputs")).json()
    outputs = {one["name"]: one for one in shown["outputs"]}
    assert outputs["mjpeg"]["state"] == "on"
    assert outputs["folder"]["state"] == "off"
    names = [field["name"] for field in outputs["folder"]["settings"]]
    assert names == ["path", "format", "quality", "limit", "fps"]
    assert [one["name"] for one in shown["sources"]] == [
        "faces",
        "frames",
        "midi",
        "ndi",
        "omt",
        "replay",
    ]


async def test_one_is_started_and_stopped(client: httpx.AsyncClient, tmp_path: Path) -> None:
    settings = {"path": str(tmp_path / "out"), "format": "JPEG"}
    started = (await client.post(f"{PATH}/outputs/folder", json=settings)).json()
    assert (started["state"], started["address"]) == ("on", str(tmp_path / "out"))
    assert started["values"]["format"] == "JPEG"
    stopped = (await client.delete(f"{PATH}/outputs/folder")).json()
    assert stopped["state"] == "off"


@pytest.mark.parametrize(
    ("path", "content", "status", "sentence"),
    [
        ("outputs/lamp", {}, 404, "No sink named 'lamp'. There are: camera, folder, mjpeg, "),
        ("outputs/folder", {}, 400, "'path' is missing."),
        ("outputs/folder", [], 400, "The body is not what is expected"),
        ("outputs/lamp/test", {}, 404, "No sink named 'lamp'. There are: camera, folder, mjpeg, "),
        ("outputs/folder/test", {}, 503, "The sink 'folder' is not on; start it first."),
        ("sources/lamp", {}, 404, "No source named 'lamp'. There are: faces, frames"),
        ("sources/frames", {"path": "/x"}, 400, "'path' takes a path below a folder that is open"),
        ("outputs/folder", {"path": "/etc"}, 400, "'path' takes a path below a folder that is"),
    ],
)
async def test_what_is_wrong_is_a_sentence(
    client: httpx.AsyncClient, path: str, content: object, status: int, sentence: str
) -> None:
    answer = await client.post(f"{PATH}/{path}", json=content)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]


async def test_a_path_is_opened_on_the_owners_word_only(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    for headers in (
        {"authorization": ""},
        {"authorization": "Bearer guess"},
        {"origin": "http://evil.example"},
    ):
        for path in ("outputs/folder", "sources/frames"):
            answer = await client.post(
                f"{PATH}/{path}", json={"path": str(target)}, headers=headers
            )
            assert answer.status_code == 403
    assert not target.exists()
