"""Thirty pupils at once on one hosted model, by the benchmark that measures them."""

import sys

import pytest

from paths import ROOT


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_thirty_get_the_same_and_no_budget_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "bench")
    pupils = __import__("pupils")
    known = pupils.main("painter", 5, 30)
    assert len(known) == 30  # `main` has looked at each answer and each count
    longest = [max(pupil.waits[1:]) for pupil in known]
    # Whoever asks longest for a picture does not wait for three rounds of the class.
    assert max(longest) < 3 * min(longest) + 1
    sys.modules.pop("pupils")
