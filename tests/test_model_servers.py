"""Several models at once, each at ports of its own."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import structs
from websockets.asyncio.client import ClientConnection, connect

from paths import FIXTURES
from taxiway import app
from taxiway.catalog import catalog
from taxiway.core.config import Config
from taxiway.core.errors import NotFound
from taxiway.model_servers import ModelServers, mapping_path, shifted
from taxiway.servers.osc import packet as osc_packet
from taxiway.servers.studio import routes as frames

PAINTER = catalog.card("painter")


def second(name: str = "second") -> catalog.Card:
    return catalog.Card(name=name, family="painter", title=name.title(), summary="The same again.")


def closed_doors(**ports: int) -> Config:
    return Config(**{"port": 0, "socketio_port": None, "osc_port": None, "hub_port": None, **ports})


@pytest.fixture
async def model_servers() -> AsyncIterator[ModelServers]:
    async with app.serving(closed_doors(), [PAINTER, second()], {}) as model_servers:
        yield model_servers


def test_slot_k_has_every_port_moved_by_k() -> None:
    third = shifted(Config(), 2)
    ports = (third.port, third.socketio_port, third.osc_port, third.osc_reply_port)
    assert ports == (8002, 3002, 57102, 57202)
    assert shifted(closed_doors(), 2).port == 0
    assert shifted(closed_doors(), 2).socketio_port is None


async def test_the_first_model_has_the_mapping_that_was_named_and_others_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    named = tmp_path / "stage.jsonl"
    named.write_text('{"from": "midi:1:cc:7", "to": "/seed"}')
    kept = mapping_path(second())
    kept.parent.mkdir()
    kept.write_text("what?")
    config = structs.replace(closed_doors(), mapping=str(named))
    async with app.serving(config, [PAINTER, second()], {}) as running:
        first, other = (running._servers[name].session for name in ("painter", "second"))
        assert [each.to for each in first.mapping.bindings] == ["/seed"]
        assert other.mapping.path == kept
    assert "Second: Line 1 of the mapping: " in capsys.readouterr().out
    assert kept.read_text() == "what?"
    assert mapping_path(second("../a b")).parent == tmp_path / "mappings"


@pytest.mark.smoke
async def test_each_model_answers_at_its_own_port(model_servers: ModelServers) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        running = model_servers.running()
        assert [model.slot for model in running] == [0, 1]
        for model in running:
            health = (await client.get(f"{model.url}/healthz")).json()
            assert health["model"] == model.name
        await client.post(f"{running[1].url}/query", json={"seed": 1, "size": 32})
        assert (await client.get(f"{running[0].url}/data")).json() == {}
        assert (await client.get(f"{running[1].url}/data")).json()["image"]
        assert model_servers.running()[1].info is not None
        picture = (await client.post(f"{running[0].url}/generate", json={"seed": 1})).json()
        assert (await client.get(f"{running[0].url}/data")).json() == picture
        assert (await client.get(f"{running[0].url}/favicon.ico")).status_code == 404


async def test_a_stopped_model_gives_its_slot_up_and_the_last_stays(
    model_servers: ModelServers,
) -> None:
    first = model_servers.running()[0]
    await model_servers.stop("painter")
    assert [model.name for model in model_servers.running()] == ["second"]
    again = await model_servers.open(second("third"))
    assert again.slot == 0
    assert (await model_servers.start("painter")).slot == 2
    assert await model_servers.start("painter") == model_servers.running()[2]
    for name in ("painter", "third"):
        await model_servers.stop(name)
    await model_servers.stop("second")
    (last,) = model_servers.running()
    assert (last.name, last.state) == ("second", "asleep")
    assert (await model_servers.start("second")).state == "starting"
    with pytest.raises(NotFound, match="No model named 'painter' runs"):
        await model_servers.stop(first.name)


async def test_two_who_start_the_same_model_at_once_get_the_same_place(
    model_servers: ModelServers,
) -> None:
    await model_servers.stop("painter")
    one, other = await asyncio.gather(
        model_servers.start("painter"), model_servers.start("painter")
    )
    assert (one.url, one.slot) == (other.url, other.slot)
    assert len(model_servers.running()) == 2


async def test_a_card_that_is_played_again_starts_anew_at_its_place(
    model_servers: ModelServers,
) -> None:
    first = await model_servers.start_card(second("third"))
    worker = await ready(model_servers, "third")
    again = await model_servers.start_card(second("third"))
    assert (again.url, again.state, len(model_servers.running())) == (first.url, "starting", 3)
    assert await ready(model_servers, "third") != worker


async def test_a_card_that_is_played_again_is_told_as_it_is_now(
    model_servers: ModelServers, tmp_path: Path
) -> None:
    checkpoint = FIXTURES / "stylegan2-ada_32.pkl"
    newer = structs.replace(
        second("third"),
        family="stylegan",
        title="Third, further",
        checkpoint=str(checkpoint),
        metrics={"kid": 0.04},
    )
    first = await model_servers.start_card(second("third"))
    url = first.url.replace("http", "ws") + frames.PATH
    token = [frames.PROTOCOL, f"token.{model_servers.tokens.own}"]
    async with connect(url, origin=first.url, subprotocols=token) as page:  # type: ignore[arg-type]
        assert (await hello(page))["model"]["title"] == "Third"
        again = await model_servers.start_card(newer)
        assert (again.url, again.title, again.card["metrics"]) == (
            first.url,
            "Third, further",
            {"kid": 0.04},
        )
        async with asyncio.timeout(60):
            while (told := await hello(page))["model"]["title"] != "Third, further":
                pass
        assert told["model"]["metrics"] == {"kid": 0.04}
    assert model_servers._engine.running["third"].spec.family == "stylegan"


async def hello(page: ClientConnection) -> dict[str, Any]:
    """The next greeting of a studio's socket."""
    async for message in page:
        if isinstance(message, str) and '"hello"' in message:
            told: dict[str, Any] = json.loads(message)
            return told
    raise AssertionError("The socket was closed.")


async def ready(model_servers: ModelServers, name: str) -> int | None:
    """The process of a model that runs."""
    await model_servers._engine.ready(name)
    return model_servers._engine.running[name].pid


async def test_a_port_in_use_is_named_and_the_next_slot_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    taken = 20_001 + os.getpid() % 10_000  # no port that another test is given
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken))
        other.listen()
        async with app.serving(
            closed_doors(port=taken - 1), [PAINTER, second()], {}
        ) as model_servers:
            assert [model.port for model in model_servers.running()] == [taken - 1, taken + 1]
    assert f"Port {taken} is in use, trying the next." in capsys.readouterr().out


class Patch(asyncio.DatagramProtocol):
    """A program that speaks OSC."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        (message,) = osc_packet.read(data)
        self.heard.put_nowait((message.address, message.arguments[0]))


async def test_a_job_is_begun_by_osc_and_told_of_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path))
    checkpoint = FIXTURES / "stylegan2-ada_32.pkl"
    config = closed_doors(osc_port=0)
    async with app.serving(config, [catalog.choose(str(checkpoint))], {}) as model_servers:
        port = model_servers.running()[0].osc_port
        loop = asyncio.get_running_loop()
        transport, patch = await loop.create_datagram_endpoint(
            Patch, remote_addr=("127.0.0.1", port)
        )
        order = {"tool": "mix", "inputs": {"rows": "1", "columns": "2"}}
        transport.sendto(osc_packet.write("/job", json.dumps(order)))
        async with asyncio.timeout(60):
            state = ""
            while state != "done":
                address, text = await patch.heard.get()
                assert address == "/job"
                state = json.loads(text)["state"]
        (record,) = model_servers.jobs.records.values()
        assert (tmp_path / "jobs" / record.id / record.files[0]).is_file()
        transport.close()
