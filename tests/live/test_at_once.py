"""Pictures of a session that are in work at once, as where the way to the model is long."""

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np

from session_fakes import FakeEngine, Watcher, on_session
from studio_page import settle
from taxiway.core.command import Values
from toys import gradient


class FarEngine(FakeEngine):
    """Three pictures at once, each of which comes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.live_at_once = 3
        self.gates: list[asyncio.Event] = []

    async def run(
        self,
        name: str,
        values: Mapping[str, Any],
        command: str | None = None,
        live: str | None = None,
        rests: bool = False,
    ) -> Values:
        inputs = self.command.decode(values)
        self.calls.append((inputs, live))
        self.gates.append(gate := asyncio.Event())
        self.called.set()
        await gate.wait()
        return {"image": gradient(inputs["z"], 32)}


async def test_so_many_go_out_at_once_and_the_newest_next() -> None:
    engine = FarEngine()
    async with on_session(engine) as session:
        watcher = Watcher(session)
        await engine.call_number(1)  # the first picture
        for value in (0.1, 0.2, 0.3, 0.4, 0.5):
            session.set({"z": np.full(512, value, np.float32)})
            await settle()
        asked = [round(float(call["z"][0]), 1) for call, _ in engine.calls[1:]]
        assert asked == [0.1, 0.2]
        engine.gates[0].set()
        newest = await engine.call_number(4)
        assert round(float(newest["z"][0]), 1) == 0.5  # 0.3 and 0.4 are of the past
        engine.gates[2].set()
        shown = await watcher.next()
        while round(float(shown.frame.values["z"][0]), 1) != 0.2:
            shown = await watcher.next()
        engine.gates[1].set()  # the older one comes late, and is not shown
        await settle()
        engine.gates[3].set()
        shown = await watcher.next()
        assert round(float(shown.frame.values["z"][0]), 1) == 0.5
