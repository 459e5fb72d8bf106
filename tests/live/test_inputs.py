"""Sources at work: the newest value of every input, whoever gives it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

from session_fakes import GENERATE, FakeEngine, Watcher, on_session
from taxiway.core.command import Command
from taxiway.core.datatypes import Image
from taxiway.core.errors import InvalidArgument, NotFound, Unavailable
from taxiway.core.source import Signals, Source
from taxiway.live.inputs import INPUT, Inputs
from taxiway.live.members import Members
from taxiway.live.session import LiveSession

WAIT = 60.0
TAKES = Command(
    name="take",
    inputs={"photo": Image(), "mask": Image(channels=1)},
    outputs={"image": Image()},
)


class Knobs(Source):
    """Yields what the test gives it."""

    title = "Knobs"
    given: ClassVar[list[Any]] = []
    closed: ClassVar[threading.Event]

    def read(self) -> Iterator[Any]:
        for one in self.given:
            if isinstance(one, BaseException):
                raise one
            yield one
        self.wait(WAIT)

    def close(self) -> None:
        self.closed.set()


class Pictures(Knobs):
    title = "Pictures"
    frames = True


class Player(Knobs):
    title = "Player"
    moves = True


class Motor(Knobs):
    """Moves something once it may, and then says so."""

    title = "Motor"
    moves = True
    may: ClassVar[threading.Event]
    moved: ClassVar[threading.Event]

    def read(self) -> Iterator[Any]:
        self.may.wait(WAIT)
        yield Signals([("motor", 1.0)])
        self.moved.set()
        self.wait(WAIT)


class Deaf(Source):
    title = "Deaf"

    def read(self) -> Iterator[Any]:
        threading.Event().wait(5)
        yield {}


def members() -> Members[Source]:
    found: Members[Source] = Members("none", lambda kind: {"input": INPUT} if kind.frames else {})
    found.slot = "sources"
    for kind in (Knobs, Pictures, Player, Motor, Deaf):
        found.add(kind.title.lower(), kind)
    return found


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(Knobs, "given", found)
    monkeypatch.setattr(Knobs, "closed", threading.Event(), raising=False)
    return found


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
async def session() -> AsyncIterator[LiveSession]:
    async with on_session(FakeEngine(GENERATE)) as session:
        yield session


@pytest.fixture
async def inputs(session: LiveSession, told: list[str]) -> AsyncIterator[Inputs]:
    inputs = Inputs(session, members(), told.append)
    yield inputs
    await inputs.close()


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT):
        while not holds():
            await asyncio.sleep(0.005)


async def test_the_newest_of_every_input_is_set(
    inputs: Inputs, session: LiveSession, given: list[Any]
) -> None:
    given += [{"truncation": k / 1000} for k in range(1000)] + [{"size": 64}]
    await inputs.start("knobs", {})
    await until(lambda: session.controls.values().get("size") == 64)
    assert session.controls.values()["truncation"] == 0.999
    status = await inputs.one("knobs")
    assert (status.state, status.given, status.error) == ("on", 1001, "")
    assert status.rate > 0
    await inputs.stop("knobs")
    assert Knobs.closed.is_set()
    assert (await inputs.one("knobs")).state == "off"


async def test_what_it_gives_is_played(
    inputs: Inputs, session: LiveSession, given: list[Any]
) -> None:
    watcher = Watcher(session)
    given.append({"truncation": 0.125})
    await inputs.start("knobs", {})
    async with asyncio.timeout(WAIT):
        while (await watcher.next()).frame.values.get("truncation") != 0.125:
            pass


async def test_who_stops_all_movement_stops_what_plays_by_itself(
    inputs: Inputs, session: LiveSession
) -> None:
    await inputs.start("knobs", {})
    await inputs.start("player", {})
    session.stop_moving()
    await until(Knobs.closed.is_set)
    states = {name: (await inputs.one(name)).state for name in ("knobs", "player")}
    while states["player"] == "on":  # it ends in a thread of its own
        await asyncio.sleep(0.005)
        states["player"] = (await inputs.one("player")).state
    assert states == {"knobs": "on", "player": "off"}


async def test_what_was_on_its_way_when_all_movement_stopped_moves_nothing(
    inputs: Inputs, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Motor, "may", threading.Event(), raising=False)
    monkeypatch.setattr(Motor, "moved", threading.Event(), raising=False)
    heard: list[Any] = []
    monkeypatch.setattr(session.mapping, "hear", lambda signals, by: heard.append(signals))
    await inputs.start("motor", {})
    Motor.may.set()
    assert Motor.moved.wait(WAIT)  # the session's own thread is here, and has not heard it yet
    session.stop_moving()
    await until(lambda: Motor.closed.is_set())
    await asyncio.sleep(0)
    assert heard == []


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"truncation": "x"}, "'truncation' takes a number, got text."),
        ({"lamp": 1}, "No input named 'lamp'."),
        (np.zeros((2, 2, 3), np.uint8), "It gave a picture, and the model takes none."),
        (RuntimeError("no more"), "RuntimeError: no more ("),
        (OSError(5, "Input/output error"), "Input/output error."),
    ],
)
async def test_what_goes_wrong_is_a_sentence_until_it_is_started_anew(
    inputs: Inputs, given: list[Any], told: list[str], what: Any, sentence: str
) -> None:
    given += [{"truncation": 0.5}, what]
    await inputs.start("knobs", {})
    await until(lambda: told)
    assert sentence in told[0]
    assert told[0].startswith("The source 'knobs' stopped: ")
    status = await inputs.one("knobs")
    assert status.state == "failed"
    assert sentence in status.error
    await until(Knobs.closed.is_set)
    given.clear()
    assert (await inputs.start("knobs", {})).error == ""


async def test_pictures_come_to_the_input_that_is_named(given: list[Any]) -> None:
    async with on_session(FakeEngine(TAKES)) as session:
        inputs = Inputs(session, members())
        given.append(np.full((4, 6, 3), 200, np.uint8))
        await inputs.start("pictures", {})
        await until(lambda: "photo" in session.controls.values())
        assert session.controls.values()["photo"].shape == (4, 6, 3)
        await inputs.start("pictures", {"input": "mask"})
        await until(lambda: "mask" in session.controls.values())
        assert session.controls.values()["mask"].shape == (4, 6)
        with pytest.raises(InvalidArgument, match="'input' takes one of photo, mask, got 'z'"):
            await inputs.start("pictures", {"input": "z"})
        await inputs.close()


async def test_one_that_does_not_stop_is_left_alone(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxiway.live.inputs.END_SECONDS", 0.05)
    await inputs.start("deaf", {})
    running = inputs._inputs["deaf"]
    running.end()
    assert not await running.ended(0.05)
    assert running.given == 0


async def test_what_cannot_be_started_is_a_sentence(inputs: Inputs) -> None:
    with pytest.raises(NotFound, match="No source named 'lamp'. There are: knobs, pictures"):
        await inputs.start("lamp", {})
    with pytest.raises(InvalidArgument, match="'pictures' gives pictures, and 'fake' takes none"):
        await inputs.start("pictures", {})
    with pytest.raises(InvalidArgument, match="'knobs' has no 'x'"):
        await inputs.start("knobs", {"x": 1})


async def test_before_the_first_start_there_is_nothing_to_set() -> None:
    async with on_session(FakeEngine(TAKES), start=False) as session:
        with pytest.raises(Unavailable, match="has not been started yet"):
            await Inputs(session, members()).start("pictures", {})
