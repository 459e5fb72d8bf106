"""Signals that move addresses: learning, ranges, picking up, keys, gliding."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from session_fakes import GENERATE, FakeEngine, on_session
from taxiway.core.errors import InvalidArgument
from taxiway.live.mapping.bindings import Binding, guessed_relative, read, ticks
from taxiway.live.messages.addresses import Address, NoSuchAddress
from taxiway.live.session import LiveSession

KNOB = "midi:1:cc:7"
PAD = "midi:10:note:36"


@pytest.fixture
async def session() -> AsyncIterator[LiveSession]:
    async with on_session(FakeEngine()) as session:
        yield session


def bound(session: LiveSession, **given: Any) -> Binding:
    """Have one more binding."""
    binding = Binding(**{"signal": KNOB, "to": "/truncation", **given})
    session.mapping.change([*session.mapping.bindings, binding])
    return binding


def truncation(session: LiveSession) -> float:
    return float(session.controls.values().get("truncation", -1))


async def test_what_comes_in_moves_what_it_is_bound_to(session: LiveSession) -> None:
    bound(session, gives=(0, 1.5))
    bound(session, to="/z/3", gives=(-3, 3))
    bound(session, signal="osc:/other", to="/size")
    session.mapping.hear([(KNOB, 0.5)], "MIDI")
    assert truncation(session) == 0.75
    assert session.controls.values()["z"][3] == 0
    assert session.controls.entries["truncation"].source == f"mapping {KNOB}"
    session.mapping.hear([(KNOB, float("nan")), (KNOB, float("inf"))], "MIDI")
    assert truncation(session) == 0.75
    assert (session.mapping.heard[KNOB].value, session.mapping.heard[KNOB].by) == (0.5, "MIDI")


async def test_touch_move_done(session: LiveSession, tmp_path: Path) -> None:
    session.mapping.open(tmp_path / "fake.jsonl")
    session.mapping.learn(["/truncation"])
    session.mapping.hear([("audio:level", 0.5), (PAD, 0.0), (KNOB, 0.25)], "MIDI")
    assert session.mapping.learning == []
    (binding,) = session.mapping.bindings
    assert (binding.signal, binding.to, binding.gives) == (KNOB, "/truncation", (0, 1))
    assert binding.pickup
    assert read(tmp_path / "fake.jsonl") == [binding]
    session.mapping.learn(["/truncation"])
    session.mapping.hear([("osc:/1/fader", 64)], "OSC")
    (binding,) = session.mapping.bindings
    assert (binding.signal, binding.range) == ("osc:/1/fader", (0, 127))
    assert truncation(session) == pytest.approx(-1)  # it glides there
    session.mapping.learn([])
    session.mapping.hear([("osc:/2", 1)], "OSC")
    assert len(session.mapping.bindings) == 1


async def test_a_bank_is_learnt_knob_by_knob(session: LiveSession) -> None:
    session.mapping.learn([f"/z/{number}" for number in range(3)])
    for value in (0.1, 0.2, 0.3):
        session.mapping.hear([(KNOB, value)], "MIDI")
    session.mapping.hear([("midi:1:cc:8", 0.5), (KNOB, 0.4), ("midi:1:cc:9", 0.5)], "MIDI")
    assert [(each.signal, each.to) for each in session.mapping.bindings] == [
        (KNOB, "/z/0"),
        ("midi:1:cc:8", "/z/1"),
        ("midi:1:cc:9", "/z/2"),
    ]
    assert all(each.gives == (-3, 3) for each in session.mapping.bindings)


@pytest.mark.parametrize(
    ("signal", "value", "seed"),
    [(KNOB, 3 / 127, 3), ("midi:1:program", 5, 5), ("osc:/seeds", 500, 500), ("osc:/1", 0.5, 64)],
)
async def test_of_seeds_a_knob_has_as_many_as_it_has_steps(
    session: LiveSession, signal: str, value: float, seed: int
) -> None:
    """All four thousand million were no range of a binding, and the page lost its socket."""
    session.set({"seed": 12345})
    session.mapping.learn(["/seed"])
    session.mapping.hear([(signal, value)], "MIDI")
    assert session.mapping.said == ""
    listed = {each.address: each for each in session.addresses.all()}
    assert listed["/seed"].now() == seed


async def test_a_value_beyond_what_a_knob_gives_is_picked_up_at_the_end(
    session: LiveSession,
) -> None:
    binding = bound(session, gives=(0, 0.25), pickup=True)
    session.set({"truncation": 0.8})
    session.mapping.hear([(KNOB, 0.5)], "MIDI")
    assert session.mapping.turn(binding) == "up"
    session.mapping.hear([(KNOB, 1.0)], "MIDI")
    assert (session.mapping.turn(binding), truncation(session)) == ("", 0.25)


@pytest.mark.parametrize("to", ["/z", "/nothing", "/z/512"])
async def test_what_no_number_moves_is_not_learnt(session: LiveSession, to: str) -> None:
    with pytest.raises((InvalidArgument, NoSuchAddress)):
        session.mapping.learn([to])
    assert session.mapping.learning == []


async def test_a_knob_moves_nothing_until_it_is_where_the_value_is(session: LiveSession) -> None:
    binding = bound(session, pickup=True)
    session.set({"truncation": 0.5}, "walk")
    session.mapping.hear([(KNOB, 0.1)], "MIDI")
    assert (truncation(session), session.mapping.turn(binding)) == (0.5, "up")
    session.mapping.hear([(KNOB, 0.3)], "MIDI")
    assert truncation(session) == 0.5
    session.mapping.hear([(KNOB, 0.6)], "MIDI")
    assert (truncation(session), session.mapping.turn(binding)) == (0.6, "")
    session.mapping.hear([(KNOB, 0.9)], "MIDI")
    assert truncation(session) == 0.9
    session.set({"truncation": 0.2}, "walk")
    session.mapping.hear([(KNOB, 0.8)], "MIDI")
    assert (truncation(session), session.mapping.turn(binding)) == (0.2, "down")
    session.mapping.hear([(KNOB, 0.21)], "MIDI")
    assert truncation(session) == 0.21


async def test_keys_press_and_toggle(session: LiveSession) -> None:
    done: list[list[Any]] = []
    for address, types in (("/go", ""), ("/preset", "if")):
        session.addresses.add(
            Address(
                address=address,
                types=types,
                is_trigger=True,
                low=1,
                high=8,
                act=lambda arguments, source: done.append(arguments),
            )
        )
    bound(session, signal=PAD, to="/go")
    bound(session, signal=PAD, to="/preset", gives=(1, 3))
    bound(session, signal=PAD, to="/blackout", curve="toggle")
    for _ in range(3):
        session.mapping.hear([(PAD, 0.9), (PAD, 0.9), (PAD, 0.0)], "MIDI")
    assert done == [[], [3]] * 3
    assert session.is_black
    session.mapping.learn(["/blackout"])
    session.mapping.hear([(PAD, 0.8)], "MIDI")
    assert session.mapping.bindings[-1].curve == "toggle"


async def test_a_program_is_the_preset_of_its_number(session: LiveSession) -> None:
    done: list[int] = []
    session.addresses.add(
        Address(
            address="/preset",
            types="i",
            is_trigger=True,
            low=1,
            high=8,
            act=lambda arguments, source: done.append(*arguments),
        )
    )
    session.mapping.learn(["/preset"])
    session.mapping.hear([("midi:1:program", 2), ("midi:1:program", 0)], "MIDI")
    assert done == [3, 1]


async def test_presets_and_the_tempo_are_moved_too(session: LiveSession) -> None:
    listed = {each.address: each for each in session.addresses.all()}
    assert (listed["/preset"].types[0], listed["/preset"].low, listed["/preset"].high) == (
        "i",
        1,
        8,
    )
    session.mapping.learn(["/tempo"])
    session.mapping.choose("midi:tempo")
    session.mapping.hear([("midi:tempo", 119.5)], "MIDI")
    assert session.mapping.said == ""
    assert session.movement.tempo.bpm == 119.5
    session.mapping.learn(["/preset/3"])
    session.mapping.hear([(PAD, 1.0)], "MIDI")
    assert "preset" in session.mapping.said.lower()  # there is nothing in it yet


async def test_a_smoothed_value_comes_nearer_until_it_is_there_or_another_moves_it(
    session: LiveSession,
) -> None:
    binding = bound(session, smoothing=0.05)
    session.set({"truncation": 0.0})
    seen = []
    session.controls.follow(lambda values, at: seen.append(values.get("truncation")))
    session.mapping.hear([(KNOB, 1.0)], "MIDI")
    async with asyncio.timeout(60):
        while truncation(session) != 1:
            await asyncio.sleep(0.01)
    assert seen == sorted(seen)
    assert len(seen) > 5
    session.mapping.hear([(KNOB, 0.0)], "MIDI")
    while truncation(session) == 1:
        await asyncio.sleep(0.001)
    session.set({"truncation": 0.25}, "walk")
    assert session.mapping._glide is not None
    await session.mapping._glide
    assert truncation(session) == 0.25
    session.mapping.change(
        [binding, Binding(signal=PAD, to="/size", gives=(32, 64), smoothing=0.05)]
    )
    session.set({"size": 32})
    session.mapping.hear([(PAD, 1.0)], "MIDI")
    async with asyncio.timeout(60):
        while session.controls.values()["size"] != 64:
            await asyncio.sleep(0.01)


async def test_words_are_chosen_and_what_is_not_there_is_said() -> None:
    from taxiway.core.command import Command
    from taxiway.core.datatypes import Category

    kind = Category(one_of=("const", "random", "none"))
    command = Command(
        name="generate", inputs={**GENERATE.inputs, "kind": kind}, outputs=GENERATE.outputs
    )
    async with on_session(FakeEngine(command)) as session:
        session.mapping.learn(["/kind"])
        session.mapping.hear([(PAD, 0.5)], "MIDI")
        assert session.controls.values()["kind"] == "random"
        bound(session, signal="osc:/x", to="/direction")
        session.mapping.hear([("osc:/x", 1.0), (PAD, 1.0)], "OSC")
        assert session.mapping.said == "This model has no /direction."
        assert session.controls.values()["kind"] == "none"


async def test_a_file_that_makes_no_sense_is_left_as_it_is(
    session: LiveSession, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("my notes")
    session.mapping.open(path)
    assert session.mapping.error.startswith("Line 1 of the mapping: ")
    with pytest.raises(InvalidArgument):
        session.mapping.change([])
    session.mapping.learn(["/truncation"])
    session.mapping.hear([(KNOB, 0.5)], "MIDI")
    assert session.mapping.said == session.mapping.error
    assert path.read_text() == "my notes"


async def test_little_is_remembered_of_what_is_heard(session: LiveSession) -> None:
    session.mapping.hear([(f"osc:/{number}", 1) for number in range(1000)], "OSC")
    assert len(session.mapping.heard) == 64


@pytest.mark.parametrize(
    ("relative", "up", "down"), [("twos", 1, 127), ("offset", 65, 63), ("signed", 1, 65)]
)
def test_an_encoder_moves_from_where_the_value_is(
    session: LiveSession, relative: Any, up: int, down: int
) -> None:
    bound(session, relative=relative, gives=(0, 1.28))
    bound(session, signal="midi:1:cc:8", to="/size", relative=relative, gives=(64, 320))
    session.set({"truncation": 0.5}, 1)
    for raw in (up, up, down, up):
        session.mapping.hear([(KNOB, raw / 127)], "page 1")
    assert session.controls.values()["truncation"] == pytest.approx(0.52)
    session.set({"truncation": 1.27}, 1)
    for _ in range(5):
        session.mapping.hear([(KNOB, up / 127)], "page 1")
    assert session.controls.values()["truncation"] == pytest.approx(1.28)
    session.set({"size": 64}, 1)
    for _ in range(3):
        session.mapping.hear([("midi:1:cc:8", up / 127)], "page 1")
    assert session.controls.values()["size"] == 70
    assert ticks(relative, (up + 2) / 127) == 3


async def test_an_encoder_is_known_by_how_it_turns(session: LiveSession) -> None:
    for raw, kind in (
        ([1, 1, 1], "twos"),
        ([1, 1, 2, 1, 127, 127], "twos"),
        ([65, 65, 66, 65], "offset"),
        ([63, 63, 63], "offset"),
        ([1, 1, 65, 65, 1], "signed"),
        ([1, 2, 3, 4], ""),
        ([64, 65, 66, 67, 68], ""),
        ([127, 126, 125], ""),
        ([1, 1], ""),
        ([30, 30, 30], ""),
    ):
        assert guessed_relative([value / 127 for value in raw]) == kind, raw
    session.mapping.learn(["/truncation"])
    for raw_now in (127, 127, 127):
        session.mapping.hear([(KNOB, raw_now / 127)], "page 1")
    binding = session.mapping.bindings[0]
    assert (binding.relative, binding.pickup) == ("twos", False)


async def test_feedback_tells_what_others_moved_and_lights_always(session: LiveSession) -> None:
    bound(session, gives=(1, 0), curve="s")
    bound(session, signal=PAD, to="/blackout", curve="toggle")
    told: list[dict[str, float]] = []
    end = session.mapping.feedback.listen(lambda signals: told.append(dict(signals)))

    async def until_told(name: str, value: float) -> None:
        async with asyncio.timeout(60):
            while not any(each.get(name) == pytest.approx(value, abs=1e-4) for each in told):
                await asyncio.sleep(0.005)

    session.set({"truncation": 0.25}, 1)
    await until_told(KNOB, 0.67365)
    session.mapping.hear([(KNOB, 1.0), (PAD, 1.0)], "source midi")
    await until_told(PAD, 1.0)
    session.mapping.hear([(PAD, 0.0), (PAD, 1.0)], "source midi")
    await until_told(PAD, 0.0)
    assert not any(each.get(KNOB) == 1.0 for each in told)
    end()
    told.clear()
    session.set({"truncation": 0.9}, 1)
    await asyncio.sleep(0.05)
    assert told == []
