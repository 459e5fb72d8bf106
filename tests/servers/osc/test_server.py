"""The OSC server on real UDP sockets."""

import asyncio
import contextlib
import json
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interop.broadcasting import DRAW, ECHO, BroadcastingEngine
from interop.engineio_clients import until
from osc_patch import Patch, patch
from session_fakes import Clock, FakeEngine, Watcher, on_session
from taxiway.core.config import Config
from taxiway.core.events import MessageIgnored, OutputReady, StateChanged
from taxiway.core.images import from_data_uri
from taxiway.engine import Engine
from taxiway.live.mapping.bindings import Binding
from taxiway.live.messages.addresses import Address
from taxiway.live.messages.moves import Message
from taxiway.live.session import LiveSession
from taxiway.servers.osc import server as osc
from taxiway.servers.osc.packet import LARGEST, read, write, write_values
from taxiway.servers.osc.server import OscServer
from taxiway.web.listen import CannotListen
from taxiway.web.rate_limit import FairLimit, RateLimit


class Room:
    """A server, its model, its session, and a patch that only listens where the target is."""

    def __init__(
        self, engine: BroadcastingEngine, session: LiveSession, server: OscServer, target: Patch
    ) -> None:
        self.engine = engine
        self.session = session
        self.server = server
        self.target = target

    def say(self, address: str, text: str | None = None, of: Patch | None = None) -> None:
        """Send a message from the listening patch, or from another."""
        bare = address.encode() + bytes(4 - len(address) % 4) + b",\0\0\0"
        datagram = bare if text is None else write(address, text)
        (of or self.target).say(datagram, self.server.port)


@contextlib.asynccontextmanager
async def opened(start: bool = True) -> AsyncIterator[Room]:
    engine = BroadcastingEngine()
    async with patch() as target, on_session(FakeEngine(), start=start) as session:
        config = Config(osc_port=0, osc_reply_port=target.port)
        async with OscServer(cast(Engine, engine), session, config) as server:
            yield Room(engine, session, server, target)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with opened() as room:
        yield room


@pytest.fixture
async def other() -> AsyncIterator[Patch]:
    """A second program, on a port of its own."""
    async with patch() as other:
        yield other


async def test_a_patch_that_only_listens_gets_every_answer_once(room: Room, other: Patch) -> None:
    for number in range(5):
        room.say("/query", json.dumps({"text": f"{number} ☂"}), of=other)
        address, text = await room.target.receive()
        assert (address, json.loads(text)) == ("/data", {"text": f"{number} ☂"})
        assert text.isascii()
    assert room.target.heard.empty()
    assert other.heard.empty()


@pytest.mark.parametrize("prefix", ["/server", ""])
async def test_a_subscriber_is_told_the_fields_and_then_every_output(
    room: Room, other: Patch, prefix: str
) -> None:
    room.say(f"{prefix}/connect", of=other)
    address, text = await other.receive()
    assert (address, json.loads(text)) == ("/info", ECHO.describe())
    assert (await room.target.receive())[0] == "/info"
    room.engine.events.emit(OutputReady("fake", {"text": "by http"}))
    assert await other.receive() == ("/data", '{"text":"by http"}')
    assert await room.target.receive() == ("/data", '{"text":"by http"}')
    room.say(f"{prefix}/disconnect", of=other)
    room.say("/query", '{"text": "again"}', of=other)
    assert await room.target.receive() == ("/data", '{"text":"again"}')
    assert other.heard.empty()


async def test_other_models_and_states_are_no_news(room: Room) -> None:
    room.engine.events.emit(OutputReady("other", {"text": "no"}))
    room.engine.events.emit(StateChanged("fake", "running"))
    room.engine.events.emit(OutputReady("fake", {"text": "yes"}))
    assert await room.target.receive() == ("/data", '{"text":"yes"}')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"text": 7}', "'text' takes text, got a number."),
        ("notjson", "The body is not valid JSON"),
        ("[1]", "The body takes a JSON object"),
        ("", "The body is empty"),
        (None, "/query takes one string"),
    ],
)
async def test_a_bad_query_is_an_error_in_plain_text(
    room: Room, text: str | None, words: str
) -> None:
    room.say("/query", text)
    address, message = await room.target.receive()
    assert address == "/error"
    assert message.startswith(words)


async def test_a_query_for_a_model_that_is_gone_is_an_error(room: Room) -> None:
    room.engine.gone = True
    room.say("/query", '{"text": "a"}')
    assert await room.target.receive() == ("/error", "No model named 'fake' runs.")


async def test_queries_without_end_are_refused_and_the_others_answered(room: Room) -> None:
    room.engine.gate.clear()
    for _ in range(33):
        room.say("/query", '{"text": "a"}')
    assert await room.target.receive() == ("/error", "32 queries by OSC wait already.")
    room.engine.gate.set()
    # Of the answers only the newest 16 are kept for sending.
    heard = [await room.target.receive() for _ in range(16)]
    assert set(heard) == {("/data", '{"text":"a"}')}


async def test_a_large_picture_is_shrunk_to_one_datagram(room: Room) -> None:
    room.engine.command = DRAW
    room.say("/query", '{"size": 512}')
    datagram = await asyncio.wait_for(room.target.heard.get(), 60)
    assert LARGEST / 4 < len(datagram) <= LARGEST
    (message,) = read(datagram)
    image = from_data_uri(json.loads(message.arguments[0])["image"], "image")
    assert image.width in (512, 256)


async def test_of_large_pictures_in_a_row_the_newest_is_sent(room: Room) -> None:
    room.engine.command = DRAW
    outputs = [await room.engine.answer({"size": size}) for size in (512, 514, 516)]
    for output in outputs:
        room.engine.events.emit(OutputReady("fake", output))
    _, text = await room.target.receive()
    assert from_data_uri(json.loads(text)["image"], "image").width in (516, 258)
    room.engine.events.emit(OutputReady("fake", {"image": "no more"}))
    assert await room.target.receive() == ("/data", '{"image":"no more"}')


async def test_what_cannot_fit_is_an_error_that_says_so(room: Room) -> None:
    room.engine.events.emit(OutputReady("fake", {"text": "x" * 70_000}))
    address, text = await room.target.receive()
    assert (address, text[:30]) == ("/error", "The output does not fit into a")


async def test_faders_move_the_live_picture(room: Room) -> None:
    floats = np.linspace(-1, 1, 512, dtype=">f4")
    tags = b"," + b"f" * 512
    z = b"/z\0\0" + tags + bytes(4 - len(tags) % 4) + floats.tobytes()
    room.target.say(z, room.server.port)
    room.target.say(b"/truncation\0,f\0\0" + np.array(0.25, ">f4").tobytes(), room.server.port)
    room.target.say(b"/z/511\0\0,f\0\0" + np.array(9, ">f4").tobytes(), room.server.port)
    room.say("/query", '{"text": "done"}')
    await room.target.receive()
    values = room.session.controls.values()
    assert values["truncation"] == 0.25
    assert np.array_equal(values["z"][:511], floats[:511])
    assert values["z"][511] == 9
    room.target.say(b"/seed\0\0\0,i\0\0\0\0\0\x07", room.server.port)
    room.say("/query", '{"text": "done"}')
    await room.target.receive()
    assert room.session.controls.entries["z"].origin == {"seed": 7}
    assert room.session.controls.entries["z"].source == f"OSC 127.0.0.1:{room.target.port}"


async def test_a_fader_out_of_range_is_told_to_its_sender(room: Room, other: Patch) -> None:
    other.say(b"/seed\0\0\0,i\0\0\xff\xff\xff\xff", room.server.port)
    told = await other.receive()
    assert told == ("/error", "'seed' takes 0 to 4294967295, got -1.")
    assert await room.target.receive() == told


async def test_what_does_nothing_is_news_for_the_people_who_watch(room: Room) -> None:
    ignored: list[MessageIgnored] = []
    room.engine.events.listen(
        lambda event: ignored.append(event) if isinstance(event, MessageIgnored) else None
    )
    room.target.say(b"/psi\0\0\0\0,f\0\0" + np.array(0.25, ">f4").tobytes(), room.server.port)
    room.say("/Psi")
    room.say("/query/", "{}")
    room.target.say(b"hello", room.server.port)
    room.say("/query", "no")
    while (await room.target.receive())[0] != "/error":
        pass
    assert room.session.controls.values()["truncation"] == 0.25
    assert [(each.protocol, each.sender) for each in ignored] == [
        ("OSC", f"127.0.0.1:{room.target.port}")
    ] * 4
    reasons = [each.reason for each in ignored]
    assert reasons[:2] == [
        "/Psi is no address here; /psi is.",
        "/query/ is no address here; /query is.",
    ]
    assert reasons[2].startswith("What came is no OSC: ")
    assert "JSON" in reasons[3]


async def test_a_walk_is_begun_and_stopped(room: Room, other: Patch) -> None:
    watcher = Watcher(room.session)
    room.say("/walk", '{"kind": "noise", "seconds": 3}')
    first = (await watcher.next()).frame.values["z"]
    while np.array_equal((await watcher.next()).frame.values["z"], first):
        pass
    room.say("/walk/stop")
    while room.session.live_walk.goes_on:
        await asyncio.sleep(0.005)
    room.say("/walk", '{"kind": "slerp"}', other)
    address, text = await other.receive()
    assert (address, "slerp takes 2" in text) == ("/error", True)


async def test_everything_is_made_black_and_seen_again(room: Room, other: Patch) -> None:
    for rest, is_black in (
        (b",\0\0\0", True),
        (b",i\0\0\0\0\0\0", False),
        (b",i\0\0\0\0\0\x01", True),
        (b",f\0\0\0\0\0\0", False),
    ):
        room.target.say(b"/blackout\0\0\0" + rest, room.server.port)
        async with asyncio.timeout(60):
            while room.session.is_black != is_black:
                await asyncio.sleep(0.002)
    room.say("/blackout", "dark", other)
    assert await other.receive() == ("/error", "'/blackout' takes 1, 0 or nothing, got 'dark'.")


async def test_a_message_that_the_mapping_knows_does_what_it_says(room: Room) -> None:
    mapping = room.session.mapping
    mapping.learn(["/truncation"])
    room.target.say(write_values("/_samplerate", [44100]), room.server.port)
    room.target.say(write_values("/1/fader1", [0.25]), room.server.port)
    room.target.say(write_values("/xy", [0.5, 0.75]), room.server.port)
    await until(lambda: mapping.bindings != [])
    (binding,) = mapping.bindings
    assert (binding.signal, binding.to) == ("osc:/1/fader1", "/truncation")
    moving = Binding(signal="osc:/xy:1", to="/truncation")
    mapping.change([moving, Binding(signal="osc:/go", to="/blackout", curve="toggle")])
    for datagram in (write_values("/xy", [0.5, 0.75]), write_values("/go", [])):
        room.target.say(datagram, room.server.port)
    await until(lambda: room.session.is_black)
    entry = room.session.controls.entries["truncation"]
    assert (entry.value, entry.source) == (0.75, "mapping osc:/xy:1")
    assert mapping.heard["osc:/1/fader1"].value == 0.25
    assert mapping.heard["osc:/xy:1"].by == f"OSC 127.0.0.1:{room.target.port}"
    room.target.say(write_values("/go", []), room.server.port)
    await until(lambda: not room.session.is_black)


async def test_before_the_model_has_started_faders_do_nothing() -> None:
    async with opened(start=False) as room:
        room.target.say(b"/seed\0\0\0,i\0\0\0\0\0\x07", room.server.port)
        room.say("/query", '{"text": "a"}')
        assert await room.target.receive() == ("/data", '{"text":"a"}')


async def test_nonsense_is_ignored_and_the_next_query_answered(room: Room) -> None:
    for datagram in (
        b"",
        b"\0" * 65_507,
        b"#bundle",
        b"GET / HTTP/1.1\r\n\r\n",
        b"/ping\0\0\0,\0\0\0",
    ):
        room.target.say(datagram, room.server.port)
    room.say("/query", '{"text": "a"}')
    assert await room.target.receive() == ("/data", '{"text":"a"}')


async def test_a_flood_is_not_heard_beyond_its_rate(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osc, "RATE", 3)
    monkeypatch.setattr(osc, "OWN_RATE", 2)
    config = Config(osc_port=0, osc_reply_port=room.target.port)
    server = OscServer(cast(Engine, room.engine), room.session, config)
    server._budget = FairLimit(osc.RATE, osc.OWN_RATE, osc.RESERVE, Clock())
    for _ in range(1000):
        server.receive(write("/query", '{"text": "a"}'), ("127.0.0.1", 5))
    await asyncio.gather(*server._queries)
    assert room.engine.asked == 3 + 2
    server.receive(write("/query", '{"text": "b"}'), ("127.0.0.1", 6))
    await asyncio.gather(*server._queries)
    assert room.engine.asked == 6  # whoever sends little is heard
    await server.stop()


async def test_a_flood_to_no_address_is_counted_to_the_last_message(room: Room) -> None:
    told: list[MessageIgnored] = []
    room.engine.events.listen(
        lambda event: told.append(event) if isinstance(event, MessageIgnored) else None
    )
    one, source = write_values("/nobody", [1.0]), ("127.0.0.1", 5)
    room.server._budget = FairLimit(osc.RATE, osc.OWN_RATE, osc.RESERVE, Clock(), burst=osc.BURST)
    for _ in range(3000):
        room.server.receive(one, source)
    room.server._monitor._tell_again()
    counts = Counter[str]()
    for each in told:
        counts[each.reason] += each.times
    heard = osc.BURST + osc.OWN_RATE
    assert counts == {"/nobody is no address here.": heard, osc.TOO_MANY: 3000 - heard}
    assert len(told) < 10
    # What becomes an address is one from its next message on.
    done: list[Any] = []
    act = Address(address="/nobody", types="f", act=lambda values, _: done.append(values))
    room.server._budget = FairLimit(osc.RATE, osc.OWN_RATE, osc.RESERVE, Clock())
    room.server.receive(one, source)
    room.session.addresses.add(act)
    room.server.receive(one, source)
    assert done == [[1.0]]


async def test_the_messages_of_bundles_are_counted_each(room: Room) -> None:
    one = write_values("/nobody", [1.0])
    bundle = b"#bundle\0" + bytes(8) + (struct.pack(">i", len(one)) + one) * 1024
    before = len(room.session.mapping.heard)
    clock, heard = Clock(), 0
    room.server._budget = FairLimit(osc.RATE, osc.OWN_RATE, osc.RESERVE, clock, burst=osc.BURST)
    for _ in range(100):
        room.session.mapping.heard.clear()
        room.server.receive(bundle, ("127.0.0.1", 5))
        heard += len(room.session.mapping.heard) > before
    assert heard == 2 + 1  # of what all share, and of its own
    clock.now += 0.01
    room.server.receive(one, ("127.0.0.1", 6))  # who sends little is heard
    assert "osc:/nobody" in room.session.mapping.heard


async def test_new_patterns_are_heard_so_often_a_second(room: Room) -> None:
    asked: list[str] = []
    perform = room.session.addresses.perform

    def note(messages: Any, source: Any) -> Any:
        asked.extend(message.address for message in messages)
        return perform(messages, source)

    room.session.addresses.perform = note  # type: ignore[method-assign]
    clock = Clock()
    room.server._patterns = RateLimit(osc.PATTERNS, osc.PATTERNS, clock)
    for number in range(2 * osc.PATTERNS):
        room.server.receive(write_values(f"/z/{number}*", [1.0]), ("127.0.0.1", 5))
    room.server.receive(write_values("/z/0*", [1.0]), ("127.0.0.1", 5))
    assert asked == [*(f"/z/{number}*" for number in range(osc.PATTERNS)), "/z/0*"]


async def test_complaints_end_where_a_sender_does_not(room: Room) -> None:
    room.server._replies = RateLimit(osc.REPLIES, osc.REPLIES, Clock())
    for _ in range(200):
        room.server.receive(write("/query", "no"), ("127.0.0.1", room.target.port))
    room.engine.events.emit(OutputReady("fake", {"text": "end"}))
    heard = 0
    while (await room.target.receive())[0] == "/error":
        heard += 1
    assert heard == osc.REPLIES


async def test_senders_of_the_open_internet_are_not_heard(room: Room) -> None:
    room.server.receive(write("/query", '{"text": "a"}'), ("8.8.8.8", 57200))
    room.server.receive(b"/connect\0\0\0\0", ("8.8.8.8", 57200))
    await asyncio.sleep(0)
    assert room.engine.asked == 0


async def test_a_taken_port_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with on_session(FakeEngine(), start=False) as session:
            server = OscServer(cast(Engine, BroadcastingEngine()), session, Config(osc_port=port))
            with pytest.raises(CannotListen, match=f"UDP port {port} is in use"):
                await server.start()
            await server.stop()


async def test_stopping_leaves_no_work_behind(room: Room) -> None:
    room.engine.gate.clear()
    room.say("/query", '{"text": "a"}')
    await until(lambda: room.engine.asked == 1)
    await room.server.stop()
    assert room.engine.cancelled == 1


@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from(
                ["/query", "/connect", "/z", "/z/1", "/w/2", "/seed", "/truncation", "/size"]
            ),
            st.lists(
                st.one_of(
                    st.none(),
                    st.booleans(),
                    st.integers(-(2**63), 2**63),
                    st.floats(),
                    st.text(),
                    st.binary(),
                ),
                max_size=3,
            ),
        )
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_message_raises(messages: list[Message]) -> None:
    async def receive() -> None:
        async with on_session(FakeEngine()) as session:
            engine = cast(Engine, BroadcastingEngine())
            server = OscServer(engine, session, Config(osc_reply_port=1, osc_target=None))
            monkey = pytest.MonkeyPatch()
            monkey.setattr(osc.osc_packet, "read", lambda datagram: messages)
            with monkey.context():
                server.receive(b"", ("127.0.0.1", 1))
            monkey.undo()
            for task in [*server._queries, *server._errands]:
                task.cancel()

    asyncio.run(receive())
