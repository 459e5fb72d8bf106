"""Every data type: what it takes, what it refuses in words, what it says of itself."""

import json
import re
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from taxiway.core.datatypes import (
    AnyDataType,
    AnyType,
    Array,
    Boolean,
    Category,
    DataType,
    File,
    Image,
    ImageBoundingBox,
    ImageLandmarks,
    ImagePoint,
    Number,
    OutputFormat,
    Segmentation,
    Text,
    Vector,
)
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.images import to_data_uri

TYPES: dict[str, AnyDataType] = {
    "any": AnyType(),
    "text": Text(),
    "number": Number(default=1, min=0, max=2),
    "whole": Number(default=None, optional=True, whole=True, min=0, max=9),
    "boolean": Boolean(),
    "category": Category(one_of=("day", "night")),
    "format": OutputFormat(),
    "vector": Vector(length=3),
    "matrix": Vector(length=3, rows=2, optional=True),
    "image": Image(),
    "grey": Image(channels=1),
    "segmentation": Segmentation(labels=("ground", "sky")),
    "file": File(extension=".txt"),
    "point": ImagePoint(),
    "box": ImageBoundingBox(),
    "landmarks": ImageLandmarks(length=2, labels=("nose", "chin"), connections=(("nose", "chin"),)),
    "array": Array(item_type=Number()),
    "photos": Array(item_type=Image(), max_length=3),
    "nested": Array(item_type=Array(item_type=ImagePoint())),
}
PICTURE = to_data_uri(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), "PNG")
TAKEN: dict[str, Any] = {
    "any": {"a": [1, None]},
    "text": "hello",
    "number": 0.5,
    "whole": 3,
    "boolean": True,
    "category": "night",
    "format": "PNG",
    "vector": [1, 2, 3],
    "matrix": [[1, 2, 3], [4, 5, 6]],
    "image": PICTURE,
    "grey": PICTURE,
    "segmentation": PICTURE,
    "file": "data:text/plain;base64,aGVsbG8=",
    "point": [0.5, 2],
    "box": [0, 0.25, 1, 0.5],
    "landmarks": [[0, 0], [1, 0.5]],
    "array": [1, 2.5],
    "photos": [PICTURE, PICTURE],
    "nested": [[[0, 1]], []],
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_survives_the_crossing_between_processes(kind: str) -> None:
    packed = msgspec.msgpack.encode(TYPES[kind])
    assert msgspec.msgpack.decode(packed, type=AnyDataType) == TYPES[kind]


@pytest.mark.parametrize("kind", TYPES)
def test_a_description_is_plain_json_with_a_name_and_a_type(kind: str) -> None:
    described = json.loads(msgspec.json.encode(TYPES[kind].describe("it")))
    assert described["name"] == "it"
    assert described["type"] in {
        "any", "text", "number", "boolean", "category", "vector", "array", "image", "segmentation",
        "file", "image_point", "image_bounding_box", "image_landmarks",
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(TYPES.keys() - {"format"}))
def test_a_type_is_made_from_its_description_whatever_else_that_says(kind: str) -> None:
    described = {**TYPES[kind].describe("it"), "addedLater": 1}
    wire = json.loads(msgspec.json.encode(described))
    assert msgspec.convert(wire, AnyDataType) == TYPES[kind]


@pytest.mark.parametrize("kind", TYPES)
def test_what_was_decoded_is_taken_again_as_it_is(kind: str) -> None:
    once = TYPES[kind].decode("it", TAKEN[kind])
    twice = TYPES[kind].decode("it", once)
    np.testing.assert_equal(twice, once)


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_taken_fits_the_schema(kind: str) -> None:
    validator = Draft202012Validator(TYPES[kind].schema())
    assert validator.is_valid(TAKEN[kind])
    if not TYPES[kind].holds_pictures:
        assert validator.is_valid(TYPES[kind].example)


@pytest.mark.parametrize("kind", ["number", "boolean", "point", "box", "landmarks", "array"])
def test_plain_values_come_back_as_they_went_in(kind: str) -> None:
    field = TYPES[kind]
    assert field.encode(field.decode("it", TAKEN[kind])) == TAKEN[kind]


@pytest.mark.parametrize("kind", TYPES)
def test_an_example_is_plain_json(kind: str) -> None:
    assert json.loads(json.dumps(TYPES[kind].example)) == TYPES[kind].example


@pytest.mark.parametrize("kind", TYPES)
@given(value=json_values)
def test_anything_is_decoded_or_refused_by_name(kind: str, value: Any) -> None:
    try:
        TYPES[kind].decode("it", value)
    except InvalidArgument as error:
        assert error.name == "it"
        assert str(error).startswith("'it")
        assert str(error).endswith(".")


def test_runways_own_description_of_stylegans_inputs() -> None:
    # As recorded from Runway in 2022.
    assert Vector(length=512, sampling_std=0.5).describe("z") == {
        "name": "z",
        "type": "vector",
        "length": 512,
        "samplingMean": 0,
        "samplingStd": 0.5,
        "default": None,
        "description": None,
    }
    assert Number(default=0.8, min=0, max=1, step=0.01).describe("truncation") == {
        "name": "truncation",
        "type": "number",
        "min": 0,
        "max": 1,
        "step": 0.01,
        "default": 0.8,
        "description": None,
    }
    assert Image().describe("image") == {
        "name": "image",
        "type": "image",
        "channels": 3,
        "defaultOutputFormat": "JPEG",
        "description": None,
    }


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (Vector(length=3), [1, 2], "'it' takes 3 numbers, got 2."),
        (Vector(length=3), [1, 2, "x"], "'it' takes 3 numbers only."),
        (Vector(length=3), [1, 2, True], "'it' takes numbers, got true or false among them."),
        (Vector(length=3), [1, 2, float("nan")], "'it' takes finite numbers only."),
        (Vector(length=3), [1, 2, 1e300], "'it' takes finite numbers only."),
        (Vector(length=3), {}, "'it' takes 3 numbers, got an object."),
        (Vector(length=3, rows=2), [[1, 2]], "'it' takes 3 or 2x3 numbers, got 2."),
        (Number(), "1 m", "'it' takes a number, got text."),
        (Number(), True, "'it' takes a number, got true or false."),
        (Number(), float("inf"), "'it' takes a finite number, at most 3.4e38."),
        (Number(), -1e300, "'it' takes a finite number, at most 3.4e38."),
        (Number(), 10**400, "'it' takes a finite number, at most 3.4e38."),
        (Number(whole=True, min=0, max=9), 10, "'it' takes 0 to 9, got 10."),
        (Number(whole=True), 1.5, "'it' takes a whole number, got 1.5."),
        (Text(), 5, "'it' takes text, got a number."),
        (Boolean(), 0, "'it' takes true or false, got a number."),
        (Category(one_of=("day", "night")), "noon", "'it' takes one of 'day', 'night', got 'noon'"),
        (Segmentation(labels=("a",)), 5, "'it' takes a picture as a data URI, got a number."),
        (Segmentation(labels=("a",)), "data:,hello", "'it' is not valid base64"),
        (ImagePoint(), [1], "'it' takes [x, y], got a list of 1."),
        (ImagePoint(), "1,2", "'it' takes [x, y], got text."),
        (ImagePoint(), [1, "2px"], "'it' takes a number, got text."),
        (ImageBoundingBox(), [1, 0, 0, 1], "'it' takes xmin below xmax, got 1.0 and 0.0."),
        (ImageBoundingBox(), [0, 1, 1, 1], "'it' takes ymin below ymax, got 1.0 and 1.0."),
        (ImageLandmarks(length=2), [[0, 0]], "'it' takes 2 points [x, y], got a list of 1."),
        (ImageLandmarks(length=1), [[0]], "'it' takes points [x, y], got a list of 1."),
        (Array(item_type=Text()), "a", "'it' takes a list, got text."),
        (Array(item_type=Text()), ["a", 2], "'it[1]' takes text, got a number."),
        (Image(), 5, "'it' takes a picture as a data URI, got a number."),
        (Image(), "data:image/png;base64,!!", "'it' is not valid base64"),
        (Image(), "data:image/png;base64,aGVsbG8=", "'it' is not a readable picture"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(field: DataType, value: Any, message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        field.decode("it", value)
    assert str(raised.value).startswith(message)


def test_bounds_of_plain_numbers_are_told_not_enforced() -> None:
    assert Number(default=0.8, min=0, max=1).decode("truncation", 1.4) == 1.4


@given(st.lists(st.floats(width=64) | st.integers(-(10**40), 10**40), min_size=3, max_size=3))
def test_numbers_become_the_nearest_of_float32(values: list[float]) -> None:
    with np.errstate(over="ignore"):
        nearest = np.array([float(value) for value in values]).astype(np.float32)
    if np.isfinite(nearest).all():
        decoded = Vector(length=3).decode("it", values)
        np.testing.assert_array_equal(decoded, nearest, strict=True)
    else:
        with pytest.raises(InvalidArgument, match="numbers only"):
            Vector(length=3).decode("it", values)


def test_a_matrix_may_be_one_row() -> None:
    field = Vector(length=3, rows=2)
    assert field.decode("w", [1, 2, 3]).shape == (3,)
    assert field.decode("w", [[1, 2, 3], [4, 5, 6]]).shape == (2, 3)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_png_carries_every_pixel_both_ways(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    wire = Image().encode(pixels, "PNG")
    np.testing.assert_array_equal(Image().decode("it", wire), pixels)


def test_pictures_are_brought_to_the_channels_asked_for() -> None:
    wire = to_data_uri(np.zeros((4, 6, 3), np.uint8), "PNG")
    assert Image(channels=1).decode("it", wire).shape == (4, 6)
    assert Image(channels=4).decode("it", wire).shape == (4, 6, 4)


def test_bare_base64_is_taken_as_the_old_sdk_did() -> None:
    wire = to_data_uri(np.full((2, 2, 3), 9, np.uint8), "PNG").partition(",")[2]
    assert Image().decode("it", wire).mean() == 9


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros((8, 8, 3)), "gave float64 (8, 8, 3) as a picture"),
        (np.zeros((8, 8, 2), np.uint8), "gave uint8 (8, 8, 2) as a picture"),
        (np.zeros((0, 8, 3), np.uint8), "gave uint8 (0, 8, 3) as a picture"),
        ([[0]], "gave list as a picture"),
    ],
)
def test_what_is_no_picture_is_said_of_the_model(value: Any, said: str) -> None:
    with pytest.raises(ModelFailed, match=re.escape(said)):
        Image().encode(value)
