"""Previews: small pictures of a slow model while something moves, a whole one once it rests."""

from typing import Any

import pytest

from taxiway.core.command import Command
from taxiway.core.datatypes import Category, Number
from taxiway.live.previews import SLOW_MS, Previews

PREVIEW = Category(one_of=("auto", "on", "off"))
PLAIN = Command(name="generate", inputs={"a": Number()}, outputs={})
COMMAND = Command(name="generate", inputs={"a": Number(), "preview": PREVIEW}, outputs={})


def after(milliseconds: float, command: Command = COMMAND) -> Previews:
    """Previews of a model whose first picture took so long."""
    previews = Previews()
    assert previews.asked(command, {"a": 1}, False) == {"a": 1}
    previews.took(milliseconds)
    return previews


def test_a_slow_model_is_asked_for_previews_until_the_controls_rest() -> None:
    previews = after(SLOW_MS + 1)
    for _ in range(3):  # a preview that was soon makes the model no faster
        assert previews.asked(COMMAND, {"a": 2}, False) == {"a": 2, "preview": "on"}
        assert previews.is_small
        previews.took(5)
    assert previews.asked(COMMAND, {"a": 2}, True) == {"a": 2}
    assert not previews.is_small


@pytest.mark.parametrize(
    ("milliseconds", "command", "values"),
    [
        (SLOW_MS - 1, COMMAND, {"a": 2}),
        (SLOW_MS * 9, PLAIN, {"a": 2}),
        (SLOW_MS * 9, COMMAND, {"a": 2, "preview": "off"}),
        (SLOW_MS * 9, COMMAND, {"a": 2, "preview": "on"}),
    ],
)
def test_whoever_is_quick_cannot_or_says_so_is_asked_as_it_is(
    milliseconds: float, command: Command, values: dict[str, Any]
) -> None:
    previews = after(milliseconds, command)
    assert previews.asked(command, values, False) == values
    assert not previews.is_small


def test_a_machine_that_stood_still_once_makes_no_model_slow() -> None:
    previews = after(SLOW_MS / 2)
    for milliseconds, is_small in ((SLOW_MS * 5, False), (SLOW_MS * 2, False), (SLOW_MS * 2, True)):
        previews.asked(COMMAND, {}, True)
        previews.took(milliseconds)
        previews.asked(COMMAND, {}, False)
        assert previews.is_small == is_small


def test_a_model_that_became_quick_is_asked_for_whole_pictures() -> None:
    previews = after(SLOW_MS * 2)
    previews.asked(COMMAND, {}, False)
    previews.took(5)
    previews.asked(COMMAND, {}, True)
    previews.took(SLOW_MS / 2)
    assert previews.asked(COMMAND, {}, False) == {}
