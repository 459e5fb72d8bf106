"""What a page says on the studio's socket is done, or answered in a sentence."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from session_fakes import Clock, FakeEngine, Watcher, on_session
from studio_page import TOKEN, Page, Studio, settle, studio
from taxiway.core.errors import Unavailable
from taxiway.core.frame import Mark
from taxiway.latent.field import Field
from taxiway.latent.sample import z_of_seed
from taxiway.live.mapping.bindings import Binding
from taxiway.live.session import LiveSession
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio.routes import PROTOCOL
from taxiway.servers.studio.socket import BURST, MOST_EARLIER, MOST_TABS, _numbered

Z = np.linspace(-1, 1, 512, dtype=np.float32)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def session(engine: FakeEngine) -> AsyncIterator[LiveSession]:
    async with on_session(engine) as session:
        yield session


@pytest.fixture
async def own(session: LiveSession) -> AsyncIterator[Studio]:
    async with studio(session) as served:
        yield served


@pytest.fixture
async def page(own: Studio) -> AsyncIterator[Page]:
    async with own.page() as page:
        await page.word("hello")
        yield page


async def test_a_vector_becomes_a_picture_that_says_it_is_in_it(
    page: Page, engine: FakeEngine
) -> None:
    await page.set_vector(Z, seq=7, time=1234.5)
    head, payload = await page.frame(input_seq=7)
    assert (head.time, head.codec, head.width, head.height) == (
        1234.5,
        binary_messages.JPEG,
        256,
        256,
    )
    assert head.encode_ms > 0
    assert payload.startswith(b"\xff\xd8")
    np.testing.assert_array_equal(engine.calls[-1][0]["z"], Z)


async def test_values_are_set_by_name(page: Page, engine: FakeEngine) -> None:
    await page.say("set", seq=3, time=9.5, values={"truncation": 0.25, "size": 64})
    head, _ = await page.frame(input_seq=3)
    assert (head.time, head.width) == (9.5, 64)
    assert engine.calls[-1][0]["truncation"] == 0.25
    await page.say("set", seq=4, time=0, values={"truncation": None})
    await page.frame(input_seq=4)
    assert engine.calls[-1][0]["truncation"] == 0.8


async def test_signals_do_what_the_mapping_says(
    page: Page, engine: FakeEngine, session: LiveSession
) -> None:
    session.mapping.change([Binding(signal="midi:1:cc:7", to="/truncation")])
    signals = [["midi:1:cc:7", 0.75], ["midi:1:cc:7", 0.25], ["midi:1:cc:8", 1]]
    await page.say("signals", seq=0, time=0, signals=signals)
    while not engine.calls or engine.calls[-1][0]["truncation"] != 0.25:
        await page.frame()
    assert session.mapping.heard["midi:1:cc:8"].by.startswith("page ")


async def test_a_tab_that_comes_back_is_told_what_is_not_its_own(
    own: Studio, session: LiveSession
) -> None:
    tab = (PROTOCOL, f"token.{TOKEN}", "tab.0123456789abcdef")
    async with own.page(subprotocols=tab) as page, own.page() as other:
        assert (await page.word("hello"))["theirs"] == []
        await page.say("set", seq=1, time=0, values={"truncation": 0.25})
        await page.say("perform", action="preset/store", inputs={"number": 1})
        await other.say("set", seq=1, time=0, values={"size": 64})
        await page.until(lambda message: message["values"] == {"size": 64})
    async with own.page(subprotocols=tab) as page, own.page() as stranger:
        assert (await page.word("hello"))["theirs"] == ["size"]
        assert set((await stranger.word("hello"))["theirs"]) == {"truncation", "size"}
        await stranger.set_vector(Z)
        await stranger.frame(input_seq=1)
        await page.say("perform", action="preset", inputs={"number": 1, "seconds": 600})
    # The fade goes on, and is the tab's.
    async with own.page(subprotocols=tab) as page:
        assert (await page.word("hello"))["theirs"] == []


def test_tabs_are_forgotten_in_the_end() -> None:
    first, _ = _numbered("one")
    again = [_numbered("one")[0] for _ in range(2 * MOST_EARLIER)]
    assert _numbered("one")[1] == again[-MOST_EARLIER:]
    for number in range(MOST_TABS):
        _numbered(f"tab {number}")
    assert _numbered("one")[1] == _numbered("")[1] == []
    assert first not in again


async def test_a_seed_and_a_place_are_answered_with_their_vector(page: Page) -> None:
    await page.say("seed", seq=1, time=5.0, seed=42)
    head, payload = await page.binary(binary_messages.VECTOR, input_seq=1)
    assert (head.time, head.width, head.height, head.flags) == (5.0, 512, 1, 0)
    np.testing.assert_array_equal(np.frombuffer(payload, "<f4"), z_of_seed(42))
    await page.say("pick", seq=2, time=0, field_seed=7, x=1.25, y=-3.5)
    _, payload = await page.binary(binary_messages.VECTOR, input_seq=2)
    np.testing.assert_array_equal(np.frombuffer(payload, "<f4"), Field(7).z([(1.25, -3.5)])[0])
    await page.frame(input_seq=2)


async def test_a_tile_is_answered_under_its_request(page: Page) -> None:
    await page.want(i=2, request=99)
    head, payload = await page.binary(binary_messages.TILE, number=99)
    assert (head.codec, head.width, head.height) == (binary_messages.JPEG, 128, 128)
    assert payload.startswith(b"\xff\xd8")


async def test_forgotten_tiles_are_not_answered(
    page: Page, session: LiveSession, engine: FakeEngine
) -> None:
    engine.gate.clear()
    await page.want(request=1)
    for request in range(2, 40):
        await page.want(i=request, request=request)
    await engine.call_number(2)
    await page.say("cancel_tiles")
    await page.say("seed", seq=1, time=0, seed=1)
    await page.binary(binary_messages.VECTOR, input_seq=1)
    engine.gate.set()
    await page.want(j=1, request=500)
    numbers = []
    while 500 not in numbers:
        numbers.append((await page.binary(binary_messages.TILE))[0].number)
    assert set(numbers) <= {1, 500}


async def test_the_model_is_stopped_and_started(page: Page) -> None:
    await page.say("model", action="stop")
    assert (await page.word("state"))["state"] == "asleep"
    await page.say("model", action="start")
    assert (await page.word("hello"))["state"] == "running"
    await page.frame()


async def test_a_model_that_cannot_be_started_says_why(page: Page, engine: FakeEngine) -> None:
    async def start(spec: object) -> None:
        raise Unavailable("'fake' is busy dying.")

    engine.start = start  # type: ignore[method-assign]
    await page.say("model", action="start")
    error = await page.word("error")
    assert (error["message"], error["input"], error["seq"]) == ("'fake' is busy dying.", None, None)


@pytest.mark.parametrize(
    ("say", "message", "name"),
    [
        (
            lambda page: page.set_vector(Z[:511], seq=12),
            "'z' takes 512 numbers, got 511.",
            "z",
        ),
        (
            lambda page: page.set_vector(Z * math.nan, seq=12),
            "'z' takes finite numbers only.",
            "z",
        ),
        (
            lambda page: page.say("set", seq=12, values={"truncation": "a"}),
            "'truncation' takes a number, got text.",
            "truncation",
        ),
        (
            lambda page: page.say("seed", seq=12, seed=-1),
            "'seed' takes 0 to 4294967295, got -1.",
            "seed",
        ),
        (
            lambda page: page.say("pick", seq=12, field_seed=2**40, x=0, y=0),
            "'field_seed' takes 0 to 4294967295, got 1.09951162778e+12.",
            "field_seed",
        ),
    ],
)
async def test_what_cannot_be_is_answered_with_the_changes_number_and_the_socket_stays(
    page: Page, say: object, message: str, name: str
) -> None:
    await say(page)  # type: ignore[operator]
    error = await page.word("error")
    assert (error["message"], error["input"], error["seq"]) == (message, name, 12)
    await page.set_vector(Z, seq=13)
    await page.frame(input_seq=13)


async def test_a_tile_out_of_range_is_an_error_without_a_number(page: Page) -> None:
    await page.want(similarity=1.5)
    error = await page.word("error")
    assert (error["input"], error["seq"]) == ("similarity", None)


NOT_OURS = [
    b"",
    b"hello",
    bytes(16),
    binary_messages.write_acknowledgement(1) + b"x",
    binary_messages.write_set(Mark(1, 0.0), "z", Z)[:-1],
    binary_messages.write_acknowledgement(1, math.nan),
    "",
    "{",
    '{"type":"fly"}',
    "[" * 20_000,
    '{"type":"set","values":{"truncation":NaN}}',
]


@pytest.mark.parametrize("message", NOT_OURS, ids=range(len(NOT_OURS)))
async def test_what_is_no_message_closes_the_socket_with_a_reason(
    own: Studio, page: Page, message: bytes | str
) -> None:
    async with own.page() as foreign:
        await foreign.word("hello")
        await foreign.socket.send(message)
        code, reason = await foreign.closing()
    assert code == 1003
    assert reason
    await page.set_vector(Z)
    await page.frame(input_seq=1)


@pytest.mark.parametrize(
    "message", [bytes(binary_messages.LARGEST_MESSAGE + 1), "é" * binary_messages.LARGEST_MESSAGE]
)
async def test_a_message_too_large_closes_the_socket(page: Page, message: bytes | str) -> None:
    await page.socket.send(message)
    assert (await page.closing())[0] in (1009, 1003)


async def test_a_flood_closes_the_socket_and_disturbs_nobody(own: Studio, page: Page) -> None:
    async with own.page() as flooding:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(20 * BURST):
                await flooding.socket.send(binary_messages.write_acknowledgement(0))
        assert await flooding.closing() == (1008, "Too many messages.")
    await page.set_vector(Z)
    await page.frame(input_seq=1)


async def test_a_page_that_never_draws_is_left_alone_and_then_closed(engine: FakeEngine) -> None:
    clock = Clock()
    async with (
        on_session(engine, clock=clock) as session,
        studio(session, patience=0.2) as own,
        own.page(ack=False) as stalled,
    ):
        frames = 0
        for frames in range(1, 3):
            await stalled.frame()
            await stalled.set_vector(Z * frames, seq=frames)
        clock.now += 0.3
        assert await stalled.closing() == (1013, "No frame was acknowledged for 0.2 seconds.")
    assert frames == 2


async def test_a_page_that_never_reads_is_given_up_and_disturbs_nobody(engine: FakeEngine) -> None:
    clock = Clock()
    async with (
        on_session(engine, clock=clock) as session,
        studio(session, patience=0.5) as own,
        own.page() as page,
        own.page() as deaf,
    ):
        await deaf.word("hello")
        deaf.socket.transport.pause_reading()
        seq = 0
        while session.broadcast.watched == 2:
            seq += 1
            clock.now += 0.02
            await page.set_vector(Z * (seq % 7), seq=seq)
            await page.frame(input_seq=seq)
        deaf.socket.transport.abort()
        await page.set_vector(Z, seq=seq + 1)
        await page.frame(input_seq=seq + 1)


async def test_who_leaves_leaves_nothing_behind(own: Studio, session: LiveSession) -> None:
    async with own.page() as page:
        await page.set_vector(Z, seq=5)
        await page.frame(input_seq=5)
    while session.broadcast.watched:
        await asyncio.sleep(0)
    await settle()
    assert session.controls.snapshot().marks == {}
    watcher = Watcher(session)
    session.set({"truncation": 0.1})
    while "truncation" not in (await watcher.next()).frame.values:
        pass


async def test_a_bug_closes_the_socket_and_is_logged(
    own: Studio, page: Page, session: LiveSession, caplog: pytest.LogCaptureFixture
) -> None:
    def set(*_: object) -> None:
        raise ZeroDivisionError

    session.set = set  # type: ignore[method-assign]
    await page.say("set", seq=1, values={})
    assert await page.closing() == (1011, "The server failed; its log says why.")
    assert "A studio socket failed" in caplog.text
