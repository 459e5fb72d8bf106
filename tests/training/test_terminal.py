"""The bar of a training on a terminal."""

import sys

import pytest

from taxiway.training.terminal import bar


def test_a_bar_tells_of_more_than_was_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bar(20.0, 10.0, ["loss"]) as report:
        report({"kimg": 21.5, "loss": 0.25})
    assert "21.5 of 10 kimg, loss 0.25" in capsys.readouterr().err
