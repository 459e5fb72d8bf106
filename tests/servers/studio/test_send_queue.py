"""What a page is sent: the newest of everything, in good order, bounded."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from session_fakes import GENERATE, Clock, FakeEngine, Watcher, on_session
from studio_page import Studio, settle, studio
from taxiway.core.datatypes import Text
from taxiway.core.errors import ModelFailed
from taxiway.core.events import InputsIgnored, MessageIgnored, OutputReady
from taxiway.latent.sample import z_of_seed
from taxiway.live.session import LiveSession
from taxiway.live.tiles import Tile
from taxiway.servers.studio import binary_messages, json_messages
from taxiway.servers.studio.send_queue import MOST_REPLIES, MOST_TILES, SendQueue

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


class Sheet:
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []
        self.free = asyncio.Event()
        self.free.set()

    async def send_text(self, text: str) -> None:
        await self.free.wait()
        self.sent.append(text)

    send_bytes = send_text  # type: ignore[assignment]


async def test_hello_comes_first_then_the_vector_then_the_picture(
    own: Studio, engine: FakeEngine
) -> None:
    async with own.page() as page:
        hello = await page.read()
        vector, numbers = await page.read()  # type: ignore[misc]
        frame, _ = await page.read()  # type: ignore[misc]
    assert hello["type"] == "hello"  # type: ignore[call-overload]
    assert hello == {
        "type": "hello",
        "version": 1,
        "model": {"name": "fake", "family": "fake", "title": "A fake"},
        "info": engine.command.describe() | {"inputs": hello["info"]["inputs"]},  # type: ignore[call-overload]
        "live": True,
        "owns": True,
        "walk": False,
        "blackout": False,
        "state": "running",
        "message": "fake is running.",
        "device": "cpu",
        "facts": {"device": "cpu"},
        "values": {},
        "origin": {"seed": 0},
        "theirs": [],
    }
    assert [field["name"] for field in hello["info"]["inputs"]] == list(engine.command.inputs)  # type: ignore[call-overload]
    assert (vector.kind, vector.input_seq) == (binary_messages.VECTOR, 0)
    np.testing.assert_array_equal(np.frombuffer(numbers, "<f4"), z_of_seed(0))
    assert (frame.kind, frame.input_seq) == (binary_messages.FRAME, 0)


async def test_who_comes_later_is_told_what_was_set(own: Studio, session: LiveSession) -> None:
    session.set({"truncation": 0.3, "size": 64, "z": Z})
    session.set({"size": None})
    async with own.page() as page:
        hello = await page.word("hello")
        _, numbers = await page.binary(binary_messages.VECTOR)
    assert (hello["values"], hello["origin"]) == ({"truncation": 0.3}, None)
    np.testing.assert_array_equal(np.frombuffer(numbers, "<f4"), Z)


async def test_before_the_model_was_ever_set_up_hello_says_so_and_comes_again_after() -> None:
    engine = FakeEngine()
    async with (
        on_session(engine, start=False) as session,
        studio(session) as own,
        own.page() as page,
    ):
        hello = await page.word("hello")
        assert (hello["state"], hello["info"], hello["facts"]) == ("asleep", None, {})
        engine.turn("starting")
        assert await page.word("state") == {
            "type": "state",
            "state": "starting",
            "message": "fake is starting.",
        }
        engine.turn("running")
        hello = await page.word("hello")
        assert (hello["state"], hello["info"]["name"]) == ("running", "generate")
        await page.frame()


TALK = msgspec.structs.replace(GENERATE, inputs={"what": Text()}, needs_one_of=())


async def test_of_a_model_that_is_not_played_a_page_gets_the_newest_answer() -> None:
    engine = FakeEngine(TALK)
    engine.last_output = {"said": "before"}
    async with on_session(engine) as session, studio(session) as own, own.page() as page:
        assert (await page.word("hello"))["live"] is False
        assert await page.word("output") == {"type": "output", "outputs": {"said": "before"}}
        engine.events.emit(OutputReady("fake", {"said": "hello"}))
        assert (await page.word("output"))["outputs"] == {"said": "hello"}


async def test_answers_are_not_queued_for_a_page_that_reads_slowly(session: LiveSession) -> None:
    session.command = TALK
    sheet = Sheet()
    sheet.free.clear()
    send_queue = SendQueue(cast(Any, sheet), session, dict, 1)
    sending = asyncio.create_task(send_queue.run())
    await settle()
    for number in range(100):
        session.events.emit(OutputReady("fake", {"number": number}))
        await settle()
    sheet.free.set()
    await settle()
    sending.cancel()
    send_queue.close()
    outputs = [text for text in sheet.sent if '"output"' in str(text)]
    assert outputs == ['{"type":"output","outputs":{"number":99}}']


async def test_what_programs_send_in_vain_is_told(own: Studio, engine: FakeEngine) -> None:
    async with own.page() as page:
        await page.word("hello")
        engine.events.emit(MessageIgnored("fake", "OSC", "192.0.2.5:9", "/Psi is none; /psi is."))
        engine.events.emit(InputsIgnored("fake", ["prompt", "n\n" * 99]))
        assert await page.word("note") == {
            "type": "note",
            "protocol": "OSC",
            "sender": "192.0.2.5:9",
            "message": "/Psi is none; /psi is.",
            "times": 1,
        }
        told = await page.word("note")
        assert (told["protocol"], told["sender"]) == ("query", "")
        assert told["message"].startswith("The model has no input 'prompt', 'n?n?n?")
        assert len(told["message"]) < 150


async def test_what_another_changed_comes_before_the_picture_that_shows_it(own: Studio) -> None:
    async with own.page() as one, own.page() as two:
        for page in (one, two):
            await page.word("hello")
            await page.frame()
        await one.say("set", seq=1, values={"truncation": 0.5})
        await one.set_vector(Z, seq=2)
        await one.frame(input_seq=2)
        values: dict[str, object] = {}
        messages = []
        while values.get("truncation") != 0.5 or not any(
            isinstance(message, tuple) and message[0].kind == binary_messages.VECTOR
            for message in messages
        ):
            messages.append(await two.read())
            if isinstance(messages[-1], dict):
                values |= messages[-1]["values"]
        frame, _ = await two.frame()
        _, numbers = next(
            m for m in messages if isinstance(m, tuple) and m[0].kind == binary_messages.VECTOR
        )
    np.testing.assert_array_equal(np.frombuffer(numbers, "<f4"), Z)
    assert frame.input_seq == 0


async def test_a_page_is_not_told_what_it_did_itself(own: Studio) -> None:
    async with own.page() as page:
        await page.frame()
        await page.say("set", seq=1, values={"truncation": 0.5})
        while True:
            message = await page.read()
            assert isinstance(message, tuple)
            assert message[0].kind == binary_messages.FRAME
            if message[0].input_seq == 1:
                break


async def test_a_picture_is_sent_at_full_quality_when_the_input_rests(engine: FakeEngine) -> None:
    async with (
        on_session(engine, rest_seconds=0.01) as session,
        studio(session) as own,
        own.page() as page,
    ):
        live, small = await page.frame(flags=0)
        final, large = await page.frame(flags=binary_messages.FINAL)
    assert final.number > live.number
    assert len(large) > len(small)


async def test_live_trouble_is_told_without_a_number(own: Studio, engine: FakeEngine) -> None:
    async with own.page() as page:
        await page.frame()
        engine.error = ModelFailed("It broke.")
        await page.set_vector(Z, seq=1)
        error = await page.word("error")
        assert error == {"type": "error", "message": "It broke.", "input": None, "seq": None}
        engine.error = None
        await page.set_vector(Z, seq=2)
        await page.frame(input_seq=2)


async def test_a_slow_page_gets_two_pictures_and_later_the_newest(
    own: Studio, session: LiveSession
) -> None:
    async with own.page() as fast, own.page(ack=False) as slow:
        for page in (fast, slow):
            await page.word("hello")
        for seq in range(1, 31):
            await fast.set_vector(Z * seq / 30, seq=seq)
            newest, _ = await fast.frame(input_seq=seq)
        first, second = (await slow.frame())[0], (await slow.frame())[0]
        await slow.socket.send(binary_messages.write_acknowledgement(second.number))
        last, _ = await slow.frame()
        assert first.number < second.number < newest.number <= last.number


async def outbox_of(session: LiveSession, sheet: Sheet) -> SendQueue:
    return SendQueue(sheet, session, dict, page=0)  # type: ignore[arg-type]


async def test_what_waits_is_bounded_and_the_newest_stays(
    engine: FakeEngine, session: LiveSession
) -> None:
    sheet = Sheet()
    send_queue = await outbox_of(session, sheet)
    for number in range(1000):
        send_queue.reply(str(number))
        send_queue.put_tile(Tile(number))
    sending = asyncio.create_task(send_queue.run())
    tiles = [b""]
    while len(tiles) < MOST_TILES:
        await asyncio.sleep(0)
        tiles = [m for m in sheet.sent if isinstance(m, bytes) and m[2] == binary_messages.TILE]
    sending.cancel()
    send_queue.close()
    assert [binary_messages.unpack(tile)[0].number for tile in tiles] == list(
        range(1000 - MOST_TILES, 1000)
    )
    replies = [message for message in sheet.sent if isinstance(message, str)][1:]
    assert replies == [str(number) for number in range(1000 - MOST_REPLIES, 1000)]
    assert not session.broadcast.watched


async def test_a_page_that_does_not_read_is_noticed_even_if_it_owes_no_frame(
    session: LiveSession,
) -> None:
    sheet, clock = Sheet(), Clock()
    session.clock = clock
    sheet.free.clear()
    send_queue = await outbox_of(session, sheet)
    sending = asyncio.create_task(send_queue.run())
    assert send_queue.stalled() == 0
    await asyncio.sleep(0)
    clock.now += 5
    assert send_queue.stalled() == 5
    sheet.free.set()
    while not sheet.sent:
        await asyncio.sleep(0)
    assert send_queue.stalled() < 5
    sending.cancel()
    send_queue.close()


async def test_a_state_that_changed_many_times_is_told_once(
    engine: FakeEngine, session: LiveSession
) -> None:
    sheet = Sheet()
    send_queue = await outbox_of(session, sheet)
    sending = asyncio.create_task(send_queue.run())
    while not sheet.sent:
        await asyncio.sleep(0)
    sheet.free.clear()
    for _ in range(50):
        engine.turn("running")
        engine.turn("asleep")
    sheet.free.set()
    await Watcher(session).next()
    send_queue.reply("end")
    while "end" not in sheet.sent:
        await asyncio.sleep(0)
    sending.cancel()
    send_queue.close()
    hellos = [message for message in sheet.sent if isinstance(message, str) and "hello" in message]
    assert len(hellos) <= 3
    assert (
        json_messages.write(json_messages.State("asleep", "fake is asleep.")) not in sheet.sent[:1]
    )


async def test_what_a_page_began_is_its_own_and_others_are_told_whose(own: Studio) -> None:
    async with own.page() as page, own.page() as other:
        await page.say("set", seq=1, values={"truncation": 0.3})
        await page.say("perform", action="preset/store", inputs={"number": 1})
        await other.say("set", seq=1, values={"truncation": 0.8})
        while (await page.word("values"))["values"] != {"truncation": 0.8}:
            continue
        await page.say("perform", action="preset", inputs={"number": 1})
        for each, whose, yours in ((page, "fade", True), (other, "fade of page ", False)):
            while (told := await each.word("values"))["values"].get("truncation") != 0.3:
                continue
            if each is other and not told["movers"]["truncation"].startswith("fade"):
                told = await each.word("values")  # the first was the page's own hand
            assert told["movers"]["truncation"].startswith(whose)
            assert ("truncation" in told["yours"]) == yours
