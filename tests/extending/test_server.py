"""The server of docs/extending.md, as a package of somebody else's."""

import asyncio
import json
from pathlib import Path

import pytest

import stranger
from taxiway import app
from taxiway.catalog import catalog
from taxiway.cli import main
from taxiway.commands.run import server_settings
from taxiway.core.config import Config
from taxiway.core.errors import NotFound

PORTS = {"port": 0, "socketio_port": None, "osc_port": None, "hub_port": None}


@pytest.mark.smoke
async def test_a_line_of_json_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A server"), monkeypatch)
    config = Config(**PORTS, servers={"lines": {"port": 0}})
    async with app.serving(config, [catalog.card("painter")], {}) as model_servers:
        port = model_servers.running()[0].ports["lines"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for line in (b'{"seed": 1, "size": 32}', b'{"seed": "x"}', b"no JSON", b"[1]"):
            writer.write(line + b"\n")
        answers = [json.loads(await reader.readline()) for _ in range(4)]
        writer.close()
    assert answers[0]["image"].startswith("data:image/")
    assert "'seed'" in answers[1]["error"]
    assert answers[2]["error"]
    assert answers[3]["error"]


async def test_it_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A server"), monkeypatch)
    config = Config(**PORTS, servers={"lines": {"port": None}})
    async with app.serving(config, [catalog.card("painter")], {}) as model_servers:
        assert model_servers.running()[0].ports["lines"] is None


def test_its_settings_are_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A server"), monkeypatch)
    assert server_settings(["lines", "port=9001"]) == ("lines", {"port": 9001})
    assert server_settings(["lines", "off"]) == ("lines", {"port": None})
    with pytest.raises(NotFound, match="lynes"):
        server_settings(["lynes", "off"])


def test_it_is_listed_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A server"), monkeypatch)
    assert main(["servers"]) == 0
    printed = capsys.readouterr().out
    assert "Lines" in printed
    assert "port=9000" in printed


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("def Lines(", "never closed"),
        ("from taxiway.web.server import Server\n"
         "class Lines(Server):\n"
         "    title = 'Lines'\n"
         "    async def start(self): raise RuntimeError('boom')\n", "boom"),
    ],
)  # fmt: skip
async def test_a_broken_one_is_a_sentence_and_the_model_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    told: str,
) -> None:
    points = {"taxiway.servers: lines": "lines:Lines"}
    stranger.install(tmp_path, {"lines.py": source}, points, monkeypatch)
    async with app.serving(Config(**PORTS), [catalog.card("painter")], {}) as model_servers:
        await model_servers._engine.ready("painter")
    [sentence] = [line for line in capsys.readouterr().out.splitlines() if "is off" in line]
    assert told in sentence
    assert "ines" in sentence
