"""What a model in a thread made on a GPU comes to a sink with its twin, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest

from session_fakes import played_on
from taxiway.core import twins
from taxiway.core.frame import Frame
from taxiway.core.model import ModelSpec
from taxiway.core.sink import Sink
from taxiway.engine import Engine
from taxiway.latent.sample import z_of_seed
from taxiway.live import outputs as live_outputs
from taxiway.live.members import Members
from taxiway.live.outputs import FPS, Outputs
from taxiway.live.session import LiveSession
from toys import gradient

SPEC = ModelSpec(name="gradient", family="toys:OnGpu")


class Taker(Sink):
    """Takes twins, as Spout does; or not."""

    title = "Taker"
    alpha = True

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.frames: list[Frame] = []

    @property
    def note(self) -> str:
        return "By twins."

    def open(self, width: int, height: int, fps: int) -> None:
        twins.want(self)

    def send(self, frame: Frame) -> None:
        self.frames.append(frame)

    def close(self) -> None:
        twins.leave(self)


@pytest.fixture
async def session() -> AsyncIterator[LiveSession]:
    async with Engine(executor="thread") as engine, played_on(engine, SPEC) as session:
        yield session


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


async def test_only_what_the_model_made_has_one(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_outputs, "TEST_SECONDS", 600.0)
    found: Members[Sink] = Members("none", lambda kind: {"fps": FPS})
    found.slot = "sinks"
    found.add("taker", Taker)
    outputs = Outputs(session, found)
    await outputs.start("taker", {"fps": 240})
    ((_, output),) = outputs.at_work()
    frames: list[Frame] = output.sink.frames  # type: ignore[attr-defined]
    await until(lambda: frames)
    assert twins.twin_of(frames[0].pixels) is None  # nobody had wanted any yet
    assert (await outputs.one("taker")).message == "By twins."

    session.go_to_seed(5, None, None)  # type: ignore[arg-type]
    await until(lambda: twins.twin_of(frames[-1].pixels))
    np.testing.assert_array_equal(frames[-1].pixels, gradient(z_of_seed(5)))

    session.black_out(True)
    await until(lambda: not frames[-1].pixels.any())
    assert twins.twin_of(frames[-1].pixels) is None
    session.black_out(False)
    await until(lambda: twins.twin_of(frames[-1].pixels))

    before = len(frames)
    await outputs.test("taker")
    await until(lambda: len(frames) > before + 1)
    assert twins.twin_of(frames[-1].pixels) is None
    await outputs.close()
    assert not twins.wanted()
