"""Beats: set, tapped, followed; what waits for them; paces that loop, turn, end, and are held."""

import asyncio

import pytest

from session_fakes import Clock
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.live.movement.tempo import Pace, Tempo


def test_a_tempo_that_changes_does_not_jump() -> None:
    clock = Clock()
    tempo = Tempo(clock=clock)
    clock.now += 2
    assert tempo.beats() == pytest.approx(4)
    tempo.set(60)
    clock.now += 2
    assert tempo.beats() == pytest.approx(6)
    with pytest.raises(InvalidArgument, match="'bpm' takes 20 to 400, got 0"):
        tempo.set(0)


def test_taps_make_the_tempo_and_their_beat() -> None:
    clock = Clock()
    tempo = Tempo(clock=clock)
    for _ in range(4):
        clock.now += 0.6
        tempo.tap()
    assert tempo.bpm == pytest.approx(100)
    assert tempo.beats() == round(tempo.beats())
    clock.now += 10
    tempo.tap()
    assert tempo.bpm == pytest.approx(100)


def test_midi_clocks_are_followed() -> None:
    clock = Clock()
    tempo = Tempo(clock=clock)
    for _ in range(100):
        clock.now += 60 / 90 / 24
        tempo.tick()
    assert tempo.bpm == pytest.approx(90)
    before = tempo.beats()
    for _ in range(48):
        clock.now += 60 / 90 / 24
        tempo.tick()
    assert tempo.beats() - before == pytest.approx(2, abs=0.05)


async def test_a_change_waits_for_the_bar_and_the_newest_is_done() -> None:
    clock, done, said = Clock(), list[str](), list[str]()
    tempo = Tempo(said.append, clock)
    tempo.then(lambda: done.append("now"))
    tempo.when, tempo.bpm = "bar", 400
    clock.now += 0.1
    tempo.then(lambda: done.append("overtaken"))
    tempo.then(lambda: done.append("bar"))
    await asyncio.sleep(0)
    assert done == ["now"]

    def fail() -> None:
        raise NotFound("It is gone.")

    clock.now += 1
    while done != ["now", "bar"]:
        await asyncio.sleep(0.01)
    tempo.when = "beat"
    tempo.then(fail)
    clock.now += 1
    while said != ["It is gone."]:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("mode", "places"),
    [("loop", [0.5, 0, 0.5]), ("ping-pong", [0.5, 1, 0.5]), ("once", [0.5, 1, 1])],
)
def test_a_pace_loops_turns_or_ends(mode: str, places: list[float]) -> None:
    clock = Clock()
    pace = Pace(clock, 2.0, mode)
    found = []
    for _ in places:
        clock.now += 1
        found.append(pace.step()[0])
        clock.now += 7
        pace.step(held=True)
    assert found == pytest.approx(places)
    assert pace.is_over is (mode == "once")
