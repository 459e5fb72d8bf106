"""Turns: all of a rate at once, then one after the other, and none for who is far too early."""

from hypothesis import given
from hypothesis import strategies as st

from session_fakes import Clock
from taxiway.hosting import rate as hosted_rate
from taxiway.hosting.rate import PATIENCE, Pace


def test_ten_a_second_come_at_once_and_the_next_waits() -> None:
    pace = Pace(Clock())
    turns = [pace.turn("a", 10, 1) for _ in range(12)]
    assert all(may for may, _ in turns)
    assert [round(wait, 3) for _, wait in turns] == [0] * 10 + [0.1, 0.2]


def test_who_would_wait_too_long_is_told_when_to_come_and_loses_no_turn() -> None:
    clock = Clock()
    pace = Pace(clock)
    turns = [pace.turn("a", 1, 60) for _ in range(3)]
    assert turns == [(True, 0.0), (False, 60 - PATIENCE), (False, 60 - PATIENCE)]
    clock.now += 60 - PATIENCE
    assert pace.turn("a", 1, 60) == (True, PATIENCE)


def test_callers_do_not_wait_for_each_other() -> None:
    pace = Pace(Clock())
    assert pace.turn("a", 1, 60)[0]
    assert pace.turn("b", 1, 60)[0]


@given(
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
    requests=st.integers(1, 20),
    seconds=st.sampled_from([1, 60]),
)
def test_no_more_than_the_rate_is_let_in(steps: list[float], requests: int, seconds: int) -> None:
    clock = Clock()
    pace = Pace(clock)
    begun = []
    for step in steps:
        clock.now += step
        may, wait = pace.turn("a", requests, seconds)
        if may:
            begun.append(clock.now + wait)
    assert begun == sorted(begun)
    for first in begun:
        within = [time for time in begun if first <= time < first + seconds - 1e-6]
        assert len(within) <= 2 * requests


def test_who_is_done_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(clock)
    for number in range(hosted_rate.REMEMBERED):
        pace.turn(number, 1, 1)
    clock.now += 2
    pace.turn("new", 1, 1)
    assert len(pace._done) == 1


def test_who_pretends_to_be_many_takes_no_memory() -> None:
    pace = Pace(Clock())
    for number in range(3 * hosted_rate.REMEMBERED):
        pace.turn(number, 1, 3600)
    assert len(pace._done) <= hosted_rate.REMEMBERED
