"""A token bucket."""

import pytest

from session_fakes import Clock
from taxiway.web.rate_limit import FairLimit, RateLimit


def test_messages_are_counted_by_the_second() -> None:
    clock = Clock()
    budget = RateLimit(rate=10, burst=20, clock=clock)
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]
    clock.now += 0.5
    assert [budget.spend() for _ in range(6)] == [True] * 5 + [False]
    clock.now += 1000
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]


def test_who_sends_little_is_heard_while_others_flood() -> None:
    clock = Clock()
    limit = FairLimit(rate=50, own=5, reserve=20, clock=clock)
    heard = dict.fromkeys(("loud", "quiet"), 0)
    for _ in range(100):
        clock.now += 0.01
        for _ in range(10):
            heard["loud"] += limit.spend("loud")
        heard["quiet"] += limit.spend("quiet") if clock.now * 100 % 25 < 1 else 0
    assert heard["quiet"] == pytest.approx(4, abs=1)
    assert heard["loud"] < 50 + 50 + 5 + 5 + 2


def test_ever_new_senders_share_what_is_kept_for_the_quiet() -> None:
    clock = Clock()
    limit = FairLimit(rate=10, own=5, reserve=20, clock=clock)
    assert sum(limit.spend(number) for number in range(1000)) == 10 + 20
    assert len(limit._senders) == 64


def test_what_turned_out_to_be_more_is_made_up_for() -> None:
    clock = Clock()
    limit = FairLimit(rate=10, own=5, reserve=20, clock=clock, burst=2)
    assert [limit.spend("long") for _ in range(2)] == [True, True]
    limit.owe("long", 50)
    clock.now += 0.15
    assert limit.spend("long")  # of its own
    limit.owe("long", 50)
    clock.now += 0.15
    assert not limit.spend("long")
    assert limit.spend("other")
    clock.now += 2
    assert [limit.spend("long") for _ in range(3)] == [True, True, True]
