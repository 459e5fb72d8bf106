"""Socket.IO on real sockets: what a sketch gets for what it asks."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from interop.broadcasting import ECHO, Served, socket_io
from interop.engineio_clients import Polling, socket, until
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.events import CallEnded, OutputReady, PartReady, QueryFailed, StateChanged
from taxiway.core.model import Progress
from taxiway.jobs.remote import RemoteJobs
from taxiway.servers.socketio import engineio_session
from taxiway.servers.socketio import server as socketio
from taxiway.servers.socketio.engineio_payload import Version

BOTH = pytest.mark.parametrize("version", [3, 4])


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with socket_io() as served:
        yield served


@pytest.fixture
async def http(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=60) as http:
        yield http


@BOTH
async def test_a_query_gives_one_answer(http: httpx.AsyncClient, version: Version) -> None:
    client = Polling(http, version)
    await client.greet()
    assert await client.event() == ("info", ECHO.describe())
    for inputs, answer in (
        ({"text": "a ☂"}, ("data", {"text": "a ☂"})),
        ({"text": 7}, ("error", {"error": "'text' takes text, got a number."})),
        ({"text": "b", "more": 1}, ("data", {"text": "b"})),
    ):
        await client.ask(inputs)
        assert await client.event() == answer


@BOTH
async def test_what_others_asked_for_comes_too(server: Served, version: Version) -> None:
    async with socket(server.address, version) as one, socket(server.address, 4) as other:
        await other.ask({"text": "a"})
        assert await one.event() == await other.event() == ("data", {"text": "a"})
        server.engine.events.emit(QueryFailed("fake", "by osc"))
        assert await one.event() == await other.event() == ("error", {"error": "by osc"})


async def test_other_models_and_states_are_no_news(server: Served) -> None:
    async with socket(server.address) as one:
        server.engine.events.emit(OutputReady("other", {"text": "no"}))
        server.engine.events.emit(StateChanged("fake", "running"))
        server.engine.events.emit(OutputReady("fake", {"text": "yes"}))
        assert await one.event() == ("data", {"text": "yes"})


async def test_an_acknowledgement_carries_the_answer_as_well(server: Served) -> None:
    async with socket(server.address) as client:
        await client.socket.send('4212["query",{"text":"a"}]')
        assert await client.event() == ("data", {"text": "a"})
        assert await client.packet() == '4312[{"text":"a"}]'
        await client.socket.send('4213["query",7]')
        name, error = await client.event()
        assert name == "error"
        assert await client.packet() == f"4313{json.dumps([error], separators=(',', ':'))}"


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        ('42["query"]', "'query' takes an object"),
        ('42["query",null]', "'query' takes an object"),
        ('42["query",[1]]', "'query' takes an object"),
        ('42["query",{"text":"\\ud83d"}]', "The arguments are not valid JSON"),
        ('42["query",{"text":NaN}]', "The arguments are not valid JSON"),
        ("42", "The arguments are not valid JSON"),
        ("42[]", "An event has a name"),
        ('451-["query",{"_placeholder":true,"num":0}]', "Bytes are not taken"),
    ],
)
async def test_a_bad_query_is_an_error_to_the_one_who_asked(
    server: Served, packet: str, words: str
) -> None:
    async with socket(server.address) as client, socket(server.address) as other:
        await client.socket.send(packet)
        name, argument = await client.event()
        assert name == "error"
        assert argument["error"].startswith(words)
        await client.ask({"text": "still here"})
        assert await client.event() == await other.event() == ("data", {"text": "still here"})


async def test_a_query_for_a_model_that_is_gone_is_an_error(server: Served) -> None:
    async with socket(server.address) as client:
        server.engine.gone = True
        await client.ask({"text": "a"})
        assert await client.event() == ("error", {"error": "No model named 'fake' runs."})


async def test_a_bug_is_an_error_too(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket(server.address) as client:
        monkeypatch.setattr(server.engine, "answer", None)
        await client.ask({"text": "a"})
        name, argument = await client.event()
        assert (name, argument["error"][:17]) == ("error", "The server failed")


async def test_other_events_and_bytes_are_ignored(server: Served) -> None:
    async with socket(server.address) as client:
        for packet in ('42["hello",1]', '431["ack"]', "6", "9", "", '42["query",{"text":"a"}]'):
            await client.socket.send(packet)
        await client.socket.send(b"\x04bytes")
        assert await client.event() == ("data", {"text": "a"})


@BOTH
async def test_info_waits_for_a_model_that_starts(
    http: httpx.AsyncClient, server: Served, version: Version
) -> None:
    server.engine.running["fake"].commands = {}
    server.engine.gate.clear()
    client = Polling(http, version)
    await client.greet()
    server.engine.gate.set()
    assert await client.event() == ("info", ECHO.describe())


async def test_a_model_that_cannot_start_is_an_error(
    http: httpx.AsyncClient, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(name: str) -> None:
        raise Unavailable("It cannot start.")

    server.engine.running["fake"].commands = {}
    monkeypatch.setattr(server.engine, "ready", fail)
    client = Polling(http, 4)
    await client.greet()
    assert await client.event() == ("error", {"error": "It cannot start."})


class FakeErrands:
    """Tells twice of a job, or refuses."""

    async def ask(self, model: str, wire: Any, notify: Any, is_trusted: bool = False) -> None:
        assert (model, is_trusted) == ("fake", False)
        if wire != {"tool": "mix", "token": "secret"}:
            raise InvalidArgument("'job' is not as expected.")
        notify({"id": "mix-1", "state": "running"})
        notify({"id": "mix-1", "state": "done"})


async def test_a_job_is_told_of_to_who_began_it_alone(server: Served) -> None:
    server.socket_io._jobs = cast(RemoteJobs, FakeErrands())
    async with socket(server.address) as one, socket(server.address) as other:
        await one.socket.send('42["job",{"tool":"mix","token":"secret"}]')
        name, record = await one.event()
        while record["state"] != "done":
            name, record = await one.event()
        assert name == "job"
        await one.socket.send('42["job",7]')
        assert await one.event() == ("error", {"error": "'job' is not as expected."})
        await other.ask({"text": "only this"})
        assert await other.event() == ("data", {"text": "only this"})


async def test_an_event_before_the_connection_is_ignored(
    http: httpx.AsyncClient, server: Served
) -> None:
    client = Polling(http, 4)
    await client.poll()
    client.query["sid"] = json.loads(client.packets.popleft()[1:])["sid"]
    await client.ask({"text": "early"})
    await client.send("40")
    assert (await client.packet()).startswith('40{"sid":')
    assert (await client.event())[0] == "info"
    assert server.engine.asked == 0


@BOTH
async def test_other_namespaces_are_refused(server: Served, version: Version) -> None:
    async with socket(server.address, version) as client:
        await client.socket.send("40/admin,")
        assert (await client.packet()).startswith("44/admin,")
        await client.socket.send('42/admin,["query",{"text":"a"}]')
        await client.ask({"text": "b"})
        assert await client.event() == ("data", {"text": "b"})


async def test_who_disconnects_gets_nothing_more_until_it_connects_again(server: Served) -> None:
    async with socket(server.address) as client, socket(server.address) as other:
        await client.socket.send("41")
        await other.ask({"text": "missed"})
        await other.event()
        await client.socket.send("40")
        assert (await client.packet()).startswith("40")
        assert await client.event() == ("info", ECHO.describe())


async def test_a_client_that_reads_slowly_gets_its_own_answers_and_the_newest_of_others(
    http: httpx.AsyncClient, server: Served
) -> None:
    client = Polling(http, 4)
    await client.greet()
    await client.event()
    emit = server.engine.events.emit
    emit(OutputReady("fake", {"text": "old"}))
    emit(QueryFailed("fake", "old"))
    await client.ask({"text": "mine"})
    await client.ask({"text": "mine too"})
    emit(OutputReady("fake", {"text": "newer"}))
    emit(OutputReady("fake", {"text": "newest"}))
    await client.poll()
    assert [json.loads(packet[2:]) for packet in client.packets] == [
        ["data", {"text": "mine"}],
        ["data", {"text": "mine too"}],
        ["error", {"error": "old"}],
        ["data", {"text": "newest"}],
    ]


async def test_queries_without_end_get_one_answer_each(server: Served) -> None:
    async with socket(server.address) as client:
        server.engine.gate.clear()
        for _ in range(socketio.MOST_QUERIES + 3):
            await client.ask({"text": "a"})
        refused = [await client.event() for _ in range(3)]
        assert refused == [("error", {"error": "32 of your queries wait already."})] * 3
        server.engine.gate.set()
        answers = [await client.event() for _ in range(socketio.MOST_QUERIES)]
        assert answers == [("data", {"text": "a"})] * socketio.MOST_QUERIES


async def test_a_client_that_leaves_takes_its_queries_with_it(server: Served) -> None:
    async with socket(server.address) as client, socket(server.address):
        server.engine.gate.clear()
        await client.ask({"text": "a"})
        await client.ask({"text": "b"})
        await until(lambda: server.engine.asked == 2)
        await client.socket.close()
        await until(lambda: server.engine.cancelled == 2)


async def test_a_client_that_asks_and_never_reads_is_dropped(
    http: httpx.AsyncClient, server: Served
) -> None:
    client = Polling(http, 4)
    await client.greet()
    await client.event()
    packets = ['42["query",0]'] * (engineio_session.MOST_UNSENT + 1)
    await client.send(*packets)
    answer = await client.get()
    assert (answer.status_code, answer.json()["message"]) == (400, "Session ID unknown")


async def test_when_closed_it_no_longer_listens() -> None:
    async with socket_io() as server:
        assert len(server.engine.events._listeners) == 1
    assert not server.engine.events._listeners


async def test_closing_ends_every_poll(http: httpx.AsyncClient, server: Served) -> None:
    client = Polling(http, 3)
    await client.greet()
    await client.event()
    session = next(iter(server.socket_io._clients))
    polls = session._polls
    hanging = asyncio.create_task(client.get())
    await until(lambda: session._polls > polls)
    server.engineio.close()
    assert (await hanging).text == "1:1"


def part(text: str, done: float | None = None) -> PartReady:
    """A part of the answer to call 7."""
    progress = None if done is None else Progress(done, "Writing.")
    outputs = {"text": text}
    return PartReady(
        model="fake", command="echo", call=7, outputs=outputs, news=outputs, progress=progress
    )


@BOTH
async def test_parts_of_an_answer_come_to_all(server: Served, version: Version) -> None:
    async with socket(server.address, version) as one, socket(server.address, 4) as other:
        server.engine.events.emit(part("he", 0.4))
        told = {"call": 7, "outputs": {"text": "he"}, "progress": 0.4, "message": "Writing."}
        assert await one.event() == await other.event() == ("part", told)
        server.engine.events.emit(part("hel"))
        assert (await one.event())[1]["progress"] is None


async def test_no_part_comes_after_its_answer(server: Served) -> None:
    async with socket(server.address) as client:
        emit = server.engine.events.emit
        emit(part("he"))
        emit(part("hel"))
        emit(CallEnded("fake", 7))
        emit(OutputReady("fake", {"text": "hello"}))
        assert await client.event() == ("data", {"text": "hello"})


@BOTH
async def test_a_client_cancels_its_own_queries_and_each_has_one_answer(
    server: Served, version: Version
) -> None:
    async with socket(server.address, version) as client, socket(server.address) as other:
        server.engine.gate.clear()
        await other.ask({"text": "other"})
        for text in ("a", "b"):
            await client.ask({"text": text})
        async with asyncio.timeout(60):
            while server.engine.asked < 3:  # one that has not begun yet has nothing to count
                await asyncio.sleep(0)
        await client.socket.send('42["cancel"]')
        answer = ("error", {"error": "The query was cancelled."})
        assert [await client.event() for _ in range(2)] == [answer] * 2
        assert server.engine.cancelled == 2
        server.engine.gate.set()
        assert await other.event() == ("data", {"text": "other"})
