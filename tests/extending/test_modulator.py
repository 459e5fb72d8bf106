"""A modulator of another package, as docs/extending.md shows it; and one that is none."""

from pathlib import Path

import pytest

import stranger
from session_fakes import FakeEngine, Watcher, on_session
from taxiway.live.messages import actions
from taxiway.live.movement import modulators as movement


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kinds are found once; here others are."""
    monkeypatch.setattr(movement, "kinds", movement.kinds.__wrapped__)


async def test_a_modulator_of_a_package_moves_a_control(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A modulator"), monkeypatch)
    assert movement.kinds().broken == {}
    async with on_session(FakeEngine()) as session:
        watcher = Watcher(session)
        wire = {"number": 1, "kind": "heart", "settings": {"gap": 0.4, "phase": 0.09}}
        actions.perform(session, "modulator", wire)
        actions.perform(session, "modulate", {"number": 1, "control": "truncation", "amount": -1})
        while (await watcher.next()).frame.values.get("truncation", 1) > 0.2:
            pass


def test_one_that_gives_nothing_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from taxiway.core.modulator import Modulator\n\n\nclass It(Modulator):\n    title = 'It'\n"
    )
    stranger.install(
        tmp_path, {"it.py": source}, {"taxiway.modulators: it": "it:It"}, monkeypatch, "broken"
    )
    kinds = movement.kinds()
    assert "value(self, u, rounds)" in kinds.broken["it"]
    assert "lfo" in kinds.kinds
