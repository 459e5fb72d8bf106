"""The binary messages against the published ones, and against anything at all."""

import contextlib
import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from taxiway.core.frame import Mark
from taxiway.live.tiles import Tile, Wanted
from taxiway.servers.studio import binary_messages
from taxiway.servers.studio.binary_messages import Acknowledged, Head, Malformed, SetVector

GOLDEN = json.loads(Path(__file__).with_name("golden_messages.json").read_text())
FINITE = st.floats(allow_nan=False, allow_infinity=False)
U32 = st.integers(0, 2**32 - 1)
I32 = st.integers(-(2**31), 2**31 - 1)
F32 = st.floats(width=32, allow_nan=False)
WANTED = st.builds(Wanted, U32, I32, I32, I32, F32, U32)
HEADS = st.builds(
    Head,
    kind=st.integers(1, 3),
    codec=st.integers(0, 2),
    number=U32,
    input_seq=U32,
    time=FINITE,
    width=st.integers(0, 65535),
    height=st.integers(0, 65535),
    merged=st.integers(0, 65535),
    flags=st.integers(0, 65535),
    render_ms=F32,
    encode_ms=F32,
)


def named(side: str) -> Any:
    return pytest.mark.parametrize(
        "golden", GOLDEN[side], ids=[golden["name"] for golden in GOLDEN[side]]
    )


def is_as_published(said: SetVector | Acknowledged | Wanted, fields: dict[str, Any]) -> bool:
    match said:
        case SetVector(mark, space, numbers):
            given = [mark.seq, mark.time, binary_messages.SPACES.index(space), numbers.tolist()]
            return given == [fields[name] for name in ("seq", "time", "space", "values")]
        case Acknowledged(number):
            return bool(number == fields["seq"])
        case Wanted():
            return all(getattr(said, name) == fields[name] for name in said.__struct_fields__)


@named("client")
def test_a_published_message_of_a_page_is_read(golden: dict[str, Any]) -> None:
    assert is_as_published(binary_messages.read(bytes.fromhex(golden["hex"])), golden["fields"])


@named("client")
def test_a_page_in_python_writes_the_published_bytes(golden: dict[str, Any]) -> None:
    message = bytes.fromhex(golden["hex"])
    time = golden["fields"]["time"]
    match binary_messages.read(message):
        case SetVector(mark, space, numbers):
            written = binary_messages.write_set(mark, space, numbers)
        case Acknowledged(number):
            written = binary_messages.write_acknowledgement(number, time)
        case Wanted() as wanted:
            written = binary_messages.write_wanted(wanted, time)
    assert written == message


@named("server")
def test_the_server_writes_the_published_bytes(golden: dict[str, Any]) -> None:
    fields = {name: golden["fields"][name] for name in Head.__struct_fields__}
    payload = bytes.fromhex(golden["payload"])
    message = bytes.fromhex(golden["hex"])
    assert binary_messages.pack(Head(**fields), payload) == message
    assert binary_messages.unpack(message) == (Head(**fields), payload)


def test_a_vector_message_carries_its_numbers_aligned_by_four() -> None:
    rows = np.arange(8, dtype=np.float32).reshape(2, 4)
    message = binary_messages.vector_message("w", rows, Mark(9, 2.5))
    head, payload = binary_messages.unpack(message)
    assert head == Head(
        kind=binary_messages.VECTOR, input_seq=9, time=2.5, width=4, height=2, flags=1
    )
    np.testing.assert_array_equal(np.frombuffer(message, "<f4", offset=40), rows.ravel())
    assert len(payload) == 32


def test_a_vector_that_answers_nobody_says_so() -> None:
    head, _ = binary_messages.unpack(binary_messages.vector_message("z", np.zeros(3, np.float32)))
    assert (head.input_seq, head.flags, head.width, head.height) == (0, 0, 3, 1)


def test_a_tile_without_a_picture_has_no_codec() -> None:
    head, payload = binary_messages.unpack(binary_messages.tile_message(Tile(7)))
    assert (head.number, head.codec, payload) == (7, binary_messages.NO_CODEC, b"")
    head, payload = binary_messages.unpack(
        binary_messages.tile_message(Tile(8, b"jpeg", 128, 64, 1.5))
    )
    assert (head.codec, head.width, head.height, payload) == (
        binary_messages.JPEG,
        128,
        64,
        b"jpeg",
    )


def test_numbers_too_large_for_their_field_do_not_break_the_message() -> None:
    head, _ = binary_messages.unpack(
        binary_messages.pack(Head(kind=1, number=2**32 + 5, merged=70_000))
    )
    assert (head.number, head.merged) == (5, 65535)


def message(kind: int = 3, magic: int = 0x54, version: int = 1, time: float = 0.0) -> bytes:
    return struct.pack("<BBBBId", magic, version, kind, 0, 1, time)


@pytest.mark.parametrize(
    ("given_bytes", "words"),
    [
        (b"", "head of 16 bytes, got 0"),
        (message()[:15], "head of 16 bytes, got 15"),
        (message(magic=0x53), "begins with 84 1, got 83 1"),
        (message(version=2), "begins with 84 1, got 84 2"),
        (message(kind=2), "kind 1, 3 or 5, got 2"),
        (message(time=math.nan), "finite"),
        (message(time=math.inf), "finite"),
        (message() + b"x", "takes 0 bytes after its head, got 1"),
        (message(kind=1), "space and a count"),
        (message(kind=1) + struct.pack("<HH", 2, 0), "space 0 or 1, got 2"),
        (message(kind=1) + struct.pack("<HH", 0, 2) + bytes(4), "takes 12 bytes after its head"),
        (message(kind=5) + bytes(23), "takes 24 bytes after its head, got 23"),
    ],
)
def test_what_is_no_message_is_refused_in_a_sentence(given_bytes: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        binary_messages.read(given_bytes)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: message(1)[:4] + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        binary_messages.read(data)
    with contextlib.suppress(Malformed):
        binary_messages.unpack(data)


@given(
    U32, FINITE, st.sampled_from(binary_messages.SPACES), arrays.arrays("<f4", st.integers(0, 600))
)
def test_a_vector_arrives_as_it_was_sent(
    seq: int, time: float, space: str, numbers: np.ndarray
) -> None:
    said = binary_messages.read(binary_messages.write_set(Mark(seq, time), space, numbers))
    assert isinstance(said, SetVector)
    assert (said.mark, said.space) == (Mark(seq, time), space)
    assert said.numbers.tobytes() == numbers.tobytes()


@given(WANTED, FINITE)
def test_a_wish_for_a_tile_arrives_as_it_was_sent(wanted: Wanted, time: float) -> None:
    assert binary_messages.read(binary_messages.write_wanted(wanted, time)) == wanted


@given(HEADS, st.binary(max_size=50))
def test_what_the_server_sends_arrives_as_it_was_sent(head: Head, payload: bytes) -> None:
    assert binary_messages.unpack(binary_messages.pack(head, payload)) == (head, payload)


@given(HEADS, st.binary(max_size=50), st.data())
def test_a_message_cut_short_is_noticed(head: Head, payload: bytes, data: st.DataObject) -> None:
    message = binary_messages.pack(head, payload)
    with pytest.raises(Malformed):
        binary_messages.unpack(message[: data.draw(st.integers(0, len(message) - 1))])
