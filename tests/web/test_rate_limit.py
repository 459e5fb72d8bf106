"""A token bucket."""

from session_fakes import Clock
from taxiway.web.rate_limit import RateLimit


def test_messages_are_counted_by_the_second() -> None:
    clock = Clock()
    budget = RateLimit(rate=10, burst=20, clock=clock)
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]
    clock.now += 0.5
    assert [budget.spend() for _ in range(6)] == [True] * 5 + [False]
    clock.now += 1000
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]
