"""Lists: each item by its type, the whole of them bounded."""

import numpy as np
import pytest

from taxiway.core.datatypes import Array, Category, Image, Number, Text, union, weight
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import to_data_uri


def test_runways_own_description_of_a_list() -> None:
    assert Array(item_type=Text(), min_length=2).describe("words") == {
        "name": "words",
        "type": "array",
        "description": None,
        "minLength": 2,
        "itemType": {
            "name": "text_array_item",
            "type": "text",
            "description": None,
            "default": "",
            "minLength": 0,
        },
    }


def test_items_are_encoded_one_by_one() -> None:
    assert Array(item_type=Number()).encode(np.array([1.5, 2])) == [1.5, 2]
    nested = Array(item_type=Array(item_type=Category(one_of=("a", "b"))))
    assert nested.decode("it", [["a"], []]) == [["a"], []]


def test_pictures_that_are_small_files_cannot_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(union, "MOST_BYTES", 5_000_000)
    bomb = to_data_uri(np.zeros((1000, 1000, 3), np.uint8), "PNG")
    with pytest.raises(InvalidArgument, match="'it' takes 5 MB of pictures in all.") as raised:
        Array(item_type=Array(item_type=Image())).decode("it", [[bomb], [bomb]])
    assert raised.value.name == "it"


def test_a_value_weighs_what_its_arrays_and_files_do() -> None:
    assert weight([np.zeros((2, 3), np.uint8), (b"four",), "text", 7]) == 10
