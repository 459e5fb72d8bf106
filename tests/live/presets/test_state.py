"""A whole state as text: exact, and safe to read whoever wrote it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from taxiway.core.parsing import Malformed
from taxiway.live.presets.state import PICTURE, State, from_text, to_text

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(z=arrays(np.float32, 16, elements=FINITE), name=st.text(max_size=80))
def test_every_number_comes_back_as_it_was(z: np.ndarray, name: str) -> None:
    told = to_text(State(values={"z": z, "truncation": 0.7}, origin={"seed": 5}, name=name))
    state = from_text(told)
    np.testing.assert_array_equal(np.float32(state.values["z"]), z)
    assert (state.values["truncation"], state.origin) == (0.7, {"seed": 5})
    assert b"\n" not in told
    assert len(state.name) <= 60
    assert state.name.isprintable()


@given(
    st.dictionaries(st.sampled_from(["values", "origin", "name", "picture", "other"]), JSON)
    | JSON
    | st.binary(max_size=60)
)
def test_what_is_no_state_is_malformed_and_what_is_one_is_safe(found: object) -> None:
    data = found if isinstance(found, bytes) else json.dumps(found).encode()
    try:
        state = from_text(data)
    except Malformed as error:
        assert str(error)
        return
    assert state.picture == "" or PICTURE.fullmatch(state.picture)
    assert from_text(to_text(state)) == state


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.jpg", "x.jpg", "0123456789abcdef.png"])
def test_no_picture_is_read_by_a_name_that_is_none_of_ours(name: str) -> None:
    with pytest.raises(Malformed, match="none of ours"):
        from_text(json.dumps({"picture": name}).encode())
