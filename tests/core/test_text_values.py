"""What a person typed as values: text stays text where a field takes it, the rest is JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.datatypes import Boolean, Category, File, Number, Text, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.core.text_values import json_or_text, named_values

FIELDS = {
    "noise_mode": Category(one_of=("const", "none")),
    "size": Number(default=3, whole=True, min=1, max=9),
    "deep": Boolean(),
    "name": Text(),
    "place": File(),
    "code": Vector(length=2),
}


def test_words_become_values_by_their_fields() -> None:
    words = [
        "size=512", "paper=black", "deep=true", "list=[1, 2]", "url=a=b", "empty=", "name=7",
        "noise-mode=NONE", "place=12", "other-one=1",
    ]  # fmt: skip
    assert named_values(words, FIELDS) == {
        "size": 512, "paper": "black", "deep": True, "list": [1, 2], "url": "a=b", "empty": "",
        "name": "7", "noise_mode": "none", "place": "12", "other-one": 1,
    }  # fmt: skip


@pytest.mark.parametrize("word", ["size", "=4", ""])
def test_a_word_that_is_no_pair_is_refused(word: str) -> None:
    with pytest.raises(InvalidArgument, match=f"^'mjpeg' takes NAME=VALUE, got '{word}'.$"):
        named_values([word], whose="'mjpeg'")


@given(st.text())
def test_every_text_is_a_value(text: str) -> None:
    json_or_text(text)


def test_deep_json_is_text() -> None:
    assert json_or_text("[" * 200_000) == "[" * 200_000
