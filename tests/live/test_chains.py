"""Chains on the real engine: what one model shows, another is asked about."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from session_fakes import Watcher
from studio_page import settle
from taxiway.core.datatypes import AnyType, Image, Text, Vector
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.events import Event, OutputReady
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.live.chains import Chains, Link, matches
from taxiway.live.session import LiveSession
from toys import gradient

SPECS = (
    ModelSpec(name="gradient", family="toys:Gradient"),
    ModelSpec(name="looker", family="toys:Looker"),
)


class Reader:
    """Reads the outputs of a model."""

    def __init__(self, session: LiveSession) -> None:
        self.model = session.spec.name
        self.outputs: asyncio.Queue[Any] = asyncio.Queue()
        session.readers.add(lambda: True)
        session.engine.events.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, OutputReady) and event.model == self.model:
            self.outputs.put_nowait(event.outputs)


@pytest.fixture
async def room() -> AsyncIterator[tuple[Engine, dict[str, LiveSession], Chains]]:
    async with Engine() as engine:
        sessions = {spec.name: LiveSession(engine, spec) for spec in SPECS}
        tasks = [asyncio.create_task(session.run()) for session in sessions.values()]
        for session in sessions.values():
            await session.start()

        def find(name: str) -> LiveSession:
            if name not in sessions:
                raise NotFound(f"No '{name}'.")
            return sessions[name]

        chains = Chains(engine, find)
        yield engine, sessions, chains
        chains.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


Room = tuple[Engine, dict[str, LiveSession], Chains]


async def test_an_answered_query_and_a_live_picture_both_go_on(room: Room) -> None:
    engine, sessions, chains = room
    reader = Reader(sessions["looker"])
    link = await chains.add(Link(source="gradient", target="looker"))
    assert (link.output, link.input) == ("image", "picture")
    assert chains.links == [link]
    first = await asyncio.wait_for(reader.outputs.get(), 60)
    assert first["mean"] == pytest.approx(engine.running["looker"].last_output["mean"])
    z = [1.0, 1.0] + [0.0] * 510
    sessions["gradient"].set({"z": z})
    while (await asyncio.wait_for(reader.outputs.get(), 60))["mean"] != gradient_mean(z):
        pass
    z = [-0.5, -0.5] + [0.0] * 510
    await engine.query("gradient", {"z": z, "format": "PNG"})
    while (await asyncio.wait_for(reader.outputs.get(), 60))["mean"] != gradient_mean(z):
        pass


def gradient_mean(z: list[float]) -> float:
    import numpy as np

    return float(gradient(np.float32(z)).mean())


async def test_what_does_not_fit_is_refused_in_a_sentence(room: Room) -> None:
    _, _, chains = room
    with pytest.raises(InvalidArgument, match="Nothing that 'looker' gives is of a type"):
        await chains.add(Link(source="looker", target="gradient", input="z"))
    with pytest.raises(NotFound, match="'gradient' has no output 'sound'. There are: image"):
        await chains.add(Link(source="gradient", output="sound", target="looker"))
    with pytest.raises(NotFound, match="No 'ghost'"):
        await chains.add(Link(source="ghost", target="looker"))
    assert chains.links == []


async def test_no_model_feeds_itself_by_any_way_round(room: Room) -> None:
    _, _, chains = room
    await chains.add(Link(source="looker", output="mean", target="gradient", input="truncation"))
    with pytest.raises(InvalidArgument, match="'looker' already feeds 'gradient'"):
        await chains.add(Link(source="gradient", target="looker"))


async def test_a_removed_chain_carries_nothing_more(room: Room) -> None:
    engine, sessions, chains = room
    reader = Reader(sessions["looker"])
    link = await chains.add(Link(source="gradient", target="looker"))
    await asyncio.wait_for(reader.outputs.get(), 60)
    chains.remove(link)
    watcher = Watcher(sessions["gradient"])
    sessions["gradient"].set({"truncation": 0.3})
    while (await watcher.next()).frame.values.get("truncation") != 0.3:
        pass
    await engine.query("gradient", {"seed": 1})
    assert reader.outputs.empty()
    with pytest.raises(NotFound, match="does not feed"):
        chains.remove(link)
    chains.forget("gradient")


async def test_a_source_is_played_only_while_somebody_reads_what_it_feeds(room: Room) -> None:
    _, sessions, chains = room
    await chains.add(Link(source="gradient", target="looker"))
    broadcast = sessions["gradient"].broadcast
    await settle()
    assert broadcast.watched == 0
    sessions["looker"].readers.ask()
    await settle()
    assert broadcast.watched == 1


def test_types_match_where_the_value_is_taken() -> None:
    assert matches(Image(), Image(channels=4))
    assert matches(Text(), AnyType())
    assert matches(Vector(length=3), Vector(length=3, sampling_std=2))
    assert not matches(Vector(length=3), Vector(length=4))
    assert not matches(Text(), Image())
