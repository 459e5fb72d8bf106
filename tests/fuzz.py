"""How long a fuzz test goes on: all its examples take `--all`, another run has a part of them."""

FEWER = 4
whole = False
"""Whether every example is run; conftest.py says so before the tests are imported."""


def examples(count: int) -> int:
    """Of so many examples those that are run."""
    return count if whole else max(count // FEWER, 10)
