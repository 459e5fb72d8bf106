"""Reading JSON: a value, or one exception."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.parsing import Malformed, from_json


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_it_is_a_value_or_malformed(data: bytes | str) -> None:
    try:
        from_json(data, dict[str, list[float]] | None)
    except Malformed as reason:
        assert str(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b"\xff", "not valid utf-8"),
        (b'"\xff"', "not valid utf-8"),
        ("\ud800", "not valid utf-8"),
        (b"[Infinity]", r"\(Infinity is not JSON\)"),
        (b"1" * 5000, "."),
        (b"[1e999]", "number"),
        (b"", "truncated"),
    ],
)
def test_what_is_wrong_is_told(text: bytes | str, reason: str) -> None:
    with pytest.raises(Malformed, match=f"(?i){reason}"):
        from_json(text)


def test_values_are_counted_before_they_are_parsed() -> None:
    text = b"[" + b"[]," * 12_000_000 + b"[]]"
    tracemalloc.start()
    try:
        with pytest.raises(Malformed, match="too many values"):
            from_json(text)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    with pytest.raises(Malformed, match="larger than 1 MB"):
        from_json(b" " * 1_000_001, most=1_000_000)
