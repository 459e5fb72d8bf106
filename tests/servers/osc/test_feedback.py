"""Subscribers are told what others move, and not what they moved themselves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import numpy as np
import pytest

from interop.broadcasting import BroadcastingEngine
from osc_patch import Patch, patch
from session_fakes import FakeEngine, on_session
from taxiway.core.config import Config
from taxiway.engine import Engine
from taxiway.live.session import LiveSession
from taxiway.servers.osc import feedback
from taxiway.servers.osc.packet import read, write_values
from taxiway.servers.osc.server import OscServer


class Stage:
    """A server and two controllers that have subscribed."""

    def __init__(self, session: LiveSession, server: OscServer, one: Patch, two: Patch) -> None:
        self.session, self.server, self.one, self.two = session, server, one, two

    def say(self, patch: Patch, address: str, *values: Any) -> None:
        patch.say(write_values(address, values), self.server.port)

    async def told(self, patch: Patch, until: str) -> dict[str, list[Any]]:
        """What a patch is told up to an address, by address; each no more than once."""
        found: dict[str, list[Any]] = {}
        while until not in found:
            (message,) = read(await asyncio.wait_for(patch.heard.get(), 60))
            assert message.address not in found
            found[message.address] = message.arguments
        return found


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with patch() as one, patch() as two, on_session(FakeEngine()) as session:
        config = Config(osc_port=0, osc_reply_port=1, osc_target=None)
        engine = cast(Engine, BroadcastingEngine())
        async with OscServer(engine, session, config) as server:
            yield Stage(session, server, one, two)


async def test_a_subscriber_is_told_how_all_stands_and_then_what_others_move(stage: Stage) -> None:
    stage.session.set({"seed": 7, "truncation": 0.5})
    stage.say(stage.one, "/subscribe")
    first = await stage.told(stage.one, "/blackout")
    assert (first["/truncation"], first["/seed"], first["/size"]) == ([0.5], [7], [256])
    assert np.array_equal(first["/z"], stage.session.controls.values()["z"])
    assert first["/blackout"] == [0]
    stage.session.black_out(True)
    assert await stage.told(stage.one, "/blackout") == {"/blackout": [1]}
    stage.say(stage.one, "/unsubscribe")
    stage.say(stage.two, "/subscribe", stage.one.port)
    await stage.told(stage.one, "/blackout")
    assert stage.two.heard.empty()
    stage.say(stage.two, "/subscribe", "here")
    assert (await stage.two.receive())[1] == "'/subscribe' takes a port, or nothing, got 'here'."


async def test_nobody_is_told_what_it_moved_itself(stage: Stage) -> None:
    for each in (stage.one, stage.two):
        stage.say(each, "/subscribe")
        await stage.told(each, "/blackout")
    stage.say(stage.one, "/psi", 0.25)
    stage.say(stage.one, "/z/[0-3]", 0.5)
    stage.say(stage.one, "/blackout", 1)
    heard = await stage.told(stage.two, "/blackout")
    assert (heard["/truncation"], heard["/z"][:5]) == ([0.25], [0.5] * 4 + heard["/z"][4:5])
    # What follows from what it did is news to it, too: its faders of z go where a seed puts them.
    stage.say(stage.one, "/seed", 7)
    assert list(await stage.told(stage.two, "/seed")) == ["/z", "/seed"]
    stage.say(stage.two, "/truncation", 0.75)
    heard = await stage.told(stage.one, "/truncation")
    assert list(heard) == ["/z", "/truncation"]
    assert heard["/truncation"] == [0.75]


async def test_it_is_told_the_newest_and_not_too_often(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.say(stage.one, "/subscribe")
    await stage.told(stage.one, "/blackout")
    monkeypatch.setattr(feedback, "PERIOD_SECONDS", 0.2)
    stage.session.set({"truncation": 0.0})
    await stage.told(stage.one, "/truncation")
    for step in range(100):
        stage.session.set({"truncation": step / 100})
        await asyncio.sleep(0)
    heard = await stage.told(stage.one, "/truncation")
    while heard["/truncation"] != [np.float32(0.99)]:
        heard = await stage.told(stage.one, "/truncation")
    assert stage.one.heard.empty()


async def test_the_oldest_of_too_many_is_forgotten() -> None:
    async with on_session(FakeEngine()) as session:
        sent: list[tuple[str, int]] = []
        told = feedback.Feedback(session, lambda datagram, to: sent.append(to), str)
        for port in range(1, 41):
            told.add(("127.0.0.1", port))
        task = asyncio.create_task(told.run())
        while len({port for _, port in sent}) < 32:
            await asyncio.sleep(0)
        task.cancel()
        assert {port for _, port in sent} == set(range(9, 41))
