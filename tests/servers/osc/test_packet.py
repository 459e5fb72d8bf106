"""OSC datagrams against the kept library, and against whatever comes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from taxiway.servers.osc.packet import (
    BUNDLE,
    LARGEST,
    MOST_MESSAGES,
    Malformed,
    Message,
    read,
    room,
    write,
    write_values,
)

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ARGUMENTS = st.one_of(
    st.tuples(st.just("i"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("h"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("f"), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just("d"), st.floats(allow_nan=False)),
    st.tuples(st.just("s"), WORDS),
    st.tuples(st.just("b"), st.binary(min_size=1)),
    st.tuples(st.just("T"), st.just(True)),
    st.tuples(st.just("F"), st.just(False)),
    st.tuples(st.just("N"), st.none()),
)


def built(address: str, arguments: list[tuple[str, object]]) -> OscMessage:
    builder = OscMessageBuilder(address)
    for tag, value in arguments:
        builder.add_arg(value, tag)
    return builder.build()


@given(st.lists(ARGUMENTS))
def test_what_the_library_writes_is_read(arguments: list[tuple[str, object]]) -> None:
    (message,) = read(built("/query", arguments).dgram)
    assert message == Message("/query", [value for _, value in arguments])


@given(WORDS)
def test_what_is_written_the_library_reads(text: str) -> None:
    datagram = write("/data", text)
    assert datagram[8:12] == b",s\0\0"
    assert list(OscMessage(datagram)) == [text]
    assert read(datagram) == [Message("/data", [text])]


@given(
    st.one_of(
        st.lists(st.floats(width=32, allow_nan=False)),
        st.lists(
            st.one_of(st.floats(width=32, allow_nan=False), st.integers(-(2**63), 2**63 - 1), WORDS)
        ),
    )
)
def test_values_that_are_written_the_library_reads(values: list[int | float | str]) -> None:
    datagram = write_values("/one", values)
    assert list(OscMessage(datagram)) == values
    assert read(datagram) == [Message("/one", values)]


def test_bundles_in_bundles_are_read_in_order() -> None:
    inner = OscBundleBuilder(IMMEDIATELY)
    inner.add_content(built("/seed", [("i", 2)]))
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(built("/truncation", [("f", 0.5)]))
    outer.add_content(inner.build())
    outer.add_content(built("/server/connect", []))
    assert read(outer.build().dgram) == [
        Message("/truncation", [0.5]),
        Message("/seed", [2]),
        Message("/server/connect"),
    ]


def test_a_message_without_a_type_tag_has_no_arguments() -> None:
    assert read(b"/server/connect\0") == [Message("/server/connect")]


def test_text_of_an_old_encoding_is_read_too() -> None:
    assert read(b"/query\0\0,s\0\0\xe9t\xe9\0") == [Message("/query", ["été"])]


def test_a_text_of_exactly_the_room_fills_the_datagram() -> None:
    assert LARGEST - 3 <= len(write("/data", "x" * room("/data"))) <= LARGEST
    assert len(write("/data", "x" * (room("/data") + 1))) > LARGEST


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0",
        b"hello",
        b"hello\0\0\0",
        b"/query",
        b"/query\0\0s\0\0\0",
        b"/query\0\0,s\0\0",
        b"/query\0\0,s\0\0text",
        b"/z\0\0,ff\0\0\0\0\0",
        b"/z\0\0,if\0\0\0\0\0",
        b"/z\0\0,q\0\0",
        b"/z\0\0,b\0\0\0\0\0\x09",
        b"/z\0\0,b\0\0\xff\xff\xff\xff",
        BUNDLE + b"\0" * 8 + b"\0\0\0\x08/a\0\0",
        BUNDLE + b"\0" * 8 + b"\0\0\0\0",
        BUNDLE + b"\0" * 8 + b"\xff\xff\xff\xff",
        BUNDLE + b"\0" * 8 + b"\0\0",
    ],
)
def test_what_is_no_osc_is_refused(datagram: bytes) -> None:
    with pytest.raises(Malformed):
        read(datagram)


def nested(depth: int) -> bytes:
    data = b"/a\0\0"
    for _ in range(depth):
        data = BUNDLE + b"\0" * 8 + struct.pack(">i", len(data)) + data
    return data


def test_bundles_are_neither_deep_nor_long() -> None:
    assert read(nested(8)) == [Message("/a")]
    with pytest.raises(Malformed):
        read(nested(1000))
    element = b"\0\0\0\x04/a\0\0"
    assert len(read(BUNDLE + b"\0" * 8 + element * MOST_MESSAGES)) == MOST_MESSAGES
    with pytest.raises(Malformed):
        read(BUNDLE + b"\0" * 8 + element * (MOST_MESSAGES + 1))


@given(
    st.binary() | st.binary().map(lambda rest: b"/z\0\0," + rest) | st.binary().map(BUNDLE.__add__)
)
def test_no_datagram_does_more_than_be_refused(datagram: bytes) -> None:
    try:
        messages = read(datagram)
    except Malformed:
        return
    assert all(message.address.startswith("/") for message in messages)
