"""What crosses to a worker comes back the same; what is foreign is refused."""

from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.engine.messages import (
    ARRAY,
    Answers,
    Array,
    CallError,
    CallOutputs,
    Codec,
    Predict,
)


@pytest.fixture
def codecs() -> Iterator[tuple[Codec, Codec]]:
    """A sender and a receiver that share an area of 1 MB."""
    area = SharedMemory(create=True, size=2**20)
    sender, receiver = Codec(), Codec()
    sender.outgoing = receiver.incoming = area
    yield sender, receiver
    area.close()
    area.unlink()


def crossing(codecs: tuple[Codec, Codec], value: Any) -> Any:
    sender, receiver = codecs
    message = receiver.unpack(sender.pack(Predict("go", [{"value": value}])))
    assert isinstance(message, Predict)
    return message.batch[0]["value"]


@pytest.mark.parametrize("value", [None, True, 3, 0.5, "text", b"\0\xff", [1, "a"], {"a": [None]}])
def test_plain_values_cross(codecs: tuple[Codec, Codec], value: Any) -> None:
    assert crossing(codecs, value) == value


def test_arrays_and_files_cross_in_lists_and_objects(codecs: tuple[Codec, Codec]) -> None:
    pictures = [np.full((size, size, 3), size % 251, np.uint8) for size in (2, 300, 700)]
    back = crossing(codecs, {"pictures": pictures, "files": [b"one", (b"two",)]})
    assert back["files"] == [b"one", [b"two"]]
    for sent, got in zip(pictures, back["pictures"], strict=True):
        np.testing.assert_array_equal(got, sent)


@pytest.mark.parametrize("shape", [(), (0,), (512,), (64, 64, 3), (300, 300, 3), (1000, 1000, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_arrays_cross_inline_through_shared_memory_and_past_its_end(
    codecs: tuple[Codec, Codec], shape: tuple[int, ...], dtype: type
) -> None:
    array = np.random.default_rng(1).integers(0, 200, shape).astype(dtype)
    back = crossing(codecs, array)
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    # torch warns of arrays that cannot be written.
    assert back.flags.writeable


def test_several_arrays_of_a_batch_do_not_overlap(codecs: tuple[Codec, Codec]) -> None:
    sender, receiver = codecs
    pictures = [np.full((100, 101, 3), value, np.uint8) for value in range(8)]
    data = sender.pack(Answers([CallOutputs({"image": picture}) for picture in pictures]))
    message = receiver.unpack(data)
    assert isinstance(message, Answers)
    assert len(data) < 2000
    for value, answer in enumerate(message.answers):
        assert isinstance(answer, CallOutputs)
        assert (answer.outputs["image"] == value).all()


def test_an_array_outlives_the_next_message(codecs: tuple[Codec, Codec]) -> None:
    first = crossing(codecs, np.full((100, 100, 3), 1, np.uint8))
    crossing(codecs, np.full((100, 100, 3), 2, np.uint8))
    assert (first == 1).all()


def test_what_cannot_cross_is_named(codecs: tuple[Codec, Codec]) -> None:
    with pytest.raises(ModelFailed, match="numbers, text and numpy arrays, got object"):
        crossing(codecs, object())


@pytest.mark.parametrize(
    "place",
    [
        ("|O", (1,), 0, b""),
        ("<f4", (2**40,), 0, b""),
        ("<f4", (4,), 2**20, b""),
        ("<f4", (4,), -1, b"123"),
    ],
)
def test_a_place_outside_the_area_is_refused(codecs: tuple[Codec, Codec], place: Any) -> None:
    # A worker may run other people's code: its answers are not trusted.
    ext = msgspec.msgpack.Ext(ARRAY, msgspec.msgpack.encode(Array(*place)))
    data = msgspec.msgpack.encode({"type": "Predict", "command": "go", "batch": [{"value": ext}]})
    with pytest.raises((ValueError, TypeError, msgspec.DecodeError)):
        codecs[1].unpack(data)


@given(st.binary(max_size=300))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError, TypeError, AssertionError)):
        Codec().unpack(data)


def test_errors_cross_with_the_input_they_are_about() -> None:
    refused = CallError.of(InvalidArgument("'z' is short.", "z")).error()
    assert isinstance(refused, InvalidArgument)
    assert (str(refused), refused.name) == ("'z' is short.", "z")
    failed = CallError.of(ZeroDivisionError("no luck")).error()
    assert isinstance(failed, ModelFailed)
    assert str(failed) == "The model failed: ZeroDivisionError: no luck"
