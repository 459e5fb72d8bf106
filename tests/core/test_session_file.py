"""Sessions as lines of JSON: exactly what was set, and a sentence for what is wrong."""

import contextlib
from pathlib import Path

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument
from taxiway.core.session_file import change_line, changes, head_line, read_head

FLOATS = arrays.arrays(
    np.float32,
    st.sampled_from([(3,), (2, 4)]),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FLOATS)
def test_every_float32_is_kept_exactly(tmp_path: Path, z: np.ndarray) -> None:
    path = tmp_path / "take.jsonl"
    path.write_bytes(head_line("generate") + change_line(0.5, {"z": z}))
    (change,) = changes(path)
    assert (np.asarray(change.set["z"], np.float32) == z).all()
    assert np.asarray(change.set["z"]).shape == z.shape


def test_what_was_set_comes_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    photo = np.zeros((4, 4, 3), np.uint8)
    values = {"truncation": 0.7, "label": None, "words": "x" * 9, "photo": photo, "raw": b"1"}
    path.write_bytes(
        head_line("generate")
        + change_line(0, values)
        + change_line(1.2345678, {"words": "x" * 2**21})
        + change_line(2, {})
    )
    assert read_head(path).command == "generate"
    first, second, last = changes(path)
    assert (first.t, first.set) == (0, {"truncation": 0.7, "label": None, "words": "x" * 9})
    assert (second.t, second.set) == (1.234568, {})
    assert (last.t, last.set) == (2, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "'take.jsonl' is no session of Taxiway's."),
        (b"\x89PNG", "is no session"),
        (b'{"t":0,"set":{}}\n', "is no session"),
        (b'{"taxiway":"session","version":2}\n', "of version 2; this Taxiway reads version 1"),
        (head_line("") + b'{"t":0,"set":3}\n', "Line 2 of 'take.jsonl': "),
        (head_line("") + b"[" * 100_000 + b"\n", "Line 2 of 'take.jsonl': "),
        (head_line("") + b'{"t":NaN,"set":{}}\n', "NaN is not JSON"),
        (
            head_line("") + change_line(2, {}) + change_line(1, {}),
            "Line 3 of 'take.jsonl' is before the line above it",
        ),
    ],
)
def test_what_is_wrong_is_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "take.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=said.replace("[", r"\[")):
        list(changes(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80))
def test_no_line_is_worse_than_a_sentence(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "take.jsonl"
    path.write_bytes(head_line("") + line + b"\n")
    with contextlib.suppress(InvalidArgument):
        list(changes(path))


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    path.write_bytes(head_line("") + change_line(0, {"a": 1}) + change_line(1, {"a": 2})[:-5])
    assert [change.set for change in changes(path)] == [{"a": 1}]
