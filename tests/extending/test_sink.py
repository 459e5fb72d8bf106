"""The sink and the source of docs/extending.md, as packages of somebody else's."""

import asyncio
import os
import sys
import threading
from pathlib import Path

import httpx
import pytest

import stranger
from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config

PORTS = {"port": 0, "socketio_port": None, "osc_port": None, "hub_port": None}
WAIT = 60.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind.")
async def test_a_sink_of_a_package_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A sink"), monkeypatch)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []

    def reader() -> None:
        with pipe.open("rb") as opened:
            read.append(opened.read(32 * 32 * 3))

    config = Config(**PORTS, sinks={"rawvideo": {"path": str(pipe)}})
    async with app.serving(config, [catalog.card("painter")], {}) as model_servers:
        await model_servers.feed()
        url = model_servers.running()[0].url
        async with httpx.AsyncClient(timeout=WAIT) as client:
            await client.post(f"{url}/query", json={"seed": 1, "size": 32})
            thread = threading.Thread(target=reader, daemon=True)
            thread.start()
            await asyncio.to_thread(thread.join, WAIT)
    assert len(read[0]) == 32 * 32 * 3
    assert len(set(read[0])) > 50


async def test_a_source_of_a_package_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A source"), monkeypatch)
    config = Config(**PORTS, sources={"sway": {"seconds": 0.5, "low": 0.5}})
    async with app.serving(config, [catalog.card("painter")], {}) as model_servers:
        await model_servers.feed()
        [server] = model_servers._servers.values()
        seen: set[float] = set()
        async with asyncio.timeout(WAIT):
            while len(seen) < 5:
                seen.add(server.session.controls.values().get("truncation", 0.8))
                await asyncio.sleep(0.01)
    assert all(0.5 <= value <= 1 for value in seen)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("def Lamp(", "never closed"),
        ("from taxiway.core.sink import Sink\nclass Lamp(Sink):\n    pass\n", "send"),
    ],
)
async def test_a_broken_one_is_a_sentence_and_the_model_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    told: str,
) -> None:
    points = {"taxiway.sinks: lamp": "lamp:Lamp"}
    stranger.install(tmp_path, {"lamp.py": source}, points, monkeypatch)
    config = Config(**PORTS, sinks={"lamp": {}})
    async with app.serving(config, [catalog.card("painter")], {}) as model_servers:
        await model_servers.feed()
        [server] = model_servers._servers.values()
        needs = {status.name: status.needs for status in await server.outputs.status()}
        assert told in needs["lamp"]
        assert needs["mjpeg"] == ""
        async with httpx.AsyncClient(timeout=WAIT) as client:
            answer = await client.get(f"{model_servers.running()[0].url}/frame.jpg")
            assert answer.headers["content-type"] == "image/jpeg"
    assert told in capsys.readouterr().out
