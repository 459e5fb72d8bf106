"""How long a fuzz test or a table of cases goes on: `--all` has all of it, another run a part."""

from collections.abc import Sequence
from typing import Any

import pytest

FEWER = 4
whole = False
"""Whether every example is run; conftest.py says so before the tests are imported."""


def examples(count: int) -> int:
    """Of so many examples those that are run."""
    return count if whole else max(count // FEWER, 10)


def every(step: int, cases: Sequence[Any]) -> list[Any]:
    """Of a long table of alike cases every so many; the others are slow, which `--all` runs."""
    slow = pytest.mark.slow
    return [
        each if n % step == 0 else pytest.param(each, marks=slow) for n, each in enumerate(cases)
    ]
