"""Values of every data type that a command takes, and values that it refuses."""

import math
from typing import Any

import numpy as np

from families.ported.uris import to_uri
from taxiway.core.command import Command
from taxiway.core.datatypes import (
    AnyDataType,
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
    Wire,
)
from taxiway.core.images import to_file_uri


def taken(command: Command, seed: int) -> dict[str, Wire]:
    """One value for every input, others for another seed; of those of which one is enough, one."""
    names = [*command.needs_one_of[:1], *set(command.inputs).difference(command.needs_one_of)]
    return {name: good(command.inputs[name], seed) for name in names}


def good(field: AnyDataType, seed: int) -> Wire:
    """A value that the type takes, as it comes by the wire."""
    return GOOD[type(field)](field, seed, np.random.default_rng(seed))


def wrong(field: AnyDataType) -> dict[str, Wire]:
    """Values that the type refuses, by what is wrong with them."""
    return WRONG[type(field)](field)


def _number(field: Number, seed: int, chance: np.random.Generator) -> Wire:
    low = field.min if isinstance(field.min, (int, float)) else 0
    high = field.max if isinstance(field.max, (int, float)) else low + 1
    # Nearer to the low end: sizes are among them, and what they cost.
    value = low + (high - low) * chance.uniform(0.05, 0.25)
    return round(value) if field.whole is True else value


def _photo(field: AnyDataType, seed: int, chance: np.random.Generator) -> Wire:
    return to_uri(chance.integers(0, 255, (40, 56, 3), np.uint8))


def _wrong_number(field: Number) -> dict[str, Wire]:
    return {
        "text": "three",
        "true": True,
        "a list": [1],
        "NaN": math.nan,
        "infinity": math.inf,
        "huge": 1e39,
        **(_unwhole(field) if field.whole is True else {}),
    }


def _wrong_vector(field: Vector) -> dict[str, Wire]:
    numbers = [0.0] * field.length
    return {
        "text": "0,1",
        "too short": numbers[1:],
        "NaN": [math.nan, *numbers[1:]],
        "true": [True, *numbers[1:]],
        "words": ["a", *numbers[1:]],
    }


def _wrong_list(field: Array) -> dict[str, Wire]:
    items = {f"with {what}": [bad] for what, bad in wrong(field.item_type).items()}
    return {"text": "a", "a number": 3, **items}


def _unwhole(field: Number) -> dict[str, Wire]:
    between: dict[str, Any] = {"between": 0.5}
    if isinstance(field.min, (int, float)):
        between["too small"] = field.min - 1
    if isinstance(field.max, (int, float)):
        between["too large"] = field.max + 1
    return between


GOOD: dict[type, Any] = {
    AnyType: lambda field, seed, chance: {"words": [seed]},
    Array: lambda field, seed, chance: [
        good(field.item_type, seed + each) for each in range(field.min_length or 2)
    ],
    Boolean: lambda field, seed, chance: seed % 2 == 0,
    Category: lambda field, seed, chance: field.one_of[seed % len(field.one_of)],
    File: lambda field, seed, chance: to_file_uri(f"file {seed}".encode()),
    Image: _photo,
    ImageBoundingBox: lambda field, seed, chance: [0.1, 0.2, 0.5, 0.8],
    ImageLandmarks: lambda field, seed, chance: chance.uniform(0, 1, (field.length, 2)).tolist(),
    ImagePoint: lambda field, seed, chance: chance.uniform(0, 1, 2).tolist(),
    Number: _number,
    OutputFormat: lambda field, seed, chance: None,
    Segmentation: _photo,
    Text: lambda field, seed, chance: f"words {seed}",
    Vector: lambda field, seed, chance: chance.normal(0, 0.5, field.length).tolist(),
}

_NO_PICTURE = {"text": "no", "a number": 3, "no picture": "data:image/png;base64,AAAA"}
_NO_WORD = {"another word": "no such word", "a number": 3}
WRONG: dict[type, Any] = {
    AnyType: lambda field: {},
    Array: _wrong_list,
    Boolean: lambda field: {"a number": 1, "text": "true"},
    Category: lambda field: _NO_WORD,
    File: lambda field: {"a path": "/no/such/file", "a number": 3},
    Image: lambda field: _NO_PICTURE,
    ImageBoundingBox: lambda field: {"three": [0, 0, 0], "text": "0,0,1,1"},
    ImageLandmarks: lambda field: {"text": "0,0", "threes": [[0, 0, 0]] * field.length},
    ImagePoint: lambda field: {"three": [0, 0, 0], "text": "0,0", "NaN": [math.nan, 0.5]},
    Number: _wrong_number,
    OutputFormat: lambda field: _NO_WORD,
    Segmentation: lambda field: _NO_PICTURE,
    Text: lambda field: {"a number": 3, "a list": ["a"]},
    Vector: _wrong_vector,
}
