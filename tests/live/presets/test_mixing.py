"""A and B: by layer where the model maps, over the sphere where it does not."""

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from session_fakes import GENERATE, SPEC, FakeEngine, on_session
from taxiway.core.command import Command, Values
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.core.events import State as ModelState
from taxiway.live.messages import actions
from taxiway.live.presets.state import State

MAP = Command(
    name="map",
    inputs={name: GENERATE.inputs[name] for name in ("z", "seed", "truncation")},
    outputs={"w": GENERATE.inputs["w"]},
    needs_one_of=("z", "seed"),
)


class MappingEngine(FakeEngine):
    """Has a command that gives w: z doubled."""

    asked = 0

    def turn(self, state: ModelState) -> None:
        super().turn(state)
        if state == "running":
            self.running[SPEC.name].commands["map"] = MAP

    async def command_of(self, name: str, command: str | None = None) -> Command:
        return MAP if command == "map" else GENERATE

    async def run(
        self,
        name: str,
        values: Mapping[str, Any],
        command: str | None = None,
        live: str | None = None,
        rests: bool = False,
    ) -> Values:
        if command != "map":
            return await super().run(name, values, command, live, rests)
        self.asked += 1
        return {"w": np.tile(2 * MAP.decode(values)["z"], (4, 1))}


def states(*values: float) -> dict[int, State]:
    vectors = [np.full(512, value, np.float32) for value in values]
    return {
        number: State(values={"z": z, "truncation": 0.5}) for number, z in enumerate(vectors, 1)
    }


async def shown(session: Any, name: str) -> Any:
    await asyncio.sleep(0.01)
    return session.controls.values()[name]


async def test_layers_below_are_of_a_and_above_of_b() -> None:
    engine = MappingEngine()
    async with on_session(engine) as session:
        session.kept.presets = states(1, 3)
        actions.perform(session, "mix", {"a": 1, "b": 2, "layer": 1})
        w = await shown(session, "w")
        np.testing.assert_array_equal(w[:, 0], [2, 6, 6, 6])
        actions.perform(session, "mix", {"a": 1, "b": 2, "layer": 3, "amount": 0.5})
        np.testing.assert_array_equal((await shown(session, "w"))[:, 0], [2, 2, 2, 4])
        assert engine.asked == 2
        session.kept.presets[2] = State(values={"w": np.zeros(512, np.float32)})
        actions.perform(session, "mix", {"a": 2, "b": 1, "layer": 2})
        np.testing.assert_array_equal((await shown(session, "w"))[:, 0], [0, 0, 2, 2])
        assert "z" not in session.controls.values()
        with pytest.raises(InvalidArgument, match="'layer' takes 0 to 4, got 5"):
            actions.perform(session, "mix", {"a": 1, "b": 2, "layer": 5})


async def test_without_w_the_way_goes_over_the_sphere() -> None:
    async with on_session(FakeEngine()) as session:
        east, north = np.zeros((2, 512), np.float32)
        east[0] = north[1] = 2
        session.kept.presets = {
            number: State(values={"z": z}) for number, z in enumerate((east, north), 1)
        }
        actions.perform(session, "mix", {"a": 1, "b": 2, "amount": 0.5})
        z = await shown(session, "z")
        np.testing.assert_allclose(z[:2], [2**0.5, 2**0.5], rtol=1e-6)
        for inputs, words in (
            ({"layer": 1}, "'layer' is 0 of a model whose layers cannot be mixed"),
            ({"amount": 1.5}, "'amount' takes 0 to 1, got 1.5"),
        ):
            with pytest.raises(InvalidArgument, match=words):
                actions.perform(session, "mix", {"a": 1, "b": 2, **inputs})
        with pytest.raises(NotFound, match="Preset 3 is empty"):
            actions.perform(session, "mix", {"a": 1, "b": 3})
