"""JSON bodies and addresses, read as wire values."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.command import Command
from taxiway.core.datatypes import Boolean, Category, Image, Number, Text, Vector
from taxiway.core.errors import InvalidArgument
from taxiway.web.inputs import EXPLAINED_BYTES, MOST_VALUES, from_body, from_form, from_query

COMMAND = Command(
    name="generate",
    inputs={
        "z": Vector(length=2),
        "photo": Image(),
        "truncation": Number(),
        "seed": Number(whole=True),
        "mirror": Boolean(),
        "noise": Category(one_of=("const", "none")),
        "caption": Text(),
    },
    outputs={},
)
FINITE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), FINITE))
def test_a_json_object_arrives_as_it_was_sent(wire: dict[str, object]) -> None:
    assert from_body(json.dumps(wire).encode()) == wire


@given(
    st.binary(max_size=80) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_an_object_or_refused_in_a_sentence(body: bytes) -> None:
    try:
        assert isinstance(from_body(body), dict)
    except InvalidArgument as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"[1]", "takes a JSON object"),
        (b'"[1]"', "takes a JSON object"),
        (b'"x', "not valid JSON"),
        (b"\x1f\x8b\x08", "is gzip without a header"),
        (b"\x89PNG\r\n", r"a picture by itself \(PNG\)"),
        (b"\xff\xd8\xff\xe0", r"a picture by itself \(JPEG\)"),
        (b"data:image/png;base64,AA", "a data URI by itself"),
        (b"<p>", "XML or HTML"),
        (b"--x\r\n", "a form of several parts without"),
        (b"3", "takes a JSON object"),
        (b'{"a"', "not valid JSON: "),
        (b'{"a": "\xff"}', "not valid UTF-8"),
        (b"[" * 3000, "takes a JSON object|nested too deeply"),
        (b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}", "nested too deeply"),
    ],
)
def test_the_refusal_says_what_is_wrong(body: bytes, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        from_body(body)
    assert caught.value.name is None


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_is_no_finite_number_is_told_by_its_input(number: str) -> None:
    for body in (f'{{"a": 1, "b": {number}}}', f'{{"a": "x", "b": [[1, {number}]], "c": 2}}'):
        with pytest.raises(InvalidArgument, match="'b' takes finite numbers only") as caught:
            from_body(body.encode())
        assert caught.value.name == "b"


def test_an_object_that_is_json_twice_is_read() -> None:
    assert from_body(json.dumps(json.dumps({"seed": 1, "a": "é"})).encode()) == {
        "seed": 1,
        "a": "é",
    }


def test_the_fields_of_a_form_become_inputs_of_their_types() -> None:
    fields = {
        "z": "0.5, 1",
        "photo": "data:image/png;base64,AA==",
        "psi": ".5",
        "seed": "",
        "mirror": "true",
        "caption": "1",
        "other": "x",
    }
    assert from_form(COMMAND, fields) == {
        "z": [0.5, 1],
        "photo": "data:image/png;base64,AA==",
        "truncation": 0.5,
        "seed": None,
        "mirror": True,
        "caption": "1",
        "other": "x",
    }
    assert from_form(COMMAND, {"json": '{"z": [0, 1]}', "seed": "3"}) == {"z": [0, 1], "seed": 3}
    assert from_form(COMMAND, {"z": "[0, 1]"}) == {"z": [0, 1]}


@given(st.dictionaries(st.sampled_from([*COMMAND.inputs, "json", "x"]), st.text(max_size=12)))
def test_any_form_is_read_or_refused(fields: dict[str, str]) -> None:
    with contextlib.suppress(InvalidArgument):
        COMMAND.decode({"z": [0, 0], "photo": None, **from_form(COMMAND, fields)})


def test_a_large_broken_body_is_refused_without_a_second_reading() -> None:
    body = b'{"b": NaN, "a": "' + b"x" * EXPLAINED_BYTES + b'"}'
    with pytest.raises(InvalidArgument, match="not valid JSON") as caught:
        from_body(body)
    assert caught.value.name is None


def test_too_many_values_are_refused_before_they_take_memory() -> None:
    for value in (b"[]", b"{}", b"0", b'{"a":[]}'):
        body = b'{"a":[' + (value + b",") * MOST_VALUES + b"0]}"
        with pytest.raises(InvalidArgument, match="too many values; at most 524288"):
            from_body(body)


def test_many_values_and_long_texts_are_taken() -> None:
    wire = {"w": [[0.5] * 512] * 18, "photo": "data:image/png;base64," + "A" * 4 * MOST_VALUES}
    assert from_body(json.dumps(wire).encode()) == wire


def test_an_address_gives_values_of_the_inputs_types() -> None:
    given_text = {
        "seed": "7",
        "psi": ".5",
        "mirror": "TRUE",
        "noise": "none",
        "caption": "1",
        "utm_source": "x",
    }
    assert from_query(COMMAND, given_text) == {
        "seed": 7,
        "truncation": 0.5,
        "mirror": True,
        "noise": "none",
        "caption": "1",
    }


def test_psi_is_an_input_of_its_own_where_a_model_has_one() -> None:
    command = Command(name="c", inputs={"psi": Number(), "truncation": Number()}, outputs={})
    assert from_query(command, {"psi": "1"}) == {"psi": 1}


@pytest.mark.parametrize("first", ["psi", "truncation"])
def test_a_wrong_value_under_either_name_is_refused(first: str) -> None:
    names = {"psi": "1", "truncation": "1"}
    assert from_query(COMMAND, names) == {"truncation": 1}
    with pytest.raises(InvalidArgument, match="'truncation' takes a finite number"):
        from_query(COMMAND, {**names, first: "1e300"})


@pytest.mark.parametrize("name", ["z", "photo"])
def test_what_does_not_fit_in_an_address_says_where_it_does(name: str) -> None:
    with pytest.raises(InvalidArgument, match=f"'{name}' does not fit .* POST it to /query") as e:
        from_query(COMMAND, {name: "1"})
    assert e.value.name == name


@pytest.mark.parametrize("text", ["", "x", "1,5", "0x1", "--1", "1" + "0" * 400 + "x"])
def test_what_is_no_number_is_refused_with_its_beginning(text: str) -> None:
    with pytest.raises(InvalidArgument, match="'seed' takes a number, got") as caught:
        from_query(COMMAND, {"seed": text})
    assert len(str(caught.value)) < 90


@given(st.dictionaries(st.sampled_from([*COMMAND.inputs, "psi", "x"]), st.text(max_size=12)))
def test_any_address_is_decoded_or_refused(query: dict[str, str]) -> None:
    with contextlib.suppress(InvalidArgument):
        values = COMMAND.decode({"z": [0, 0], "photo": None, **from_query(COMMAND, query)})
        assert math.isfinite(values["truncation"])
