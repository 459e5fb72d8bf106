"""Modulators: laid over what is set, in parts of a control's range, and gone with a stop."""

import asyncio
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_fakes import GENERATE, Clock, FakeEngine, Watcher, on_session
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.modulator import Modulator
from taxiway.live.controls import Mover
from taxiway.live.messages import actions
from taxiway.live.messages.moves import Message
from taxiway.live.movement.modulators import COMMON, kinds, laid


async def until(found: Any) -> None:
    while not found():
        await asyncio.sleep(0.005)


async def test_base_and_modulation_are_apart_and_a_stop_leaves_the_base() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session, asyncio.timeout(60):
        watcher = Watcher(session)
        session.set({"truncation": 0.5})
        told: list[Any] = []
        session.controls.follow(lambda values, at: told.append(dict(values)))
        actions.perform(
            session, "modulator", {"number": 1, "kind": "lfo", "settings": {"shape": "square"}}
        )
        actions.perform(session, "modulate", {"number": 1, "control": "truncation", "amount": 0.25})
        while (await watcher.next()).frame.values["truncation"] != 0.75:
            pass
        assert session.controls.values()["truncation"] == 0.5
        session.set({"truncation": 0.6})
        await until(lambda: session.controls.overlay == {"truncation": 0.85})
        clock.now += 5
        await until(lambda: session.controls.overlay == {"truncation": 0.35})
        actions.perform(session, "hold", {})
        clock.now += 4
        await asyncio.sleep(0.05)
        assert session.controls.overlay == {"truncation": 0.35}
        actions.perform(session, "stop", {})
        assert session.controls.overlay == {}
        assert session.controls.values()["truncation"] == 0.6
        assert told[-1] == {"truncation": 0.6}
        assert [each["truncation"] for each in told if each] == pytest.approx(
            [0.75, 0.85, 0.35, 0.6]
        )
        version = session.controls.version
        await asyncio.sleep(0.05)
        assert session.controls.version == version
        actions.perform(session, "modulator", {"number": 1})
        await until(lambda: "truncation" in session.controls.overlay)


async def test_what_is_sent_moves_and_what_takes_nothing_says_so() -> None:
    async with on_session(FakeEngine()) as session, asyncio.timeout(60):
        Watcher(session)
        actions.perform(session, "modulator", {"number": 2, "kind": "sent"})
        actions.perform(session, "modulate", {"number": 2, "control": "z/5", "amount": 0.5})
        before = session.controls.values()["z"].copy()
        actions.perform(session, "modulator/value", {"number": 2, "value": 1})
        await until(lambda: "z" in session.controls.overlay)
        await until(lambda: session.controls.overlay["z"][5] > before[5] + 2.5)
        np.testing.assert_array_equal(session.controls.values()["z"], before)
        (refused,) = session.addresses.perform([Message("/modulator/2/value", [2.0])], 1)
        assert str(refused) == "'value' takes -1 to 1, got 2."
        session.mapping.learn(["/modulator/2/value"])
        session.mapping.choose("audio:level")
        session.mapping.hear([("audio:level", 0.0)], "page 1")
        await until(lambda: abs(session.controls.overlay["z"][5] - before[5]) < 0.5)
        assert session.mapping.said == ""
        actions.perform(session, "modulator", {"number": 3, "kind": "noise"})
        assert "/modulator/2/value" in session.addresses.names()
        assert "/modulator/3/value" not in session.addresses.names()
        for action, inputs, words in (
            ("modulator/value", {"number": 3, "value": 1}, "takes no values"),
            ("modulator", {"number": 9}, "'number' takes 1 to 8"),
            ("modulator", {"number": 1, "kind": "dance"}, "No modulator named 'dance'"),
            ("modulator", {"number": 1, "settings": {"x": 1}}, "'lfo' has no 'x'"),
            ("modulator", {"number": 1, "settings": 3}, "'settings' takes an object"),
            ("modulator", {"number": 1, "settings": {"seconds": 0}}, "'seconds' takes 0.05"),
            ("modulate", {"number": 4, "control": "truncation"}, "no modulator 4"),
            ("modulate", {"number": 2, "control": "z/512"}, "'control' takes"),
            ("modulate", {"number": 2, "control": "seed"}, "'control' takes"),
            ("modulate", {"number": 2, "control": "w"}, "'control' takes"),
            ("modulate", {"number": 2, "control": "size", "amount": 2}, "'amount' takes"),
        ):
            with pytest.raises((InvalidArgument, NotFound), match=words):
                actions.perform(session, action, inputs)
        actions.perform(session, "modulator/clear", {"number": 2})
        await until(lambda: not session.controls.overlay)


def test_a_whole_z_turns_and_keeps_its_length() -> None:
    z = np.random.RandomState(0).standard_normal(512).astype(np.float32)
    turned = laid(GENERATE, {"z": z}, {"z": 0.5})["z"]
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(z), rel=1e-5)
    assert turned @ z / (z @ z) == pytest.approx(np.cos(np.pi / 4), abs=1e-4)
    np.testing.assert_allclose(laid(GENERATE, {"z": z}, {"z": 0.0})["z"], z, rtol=1e-6)


@given(st.floats(-8, 8, allow_nan=False))
def test_a_control_never_leaves_its_range(amount: float) -> None:
    found = laid(GENERATE, {}, {"truncation": amount, "size": amount})
    assert 0 <= found["truncation"] <= 1
    assert 32 <= found["size"] <= 1024
    assert isinstance(found["size"], int)


@pytest.mark.parametrize("kind", kinds().kinds)
@given(u=st.floats(0, 1), rounds=st.integers(0, 10**6))
def test_every_modulator_stays_between_its_bounds(kind: str, u: float, rounds: int) -> None:
    made: Modulator = kinds().find(kind)(kinds().decode(kind, {}))
    assert -1 <= made.value(u, rounds) <= 1
    assert not made.settings.keys() & COMMON.keys()


def test_waves_and_noise_have_no_gap_where_a_round_ends() -> None:
    for kind, settings in (("lfo", {}), ("lfo", {"shape": "triangle"}), ("noise", {})):
        made = kinds().find(kind)(kinds().decode(kind, settings))
        assert made.value(1.0, 3) == pytest.approx(made.value(0.0, 4), abs=1e-9)


def test_an_envelope_rises_stays_and_falls() -> None:
    settings = {"attack": 0.2, "stay": 0.2, "release": 0.4}
    made = kinds().find("envelope")(kinds().decode("envelope", settings))
    values = [made.value(u, 0) for u in (0, 0.1, 0.3, 0.6, 0.9)]
    assert values == pytest.approx([0, 0.5, 1, 0.5, 0])
    sudden = kinds().find("envelope")(kinds().decode("envelope", dict.fromkeys(settings, 0)))
    assert (sudden.value(0, 0), sudden.value(0.5, 0)) == (1, 0)


async def test_a_modulator_that_fails_is_switched_off_and_said() -> None:
    class Broken(Modulator):
        title = "Broken"

        def value(self, u: float, rounds: int) -> float:
            raise ZeroDivisionError("by nothing")

    kinds().kinds["broken"] = Broken
    said: list[str] = []
    try:
        async with on_session(FakeEngine()) as session, asyncio.timeout(60):
            Watcher(session)
            session.report = said.append  # type: ignore[method-assign]
            session.movement.put(1, "broken", {}, True)
            session.movement.route(1, "truncation", 0.5)
            await until(lambda: said)
            assert said[0].startswith("Modulator 1 stopped: ")
            assert not session.movement.goes_on
    except TaxiwayError as error:
        pytest.fail(str(error))
    finally:
        del kinds().kinds["broken"]


async def test_a_walk_goes_by_beats_and_ends_where_it_is_told_to() -> None:
    clock = Clock()
    async with on_session(FakeEngine(), clock=clock) as session, asyncio.timeout(60):
        Watcher(session)
        actions.perform(session, "tempo", {"bpm": 60, "changes": "now"})
        wire = {"kind": "slerp", "keys": "1,2", "seconds": 4, "unit": "beats", "mode": "once"}
        actions.perform(session, "walk", wire)
        await until(lambda: session.controls.entries["z"].source == Mover("walk"))
        actions.perform(session, "hold", {"on": True})
        clock.now += 3
        await asyncio.sleep(0.05)
        assert session.live_walk.goes_on
        actions.perform(session, "hold", {"on": False})
        clock.now += 4
        await until(lambda: not session.live_walk.goes_on)
