"""Timing several ways of doing the same in turn, so that a busy machine is fair to all."""

import statistics
import time
from collections.abc import Callable


def compare(
    ways: dict[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.thread_time,
) -> dict[str, list[float]]:
    """CPU milliseconds of this thread for each way and round; the order is reversed each round.

    Another `clock`, such as `time.process_time`, is for what computes in a thread of its own.
    """
    for way in ways.values():
        way()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways) if number % 2 else reversed(ways):
            start = clock()
            ways[name]()
            times[name].append((clock() - start) * 1000)
    return times


def ratio(times: dict[str, list[float]], base: str, name: str) -> float:
    """How many times faster than `base`: the median over the rounds of each round's ratio."""
    pairs = zip(times[base], times[name], strict=True)
    return statistics.median(before / after for before, after in pairs)
