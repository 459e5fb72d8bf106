"""The OpenAPI document: valid, complete, and true to what the server takes.

jsonschema_rs, which checks schemas here, comes with schemathesis.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from taxiway.core.command import Command
from taxiway.core.datatypes import (
    FLOAT32_LIMIT,
    AnyType,
    Array,
    Boolean,
    Category,
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
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import to_data_uri
from taxiway.servers.http import openapi

STYLEGAN = Command(
    name="generate",
    description="Draws.",
    inputs={
        "z": Vector(length=4),
        "seed": Number(default=None, optional=True, whole=True, min=0, max=9),
        "w": Vector(length=2, rows=3),
        "truncation": Number(default=0.8, min=0, max=1),
        "noise_mode": Category(one_of=("const", "none"), description="How."),
        "format": OutputFormat(),
    },
    outputs={"image": Image(width=4, height=4)},
    needs_one_of=("z", "seed", "w"),
)
EVERYTHING = Command(
    name="everything",
    inputs={
        "any": AnyType(),
        "text": Text(),
        "number": Number(),
        "whole": Number(whole=True, default=1),
        "switch": Boolean(),
        "vector": Vector(length=2),
        "photo": Image(),
        "map": Segmentation(labels=("ground", "sky")),
        "words": Array(item_type=Text()),
        "file": File(default=None, optional=True),
        "point": ImagePoint(),
        "box": ImageBoundingBox(),
        "face": ImageLandmarks(length=2),
    },
    outputs={"said": Text(), "mean": Number(), "odd": AnyType()},
)
PICTURE = to_data_uri(np.zeros((2, 2, 3), np.uint8), "PNG")
ROUTES = {"/query", "/info", "/data", "/error", "/healthz", "/readyz", "/openapi.json"}


def body_of(command: Command) -> dict[str, Any]:
    document = openapi.document("m", command, "http://localhost:8000")
    body: dict[str, Any] = document["paths"]["/query"]["post"]["requestBody"]
    media: dict[str, Any] = body["content"]["application/json"]
    return media


def taken(command: Command, wire: Any) -> bool:
    try:
        command.decode(wire)
    except InvalidArgument:
        return False
    return True


def test_every_route_is_there_and_pictures_where_there_is_one() -> None:
    pictures = {"/generate.png", "/generate.jpg"}
    assert set(openapi.document("m", STYLEGAN, "")["paths"]) == ROUTES | pictures
    assert set(openapi.document("m", EVERYTHING, "")["paths"]) == ROUTES


@pytest.mark.parametrize("inputs", [{"photo": Image()}, {"z": Vector(length=4)}])
def test_a_picture_has_no_address_where_more_is_needed_than_fits_in_one(
    inputs: dict[str, Any],
) -> None:
    command = Command(name="c", inputs=inputs, outputs={"image": Image()})
    assert set(openapi.document("m", command, "")["paths"]) == ROUTES


def test_the_document_names_the_model_and_the_address_that_was_asked() -> None:
    document = openapi.document("rainbow", STYLEGAN, "http://localhost:8001")
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Taxiway: rainbow"
    assert document["info"]["description"] == "Draws."
    assert document["servers"] == [{"url": "http://localhost:8001"}]
    assert "description" not in openapi.document("m", EVERYTHING, "")["info"]


@pytest.mark.parametrize("command", [STYLEGAN, EVERYTHING])
def test_every_schema_is_one_and_every_name_of_an_operation_is_single(command: Command) -> None:
    document = openapi.document("m", command, "")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert {"200", "400", "429", "500", "503"} <= set(operation["responses"])
        for parameter in operation.get("parameters", ()):
            meta.validate(parameter["schema"])
    meta.validate(body_of(command)["schema"])


def test_only_what_fits_in_an_address_is_a_parameter() -> None:
    document = openapi.document("m", STYLEGAN, "")
    parameters = document["paths"]["/generate.png"]["get"]["parameters"]
    names = [parameter["name"] for parameter in parameters]
    assert names == ["seed", "truncation", "noise_mode", "format", "psi"]


def test_the_example_is_short_and_taken() -> None:
    shown = openapi.example(STYLEGAN)
    assert shown == {"seed": 1, "truncation": 0.8, "noise_mode": "const"}
    for command in (STYLEGAN, Command(name="c", inputs={"v": Vector(length=2)}, outputs={})):
        example = openapi.example(command)
        Draft202012Validator(body_of(command)["schema"]).validate(example)
        assert taken(command, example)


def test_what_has_no_default_is_required() -> None:
    schema = body_of(EVERYTHING)["schema"]
    whole = {
        "any": 1,
        "vector": [1, 2],
        "photo": PICTURE,
        "map": PICTURE,
        "words": [],
        "point": [0, 1],
        "box": [0, 0, 1, 1],
        "face": [[0, 0], [1, 1]],
    }
    assert schema["required"] == list(whole)
    valid = Draft202012Validator(schema).is_valid
    assert taken(EVERYTHING, whole)
    assert valid(whole)
    for name in whole:
        assert not valid({**whole, name: None})
        assert not taken(EVERYTHING, {**whole, name: None})
    assert "required" not in body_of(STYLEGAN)["schema"]


NUMBERS = [0, 1.5, -1, 10, 3.0, 10**400]
LISTS = [[], [1, 2], [1, 2, 3, 4], [[1, 2]] * 3, [[1, 2]] * 2, [True, 1, 1, 1], ["1", 1, 1, 1]]
VALUE = st.sampled_from([None, True, "", "const", "JPEG", {}, [None] * 4, *NUMBERS, *LISTS])


def test_the_largest_number_of_a_vector_is_the_same_in_the_schema() -> None:
    valid = Draft202012Validator(body_of(STYLEGAN)["schema"]).is_valid
    for sign in (1, -1):
        for number, fits in [(np.nextafter(FLOAT32_LIMIT, 0), True), (FLOAT32_LIMIT, False)]:
            wire = {"z": [float(number) * sign] * 4}
            assert valid(wire) == taken(STYLEGAN, wire) == fits


@given(st.dictionaries(st.sampled_from([*STYLEGAN.inputs, "other"]), VALUE))
def test_the_schema_takes_what_the_command_takes(wire: dict[str, Any]) -> None:
    # How large a number may be has no place in a schema.
    huge = any(value == 10**400 for value in wire.values())
    valid = Draft202012Validator(body_of(STYLEGAN)["schema"]).is_valid(wire)
    assert taken(STYLEGAN, wire) == (valid and not huge)
