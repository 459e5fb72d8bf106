"""OSC's address patterns."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.live.messages.patterns import LONGEST, matches, places


@pytest.mark.parametrize(
    ("pattern", "met", "not_met"),
    [
        ("/z/*", ["/z/0", "/z/511"], ["/z", "/z/0/1", "/w/0"]),
        ("/?", ["/z", "/w"], ["/psi", "/"]),
        ("/{z,w}/[0-3]", ["/z/0", "/w/3"], ["/z/4", "/x/1", "/z/11"]),
        ("/z/[!0-8]", ["/z/9"], ["/z/3", "/z/99"]),
        ("/z/1*[02]", ["/z/10", "/z/112", "/z/1230"], ["/z/1", "/z/0", "/z/11"]),
        ("/{tru,psi}*", ["/truncation", "/psi"], ["/p", "/atru"]),
        ("/[a-]b", ["/ab", "/-b"], ["/bb"]),
        ("/z", ["/z"], ["/zz"]),
        ("/[z", [], ["/z", "/[z"]),
        ("/z}", [], ["/z", "/z}"]),
        ("/{z", [], ["/z"]),
    ],
)
def test_a_pattern_stands_for_what_it_matches(
    pattern: str, met: list[str], not_met: list[str]
) -> None:
    assert [each for each in met + not_met if matches(pattern, each)] == met


@given(st.text("ab?*", max_size=12), st.text("ab", max_size=12))
def test_stars_and_question_marks_are_those_of_the_shell(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatch.fnmatchcase(text, pattern)


@given(st.text("ab01-?*[]{}!,/", max_size=300), st.text("ab01/", max_size=40))
def test_any_pattern_is_compared(pattern: str, text: str) -> None:
    matches(pattern, text)


def test_a_pattern_made_to_take_long_does_not() -> None:
    assert not matches("/" + "*a" * (LONGEST // 2 - 1), "/" + "a" * 100 + "b")
    assert not matches("/" + "*" * LONGEST, "/a")


def test_numbers_of_a_vector_by_number_range_and_pattern() -> None:
    assert places("z", "3", 8).tolist() == [3]
    assert places("z", "2-5", 8).tolist() == [2, 3, 4, 5]
    assert places("z", "*", 8).tolist() == list(range(8))
    assert places("z", "[13]", 8).tolist() == [1, 3]
    assert places("z", "9*", 8).tolist() == []
    for wrong in ("8", "5-2", "5-8", "-1", "a", "²"):
        with pytest.raises(InvalidArgument, match="'z' has numbers 0 to 7, got "):
            places("z", wrong, 8)
