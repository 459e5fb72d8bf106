"""Sinks at work: the newest frame only, and nobody waits for a sink."""

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import numpy as np
import pytest

from session_fakes import FakeEngine, on_session
from taxiway.core.datatypes import Number
from taxiway.core.errors import InvalidArgument, NotFound, Unavailable
from taxiway.core.frame import Frame
from taxiway.core.sink import Sink, SinkDone
from taxiway.live import outputs as live_outputs
from taxiway.live.members import Members
from taxiway.live.outputs import FPS, Output, Outputs
from taxiway.live.session import LiveSession

WAIT = 60.0


class Recorder(Sink):
    """Notes what it is told; may stall, fail, or say who receives."""

    title = "Recorder"
    settings: ClassVar[dict[str, Any]] = {"fail_at": Number(default=0, whole=True)}
    made: ClassVar[list["Recorder"]] = []
    gate: ClassVar[threading.Event]

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.told: list[Any] = []
        self.frames: list[Frame] = []
        self.sending = threading.Event()
        self.listeners: int | None = None
        self.made.append(self)

    @property
    def receivers(self) -> int | None:
        return self.listeners

    @property
    def address(self) -> str:
        return "nowhere"

    def open(self, width: int, height: int, fps: int) -> None:
        self.told.append(("open", width, height, fps))

    def send(self, frame: Frame) -> None:
        self.sending.set()
        assert self.gate.wait(WAIT)
        self.frames.append(frame)
        self.told.append("send")
        if len(self.frames) == self.settings_given["fail_at"]:
            raise RuntimeError("the lamp went out")

    def close(self) -> None:
        self.told.append("close")


class Done(Recorder):
    title = "Done"

    def send(self, frame: Frame) -> None:
        raise SinkDone("It has all it wanted.")


class Full(Recorder):
    title = "Full"

    def open(self, width: int, height: int, fps: int) -> None:
        raise OSError(28, "No space left on device", "/a/folder")


class Clear(Recorder):
    title = "Clear"
    alpha = True


class Restless(Recorder):
    title = "Restless"
    least_fps = 20


class Lacking(Sink):
    title = "Lacking"

    @classmethod
    def probe(cls) -> str:
        return "It needs a lamp; buy one."


class Broken(Sink):
    title = "Broken"

    def __init__(self, settings: Any) -> None:
        raise ValueError("no lamp")

    @classmethod
    def probe(cls) -> None:
        return None


class Odd(Recorder):
    title = "Odd"

    @property
    def receivers(self) -> int | None:
        raise ValueError("who knows")

    @property
    def address(self) -> str:
        raise ValueError("who knows")


KINDS = (Recorder, Restless, Odd, Done, Full, Clear, Lacking, Broken)


def members() -> Members[Sink]:
    found: Members[Sink] = Members("none", lambda kind: {"fps": FPS})
    found.slot = "sinks"
    for kind in KINDS:
        found.add(kind.title.lower(), kind)
    found.broken["torn"] = "It cannot be loaded: line 3."
    return found


@pytest.fixture(autouse=True)
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    opened = threading.Event()
    opened.set()
    monkeypatch.setattr(Recorder, "made", [])
    monkeypatch.setattr(Recorder, "gate", opened, raising=False)
    return opened


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.picture_size = (32, 24)
    return engine


@pytest.fixture
async def session(engine: FakeEngine) -> AsyncIterator[LiveSession]:
    async with on_session(engine) as session:
        yield session


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
async def outputs(session: LiveSession, told: list[str]) -> AsyncIterator[Outputs]:
    all_outputs = Outputs(session, members(), told.append)
    yield all_outputs
    await all_outputs.close()


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT):
        while not holds():
            await asyncio.sleep(0.005)


def show(session: LiveSession, pixels: Any) -> None:
    session.broadcast.publish(Frame(pixels=pixels, index=0, time=session.clock()))


def grey(level: int, *shape: int) -> Any:
    return np.full(shape or (8, 8, 3), level, np.uint8)


async def test_a_sink_gets_what_is_played(outputs: Outputs, session: LiveSession) -> None:
    status = await outputs.start("recorder", {"fps": 200})
    assert (status.state, status.address) == ("on", "nowhere")
    [sink] = Recorder.made
    await until(lambda: sink.frames)
    assert sink.told[0] == ("open", 24, 32, 200)
    session.set({"truncation": 0.25})
    await until(lambda: sink.frames[-1].values.get("truncation") == 0.25)
    status = await outputs.one("recorder")
    assert status.sent == len(sink.frames)
    assert status.rate > 0
    assert status.age_ms is not None
    assert 0 <= status.age_ms < 1000 * WAIT
    await outputs.stop("recorder")
    assert sink.told[-1] == "close"
    assert (await outputs.one("recorder")).state == "off"


async def test_a_sink_that_stalls_gets_the_newest_and_stops_nobody(
    outputs: Outputs, session: LiveSession, gate: threading.Event
) -> None:
    await outputs.start("recorder", {"fps": 240})
    [slow] = Recorder.made
    gate.clear()
    await until(slow.sending.is_set)
    sent = len(slow.frames)
    before = threading.active_count()
    for level in range(100):
        show(session, grey(level))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="stuck"):
        await outputs.stop("recorder")
    with pytest.raises(Unavailable, match="stuck"):
        await outputs.start("recorder", {})
    assert threading.active_count() <= before + 2
    assert (await outputs.one("recorder")).dropped >= 98
    gate.set()
    await until(lambda: slow.told[-1] == "close")
    assert len(slow.frames) == sent + 1
    assert (await outputs.start("recorder", {})).state == "on"


async def test_the_newest_of_those_that_came_meanwhile_is_sent(
    outputs: Outputs, session: LiveSession, gate: threading.Event
) -> None:
    await outputs.start("recorder", {"fps": 240})
    [slow] = Recorder.made
    gate.clear()
    await until(slow.sending.is_set)
    for level in range(5):
        show(session, grey(level))
    await asyncio.sleep(0.01)
    gate.set()
    await until(lambda: slow.frames and slow.frames[-1].pixels.shape == (8, 8, 3))
    assert [int(frame.pixels[0, 0, 0]) for frame in slow.frames[-1:]] == [4]


async def test_a_sink_that_fails_says_so_until_it_is_started_anew(
    outputs: Outputs, session: LiveSession, told: list[str]
) -> None:
    await outputs.start("recorder", {"fail_at": 1})
    await until(lambda: told)
    [sentence] = told
    assert sentence.startswith("The sink 'recorder' stopped: RuntimeError: the lamp went out (")
    assert "test_outputs.py, line " in sentence
    status = await outputs.one("recorder")
    assert status.state == "failed"
    assert sentence.endswith(status.error)
    assert Recorder.made[0].told[-1] == "close"
    assert session.broadcast.watched == 0
    assert (await outputs.start("recorder", {})).error == ""


async def test_an_error_of_the_system_is_a_sentence(outputs: Outputs, told: list[str]) -> None:
    await outputs.start("full", {})
    await until(lambda: told)
    assert told == ["The sink 'full' stopped: No space left on device: /a/folder."]
    assert Recorder.made[0].told == ["close"]


async def test_a_sink_that_is_done_is_off_and_says_why(outputs: Outputs, told: list[str]) -> None:
    await outputs.start("done", {})
    await until(lambda: told)
    status = await outputs.one("done")
    assert (status.state, status.error, status.message) == ("off", "", "It has all it wanted.")
    assert status.sent == 1


async def test_another_size_closes_and_opens(outputs: Outputs, session: LiveSession) -> None:
    await outputs.start("recorder", {"fps": 240})
    [sink] = Recorder.made
    await until(lambda: sink.frames)
    for shape in ((8, 6, 3), (1, 1, 3), (7, 5)):
        show(session, grey(9, *shape))
        await until(lambda shape=shape: sink.frames[-1].pixels.shape == (*shape[:2], 3))
    openings = [one for one in sink.told if one != "send"]
    assert openings == [
        ("open", 24, 32, 240), "close", ("open", 6, 8, 240), "close",
        ("open", 1, 1, 240), "close", ("open", 5, 7, 240),
    ]  # fmt: skip


async def test_alpha_is_for_those_who_take_it(outputs: Outputs, session: LiveSession) -> None:
    await outputs.start("recorder", {"fps": 240})
    await outputs.start("clear", {"fps": 240})
    plain, clear = Recorder.made
    pixels = grey(100, 4, 4, 4)
    pixels[..., 3] = 0
    await until(lambda: plain.frames and clear.frames)
    show(session, pixels)
    await until(lambda: plain.frames[-1].pixels.shape[:2] == (4, 4))
    await until(lambda: clear.frames[-1].pixels.shape == (4, 4, 4))
    assert (plain.frames[-1].pixels == 255).all()
    assert plain.frames[-1].pixels.shape == (4, 4, 3)


async def test_no_more_frames_a_second_than_wanted(outputs: Outputs, session: LiveSession) -> None:
    await outputs.start("recorder", {"fps": 10})
    [sink] = Recorder.made
    await until(lambda: sink.frames)
    started = session.clock()
    while session.clock() - started < 0.55:
        show(session, grey(int(1000 * session.clock()) % 256))
        await asyncio.sleep(0.005)
    assert len(sink.frames) <= 7
    assert (await outputs.one("recorder")).dropped > 10


async def test_without_receivers_nothing_is_rendered(
    outputs: Outputs, session: LiveSession, engine: FakeEngine
) -> None:
    await outputs.start("recorder", {"fps": 240})
    [sink] = Recorder.made
    await until(lambda: sink.frames)
    sink.listeners = 0
    sink.on_receivers()
    await until(lambda: session.broadcast.watched == 0)
    calls = len(engine.calls)
    session.set({"truncation": 0.5})
    await asyncio.sleep(0.05)
    assert len(engine.calls) == calls
    sink.listeners = 1
    sink.on_receivers()
    await until(lambda: sink.frames[-1].values.get("truncation") == 0.5)


async def test_the_picture_of_old_controls_is_not_sent_first(
    outputs: Outputs, session: LiveSession, engine: FakeEngine
) -> None:
    await outputs.start("recorder", {"fps": 240})
    await until(lambda: Recorder.made[0].frames)
    await outputs.stop("recorder")
    session.set({"truncation": 0.125})
    await outputs.start("recorder", {"fps": 240})
    await until(lambda: Recorder.made[1].frames)
    assert Recorder.made[1].frames[0].values["truncation"] == 0.125


@pytest.mark.parametrize(
    ("name", "settings", "kind", "sentence"),
    [
        ("lamp", {}, NotFound, "No sink named 'lamp'. There are: recorder, restless,"),
        ("recorder", {"colour": 1}, InvalidArgument, "'recorder' has no 'colour'; it has fail_at"),
        ("recorder", {"fps": 0}, InvalidArgument, "'fps' takes 1 to 240, got 0."),
        ("lacking", {}, Unavailable, "It needs a lamp; buy one."),
        ("torn", {}, Unavailable, "It cannot be loaded: line 3."),
        ("broken", {}, Unavailable, "ValueError: no lamp ("),
    ],
)
async def test_what_cannot_be_started_is_a_sentence(
    outputs: Outputs, name: str, settings: Any, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind) as refused:
        await outputs.start(name, settings)
    assert sentence in str(refused.value)
    needs = {one.name: one.needs for one in await outputs.status()}
    assert needs["lacking"] == "It needs a lamp; buy one."
    assert needs["torn"] == "It cannot be loaded: line 3."
    assert needs["recorder"] == ""


async def test_one_that_cannot_tell_of_itself_still_sends(outputs: Outputs) -> None:
    await outputs.start("odd", {})
    await until(lambda: Recorder.made[0].frames)
    status = await outputs.one("odd")
    assert (status.state, status.receivers, status.address) == ("on", None, "")


async def test_closing_ends_all_of_them(session: LiveSession) -> None:
    outputs = Outputs(session, members())
    await outputs.start("recorder", {})
    await outputs.start("clear", {})
    await until(lambda: all(sink.frames for sink in Recorder.made))
    await outputs.close()
    assert [sink.told[-1] for sink in Recorder.made] == ["close", "close"]
    assert session.broadcast.watched == 0


async def test_a_picture_at_rest_is_none_that_comes_late() -> None:
    output = Output(Restless({"fail_at": 0}), 240)
    output.offer(Frame(pixels=grey(7), index=1, time=time.monotonic() - 3600))
    await until(lambda: output.sent)
    output.end()
    await output.ended()
    assert output.age_ms is not None
    assert output.age_ms < 1000 * 3600


async def test_a_picture_at_rest_is_sent_again_to_who_wants_it() -> None:
    restless = Restless({"fail_at": 0})
    output = Output(restless, 240)
    output.offer(Frame(pixels=grey(7), index=1, time=time.monotonic()))
    await until(lambda: output.sent > 4)
    age = output.age_ms
    assert {int(frame.pixels.mean()) for frame in restless.frames} == {7}
    output.offer(Frame(pixels=grey(9), index=2, time=time.monotonic()))
    await until(lambda: restless.frames[-1].pixels.mean() == 9)
    assert output.age_ms != age
    restless.listeners = 0
    await until(lambda: output._receivers == 0)
    sent = output.sent
    output.offer(Frame(pixels=grey(11), index=3, time=time.monotonic()))
    await until(lambda: output.sent > sent)
    assert output._again() == math.inf
    output.end()
    assert await output.ended()


async def test_what_there_is_of_one_is_said_until_it_begins_anew(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorder, "result", "It is in the attic.")
    await outputs.start("recorder", {})
    assert (await outputs.one("recorder")).message == ""
    await outputs.stop("recorder")
    status = await outputs.one("recorder")
    assert (status.state, status.message) == ("off", "It is in the attic.")
    assert (await outputs.start("recorder", {})).message == ""


async def test_one_that_is_not_restless_is_left_alone() -> None:
    output = Output(Recorder({"fail_at": 0}), 240)
    output.offer(Frame(pixels=grey(7), index=1, time=time.monotonic()))
    await until(lambda: output.sent)
    assert output._again() == math.inf
    output.end()
    assert await output.ended()


async def test_a_test_picture_takes_the_models_place_for_a_while(
    outputs: Outputs, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_outputs, "TEST_SECONDS", 1.0)
    with pytest.raises(Unavailable, match="'recorder' is not on; start it first"):
        await outputs.test("recorder")
    with pytest.raises(NotFound):
        await outputs.test("lamp")
    await outputs.start("recorder", {"fps": 240})
    (recorder,) = Recorder.made
    await until(lambda: recorder.frames)
    played = recorder.frames[-1].pixels
    assert (await outputs.test("recorder")).state == "on"
    await until(lambda: recorder.frames[-1].pixels[14, 13].tolist() == [255, 0, 255])
    assert recorder.frames[-1].pixels.shape == played.shape
    await until(lambda: np.array_equal(recorder.frames[-1].pixels, played))


async def test_a_blackout_is_for_the_outputs_alone(
    outputs: Outputs, session: LiveSession, engine: FakeEngine
) -> None:
    await outputs.start("recorder", {"fps": 240})
    await outputs.start("clear", {"fps": 240})
    recorder, clear = Recorder.made
    await until(lambda: recorder.frames and clear.frames)
    played = recorder.frames[-1].pixels
    session.black_out(True)
    await until(lambda: not recorder.frames[-1].pixels.any())
    assert recorder.frames[-1].pixels.shape == played.shape
    session.go_to_seed(7, None, None)  # type: ignore[arg-type]
    await engine.call_number(2)
    await until(lambda: session.broadcast.newest.frame.pixels.any())  # type: ignore[union-attr]
    await until(lambda: len(recorder.frames) > 2)
    assert not recorder.frames[-1].pixels.any()
    session.black_out(False)
    await until(lambda: recorder.frames[-1].pixels.any())
    assert not np.array_equal(recorder.frames[-1].pixels, played)
    session.black_out(True)
    await outputs.test("recorder")
    await until(lambda: not recorder.frames[-1].pixels.any())
    sent = len(recorder.frames)
    await until(lambda: len(recorder.frames) > sent + 2)
    assert not recorder.frames[-1].pixels.any()
    await outputs.close()


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_nothing_is_seen_through_black(shape: tuple[int, ...]) -> None:
    black = live_outputs.blackened(np.full(shape, 90, np.uint8))
    assert black.shape == shape
    assert not black[..., :3].any() if len(shape) == 3 else not black.any()
    assert shape[2:] != (4,) or (black[..., 3] == 255).all()
