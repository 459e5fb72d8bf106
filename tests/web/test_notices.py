"""Notices for the terminal."""

import pytest

from taxiway.web import notices


def test_each_is_printed_once_and_not_without_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notices, "_said", set())
    for number in (1, 1, *range(200)):
        notices.once(f"Number {number}.")
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["Number 1.", "Number 0."]
    assert len(said) == len(set(said)) == notices.MOST_NOTICES


def test_a_name_in_the_terminal_is_short_and_moves_no_cursor() -> None:
    assert notices.shortened("a\x1b[2J\nb" + "x" * 99) == "a?[2J?b" + "x" * 33
