"""Polling bodies of Engine.IO, as clients of several languages write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxiway.servers.socketio.engineio_payload import MOST_PACKETS, Malformed, Version, read, write

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"))
PACKETS = st.lists(st.tuples(st.sampled_from("0123456"), TEXTS).map("".join), min_size=1)


def as_javascript_does(packets: list[str]) -> bytes:
    """Version 3: lengths as `String.length` counts."""
    lengths = [len(packet.encode("utf-16-le")) // 2 for packet in packets]
    parts = [f"{length}:{packet}" for length, packet in zip(lengths, packets, strict=True)]
    return "".join(parts).encode()


def as_1x_does(packets: list[str]) -> bytes:
    """Version 3 of the first clients: every byte of UTF-8 has become a character."""
    return as_javascript_does([packet.encode().decode("latin-1") for packet in packets])


def as_java_does(packets: list[str]) -> bytes:
    """Version 3 in its binary form: 0, the length as one byte per digit, 255, UTF-8."""
    parts = [packet.encode() for packet in packets]
    return b"".join(b"\0" + bytes(map(int, str(len(part)))) + b"\xff" + part for part in parts)


def mended(packet: str) -> str:
    try:
        return packet.encode("latin-1").decode()
    except UnicodeError:
        return packet


@given(PACKETS)
def test_version_4_is_read(packets: list[str]) -> None:
    assert read(4, "\x1e".join(packets).encode()) == packets


@given(PACKETS)
def test_version_3_is_read(packets: list[str]) -> None:
    assert read(3, as_javascript_does(packets)) == [mended(packet) for packet in packets]


@given(PACKETS)
def test_version_3_of_the_first_clients_is_repaired(packets: list[str]) -> None:
    assert read(3, as_1x_does(packets)) == packets


@given(PACKETS)
def test_version_3_of_java_is_read(packets: list[str]) -> None:
    assert read(3, as_java_does(packets)) == packets


def test_binary_packets_are_left_out() -> None:
    assert read(3, b"\x01\x03\xff\x04ab" + as_java_does(["2"])) == ["2"]


@pytest.mark.parametrize("version", [3, 4])
@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\x1e")), min_size=1))
def test_what_is_written_is_read(version: Version, packets: list[str]) -> None:
    assert read(version, write(version, packets).encode()) == packets


def test_an_emoji_counts_two_in_version_3() -> None:
    assert read(3, '5:4["😀3:4ab'.encode()) == ['4["😀', "4ab"]


@pytest.mark.parametrize(
    "body",
    [
        b"5:4",
        b"x",
        b":4",
        b"-1:4",
        b"1 :4",
        b"9999999999:4",
        "²:4".encode(),
        "9:☂".encode(),
        "☂:4".encode(),
        b"\xff",
        b"\x00\xff4",
        b"\x00\x05\xff4",
        b"\x00\x0a\xff4",
        b"\x00\x01\xff\xff",
        b"\x00",
    ],
)
def test_what_is_no_payload_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(3, body)


def test_version_4_wants_utf_8() -> None:
    with pytest.raises(Malformed):
        read(4, b"\xff")


@pytest.mark.parametrize(("version", "one"), [(3, b"1:2"), (4, b"2\x1e")])
def test_a_body_of_packets_without_end_is_refused(version: Version, one: bytes) -> None:
    with pytest.raises(Malformed, match="at most 1024 packets"):
        read(version, one * (MOST_PACKETS + 1))


@pytest.mark.parametrize("version", [3, 4])
@given(st.binary())
def test_no_body_does_more_than_be_refused(version: Version, body: bytes) -> None:
    try:
        packets = read(version, body)
    except Malformed:
        return
    assert len(packets) <= MOST_PACKETS
