"""A model is played by OSC and walks where no studio is open, and rests where nobody reads."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import numpy as np
import pytest

from interop.engineio_clients import socket
from servers.osc.test_server import patch
from session_fakes import Watcher, served
from studio_page import settle
from taxiway.core.config import Config
from taxiway.core.images import EncodedPicture
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.servers.http import routes as http
from taxiway.servers.osc.packet import write
from taxiway.servers.osc.server import OscServer
from taxiway.servers.socketio.server import SocketIo
from taxiway.web.application import application
from toys import gradient

SPEC = ModelSpec(name="gradient", family="toys:Gradient")


class Room:
    """One model behind HTTP, Socket.IO and OSC, and no page."""

    def __init__(self, session: LiveSession, port: int, osc: int, api: httpx.AsyncClient) -> None:
        self.session, self.port, self.osc, self.api = session, port, osc, api

    async def data(self) -> Any:
        return (await self.api.get("/data")).json()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(Engine(executor="thread"))
        session = LiveSession(engine, SPEC)
        running = asyncio.create_task(session.run())
        await session.start()
        await engine.ready(SPEC.name)
        name, readers = lambda: SPEC.name, session.readers
        sockets = SocketIo(engine, name, readers=readers)
        stack.callback(sockets.close)
        app = application([*http.routes(engine, name, readers), *sockets.routes()], Config())
        port = await stack.enter_async_context(served(app))
        config = Config(osc_port=0, osc_target=None)
        osc = await stack.enter_async_context(OscServer(engine, session, config))
        api = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)
        await stack.enter_async_context(api)
        async with asyncio.timeout(40):
            yield Room(session, port, osc.port, api)
        running.cancel()
        await asyncio.wait([running])


def message(address: str, numbers: list[float]) -> bytes:
    """An OSC message of floats."""
    padded = address.encode() + bytes(4 - len(address) % 4)
    tags = b"," + b"f" * len(numbers)
    return padded + tags + bytes(4 - len(tags) % 4) + struct.pack(f">{len(numbers)}f", *numbers)


async def moved(room: Room, value: float) -> None:
    """Wait until a fader that was moved by OSC has arrived."""
    while (z := room.session.controls.values().get("z")) is None or z[0] != np.float32(value):
        await asyncio.sleep(0)


async def test_a_fader_by_osc_is_rendered_for_who_asks_for_data(room: Room) -> None:
    async with patch() as fader:
        fader.say(message("/z", [0.5] * 512), room.osc)
        await moved(room, 0.5)
        await settle()
        assert room.session.broadcast.newest is None  # nobody would have seen it
        while not (outputs := await room.data()):
            pass
        assert outputs["image"].startswith("data:image/jpeg")
        newest = room.session.broadcast.newest
        assert newest is not None
        np.testing.assert_array_equal(newest.frame.pixels, gradient(np.full(512, 0.5)))


async def test_it_is_rendered_for_subscribers_and_for_clients_of_socketio(room: Room) -> None:
    async with patch() as fader, socket(f"127.0.0.1:{room.port}") as sketch:
        fader.say(b"/server/connect\0,\0\0\0", room.osc)
        assert (await fader.receive())[0] == "/info"
        fader.say(message("/z", [0.25] * 512), room.osc)
        assert (await fader.receive())[0] == "/data"
        assert (await sketch.event())[0] == "data"


async def test_a_walk_goes_on_while_somebody_reads(room: Room) -> None:
    async with patch() as fader:
        fader.say(write("/walk", '{"seconds": 2}'), room.osc)
        seen = set()
        while len(seen) < 4:
            seen.add((await room.data()).get("image"))
        assert room.session.live_walk.goes_on


async def test_an_answer_by_http_is_a_frame_and_where_the_faders_go_on_from(room: Room) -> None:
    z = [0.75] * 512
    answer = (await room.api.post("/query", json={"z": z, "truncation": 0.3})).json()
    watcher = Watcher(room.session)
    frame = (await watcher.next()).frame
    np.testing.assert_allclose(frame.pixels, gradient(np.full(512, 0.75)), atol=8)  # from a JPEG
    assert await room.data() == answer
    async with patch() as fader:
        fader.say(message("/z/0", [-1.0]), room.osc)
        await moved(room, -1.0)
        values = room.session.controls.values()
        assert (values["truncation"], values["z"][1]) == (0.3, 0.75)
        while (await watcher.next()).frame.values["z"][0] != -1:
            pass


async def test_answers_are_decoded_for_who_looks_and_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []

    def pixels(self: EncodedPicture) -> Any:
        decoded.append(self.uri)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr(EncodedPicture, "pixels", pixels)
    room.session._rest_seconds = 1e6
    for n in range(3):
        answer = (await room.api.post("/query", json={"z": [n / 4] * 512})).json()
    assert decoded == []
    await Watcher(room.session).next()
    await Watcher(room.session).next()
    assert decoded == [answer["image"]]


async def test_a_wrong_fader_is_an_error_to_its_sender_alone(room: Room) -> None:
    async with patch() as fader:
        fader.say(b"/server/connect\0,\0\0\0", room.osc)
        assert (await fader.receive())[0] == "/info"
        fader.say(write("/truncation", "much"), room.osc)
        assert await fader.receive() == ("/error", "'truncation' takes a number, got text.")
