import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taxiway.checkpoint.arrays import PickledArray
from taxiway.checkpoint.limits import Budget
from taxiway.checkpoint.machine import Reading
from taxiway.checkpoint.nvidia import read_pickle
from taxiway.checkpoint.source import Source

PROTOCOLS = [2, 3, 4, 5]


def reread(value: Any, protocol: int) -> Any:
    """What our machine makes of Python's own pickle of a value."""
    data = pickle.dumps(value, protocol)
    return read_pickle(Source.of(data), Reading(Budget(len(data))))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.arange(24, dtype=np.int64).reshape(2, 3, 4).T,
        np.asfortranarray(np.arange(6, dtype=np.float16).reshape(2, 3)),
        np.array([True, False]),
        np.array(1.5),
        np.zeros((0, 3), np.uint8),
        np.arange(3, dtype=">f8"),
        np.array([300, -2], np.int16),
    ],
    ids=str,
)
def test_arrays_are_what_numpy_pickled(protocol: int, array: np.ndarray[Any, Any]) -> None:
    found = reread(array, protocol)
    assert isinstance(found, PickledArray)
    assert found.tensor is not None
    read = found.tensor.read(Budget(1000))
    assert np.array_equal(read, array)
    assert read.shape == array.shape
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.flags.c_contiguous


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value", [np.float64(0.25), np.float32(3), np.int64(-7), np.bool_(True), np.str_("text")]
)
def test_numbers_are_what_numpy_pickled(protocol: int, value: Any) -> None:
    found = reread(value, protocol)
    assert found == value.item()
    assert type(found) is type(value.item())


@pytest.mark.parametrize("protocol", [0, 1, *PROTOCOLS])
def test_plain_values_are_what_python_pickled(protocol: int) -> None:
    value = {
        "none": None, "flags": [True, False], "numbers": [0, -1, 255, 256, -70000, 2**40, 0.1],
        "text": "rainbow", "nested": {"tuple": (1, (2, ("three",)), ()), 5: {}},
    }  # fmt: skip
    assert reread(value, protocol) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_sets_come_as_lists(protocol: int) -> None:
    assert reread({"a"}, protocol) == ["a"]
    assert reread(set(), protocol) == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_byte_strings_stay_in_the_file(protocol: int) -> None:
    assert reread(bytes(range(256)), protocol).read() == bytes(range(256))


def test_long_text_stays_in_the_file(tmp_path: Path) -> None:
    text = reread("x" * 100_000, 4)
    assert len(text.span) == 100_000
    assert text.span.read() == b"x" * 100_000


def test_shared_values_stay_one_value() -> None:
    shared: list[int] = []
    found = reread([shared, shared], 4)
    assert found[0] is found[1]
