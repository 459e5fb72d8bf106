"""What Engine.IO 3 and 4 put into one polling body: packets, each a digit and its text.

Version 4 separates packets by U+001E. Version 3 writes `<length>:<packet>` with lengths in UTF-16
units, JavaScript's measure; its Java client writes a binary form of the same.
(github.com/socketio/engine.io-protocol, docs/socketio.md)
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

Version = Literal[3, 4]

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = "0123456"
SEPARATOR = "\x1e"
MOST_PACKETS = 1024
"""In one body; a sketch that asks in a loop while a request is under way sends some dozens."""

_LENGTH = re.compile(r"([0-9]{1,9}):")
_BINARY_LENGTH = re.compile(rb"([\x00\x01])([\x00-\x09]{1,9})\xff")


class Malformed(Exception):
    """The bytes are no such thing; the message says why."""


def write(version: Version, packets: Iterable[str]) -> str:
    """The body with `packets`, which are plain ASCII."""
    if version == 4:
        return SEPARATOR.join(packets)
    return "".join(f"{len(packet)}:{packet}" for packet in packets)


def read(version: Version, body: bytes) -> list[str]:
    """The packets of a body; raises Malformed."""
    packets = list(islice(_packets(version, body), MOST_PACKETS + 1))
    if len(packets) > MOST_PACKETS:
        raise Malformed(f"A body has at most {MOST_PACKETS} packets.")
    return packets


def _packets(version: Version, body: bytes) -> Iterator[str]:
    if version == 3 and body[:1] in (b"\x00", b"\x01"):
        return _split_binary(body)
    text = _text(body)
    if version == 4:
        return iter(text.split(SEPARATOR, MOST_PACKETS))
    return _split_plain(text) if text.isascii() else map(_repaired, _split_wide(text))


def _split_plain(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        start, length = _length(text, at)
        at = start + length
        if at > len(text):
            raise Malformed("A packet is shorter than its length says.")
        yield text[start:at]


def _split_wide(text: str) -> Iterator[str]:
    """The same where a character may take two UTF-16 units, as an emoji does."""
    units = text.encode("utf-16-le")
    at = 0
    while at < len(units):
        # A length has at most ten characters with its colon.
        head = units[at : at + 20].decode("utf-16-le", "replace")
        start, length = _length(head, 0)
        begin, at = at + 2 * start, at + 2 * (start + length)
        if at > len(units):
            raise Malformed("A packet is shorter than its length says.")
        yield units[begin:at].decode("utf-16-le", "replace")


def _length(text: str, at: int) -> tuple[int, int]:
    """Where the packet begins and how long it is."""
    found = _LENGTH.match(text, at)
    if found is None:
        raise Malformed("A packet begins with its length and a colon.")
    return found.end(), int(found[1])


def _split_binary(body: bytes) -> Iterator[str]:
    """`<0 text or 1 binary><length, a byte per digit><255><packet>`; binary ones are left out."""
    at = 0
    while at < len(body):
        found = _BINARY_LENGTH.match(body, at)
        if found is None:
            raise Malformed("A binary packet begins with its kind and its length.")
        at = found.end() + int("".join(map(str, found[2])))
        if at > len(body):
            raise Malformed("A packet is shorter than its length says.")
        if found[1] == b"\x00":
            yield _text(body[found.end() : at])


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed("The body is not valid UTF-8.") from None


def _repaired(packet: str) -> str:
    """Undo what polling clients of 1.x do: they send UTF-8 whose bytes became characters."""
    try:
        return packet.encode("latin-1").decode()
    except UnicodeError:
        return packet
