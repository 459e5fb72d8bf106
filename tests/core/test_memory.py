"""Several threads never take more memory than the budget has, and none waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from taxiway.core.memory import Budget


def test_threads_together_stay_within_the_budget() -> None:
    budget, most = Budget(100), list[float]()

    def work(size: int) -> int:
        with budget.kept():
            with budget.room(size):
                most.append(budget._taken)
            with budget.room(100 - size):  # all of it, with what is kept
                most.append(budget._taken)
        return size

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, [10, 60, 90] * 20)) == [10, 60, 90] * 20
    assert max(most) == 100
    assert budget._taken == 0


def test_what_is_kept_counts_until_the_end_of_the_block() -> None:
    budget, done = Budget(10), threading.Event()
    with budget.kept():
        with budget.room(6):
            pass
        waiting = threading.Thread(target=lambda: _take(budget, 6, done), daemon=True)
        waiting.start()
        assert not done.is_set()
        assert budget._taken == 6
    assert done.wait(60)
    waiting.join()


def _take(budget: Budget, size: float, done: threading.Event) -> None:
    with budget.room(size):
        done.set()


def test_more_than_there_ever_is_is_refused_at_once() -> None:
    budget = Budget(1e9)
    with pytest.raises(MemoryError, match="2.0 GB, and 1.0 may be taken"), budget.room(2e9):
        pass
    with budget.room(1e9):
        pass
