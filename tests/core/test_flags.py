"""Flags from declared fields: what they take and what they say."""

import argparse

import pytest

from taxiway.core.datatypes import Array, Boolean, Category, File, Number, Text, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.core.flags import add_flags, named_values, words_of

FIELDS = {
    "noise_mode": Category(one_of=("const", "none")),
    "size": Number(default=3, whole=True, min=1, max=9, description="How large, 100 % is 1."),
    "deep": Boolean(),
    "name": Text(),
    "place": File(),
    "code": Vector(length=2),
}


def parsed(*words: str) -> dict[str, object]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_flags(parser, FIELDS)
    return vars(parser.parse_args(words))


def test_what_is_not_given_is_not_there() -> None:
    assert parsed() == {}


def test_text_stays_text_and_the_rest_is_json() -> None:
    words = ["--noise-mode", "none", "--size", "4", "--name", "7", "--code=[1, 2]", "--place", "a"]
    assert parsed(*words) == {
        "noise_mode": "none", "size": 4, "name": "7", "code": [1, 2], "place": "a",
    }  # fmt: skip
    assert parsed("--size", "many") == {"size": "many"}  # refused by who decodes it


def test_a_switch_needs_no_value() -> None:
    assert parsed("--deep") == {"deep": True}
    assert parsed("--deep", "false") == {"deep": False}


def test_help_says_range_and_default() -> None:
    assert words_of(FIELDS["noise_mode"]) == "one of const, none; const if not given"
    assert words_of(FIELDS["size"]) == (
        "How large, 100 % is 1; a whole number from 1 to 9; 3 if not given"
    )
    assert words_of(FIELDS["place"]) == "needed"
    assert words_of(Vector(length=2, optional=True)) == "2 numbers; optional"
    assert words_of(Array(item_type=Text())) == "a list; needed"
    parser = argparse.ArgumentParser()
    add_flags(parser, FIELDS)
    assert "100 % is 1" in parser.format_help()


def test_options_are_json_or_text() -> None:
    words = ["size=512", "paper=black", "deep=true", "list=[1, 2]", "url=a=b", "empty=", "name=7"]
    assert named_values(words, FIELDS) == {
        "size": 512, "paper": "black", "deep": True, "list": [1, 2], "url": "a=b", "empty": "",
        "name": "7",
    }  # fmt: skip
    with pytest.raises(InvalidArgument, match="An option takes name=value, got 'size'"):
        named_values(["size"])
