"""Fades: z over the sphere, other numbers straight, and a hand keeps what it moves."""

import asyncio

import numpy as np
import pytest

from session_fakes import GENERATE, Clock, FakeEngine, on_session
from taxiway.core.errors import InvalidArgument
from taxiway.latent.sample import z_of_seed
from taxiway.live.messages import actions
from taxiway.live.movement.fade import CURVES, paths_between
from taxiway.live.presets.state import State
from taxiway.live.session import LiveSession


def preset(session: LiveSession, seed: int, **values: object) -> None:
    z = z_of_seed(seed, 512).astype(np.float32)
    session.kept.presets[1] = State(values={"z": z, **values}, origin={"seed": seed})


async def ticks() -> None:
    await asyncio.sleep(0.03)


async def test_a_fade_goes_over_the_sphere_and_ends_exactly_there() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session:
        session.set({"seed": 1, "truncation": 0.2, "size": 64})
        preset(session, 2, truncation=0.8)
        actions.perform(session, "preset", {"number": 1, "seconds": 10, "curve": "even"})
        clock.now += 5
        await ticks()
        values = session.controls.values()
        assert values["truncation"] == pytest.approx(0.5)
        assert "size" not in values
        ends = [np.linalg.norm(z_of_seed(seed, 512)) for seed in (1, 2)]
        assert np.linalg.norm(values["z"]) == pytest.approx(np.mean(ends), rel=0.01)
        assert session.fade.goes_on
        clock.now += 5
        await ticks()
        assert not session.fade.goes_on
        values = session.controls.values()
        np.testing.assert_array_equal(values["z"], np.float32(z_of_seed(2, 512)))
        assert values == {"z": values["z"], "truncation": 0.8}
        assert session.controls.entries["z"].origin == {"seed": 2}


async def test_a_hand_keeps_what_it_moves_and_stop_stops() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session:
        session.set({"seed": 1, "truncation": 0.2})
        preset(session, 2, truncation=0.8)
        actions.perform(session, "preset", {"number": 1, "seconds": 10})
        await ticks()
        session.set({"truncation": 0.33})
        clock.now += 4
        await ticks()
        assert session.controls.values()["truncation"] == 0.33
        before = session.controls.values()["z"]
        actions.perform(session, "stop", {})
        clock.now += 10
        await ticks()
        assert session.controls.values()["z"] is before
        assert not session.fade.goes_on


async def test_a_fade_ends_a_walk_and_a_walk_takes_z_from_a_fade() -> None:
    async with on_session(FakeEngine()) as session:
        session.set({"seed": 1})
        preset(session, 2)
        session.live_walk.begin({"seconds": 2})
        actions.perform(session, "preset", {"number": 1})
        await ticks()
        np.testing.assert_array_equal(session.controls.values()["z"], np.float32(z_of_seed(2, 512)))


@pytest.mark.parametrize("curve", CURVES)
def test_every_curve_goes_from_0_to_1_and_never_back(curve: str) -> None:
    way = [CURVES[curve](u) for u in np.linspace(0, 1, 50)]
    assert (way[0], way[-1]) == (0, 1)
    assert (np.diff(way) >= 0).all()


def test_what_has_no_way_between_jumps_in_the_middle() -> None:
    one, rows = np.ones(512, np.float32), np.zeros((4, 512), np.float32)
    now = {"z": one, "size": 64}
    paths = paths_between(GENERATE, now, {"z": None, "w": one, "size": 128, "truncation": 0.6})
    assert [paths["z"](u) is one for u in (0.4, 0.6)] == [True, False]
    assert [paths["size"](u) for u in (0.4, 0.6)] == [64, 128]
    assert paths["truncation"](0.5) == pytest.approx(0.7)
    paths = paths_between(GENERATE, {"w": one}, {"w": rows})
    np.testing.assert_allclose(paths["w"](0.25), np.full((4, 512), 0.75))
    assert paths_between(GENERATE, now, dict(now)) == {}


@pytest.mark.parametrize("seconds", [-1, 3601, float("nan")])
async def test_a_time_that_is_none_is_said(seconds: float) -> None:
    async with on_session(FakeEngine()) as session:
        preset(session, 2)
        with pytest.raises(InvalidArgument, match="'seconds' takes"):
            actions.perform(session, "preset", {"number": 1, "seconds": seconds})
