"""OSC 1.0 datagrams: messages and bundles in, messages of one string out.

(opensoundcontrol.stanford.edu/spec-1_0.html, docs/osc.md)
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from taxiway.live.messages.moves import Message

LARGEST = 65_507
"""The bytes that one UDP datagram holds."""
MOST_MESSAGES = 1024
DEEPEST = 8
BUNDLE = b"#bundle\x00"

_NUMBERS = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "c": ">I", "r": ">I", "m": ">I", "t": ">Q"}
_CONSTANTS = {"T": True, "F": False, "N": None, "I": True}
_BRACKETS = "[]"


class Malformed(Exception):
    """The bytes are no OSC; the message says why."""


def write(address: str, text: str) -> bytes:
    """A message of one string, its type tag exactly `,s`, since old clients compare."""
    return _padded(address) + b",s\x00\x00" + _padded(text.replace("\x00", ""))


def write_values(address: str, values: Sequence[int | float | str]) -> bytes:
    """A message of floats, whole numbers (32 bits) and strings."""
    tags, body = ",", b""
    if len(values) > 1 and all(isinstance(value, float) for value in values):
        tags, body = "," + "f" * len(values), np.array(values, ">f4").tobytes()
        return _padded(address) + _padded(tags) + body
    for value in values:
        if isinstance(value, str):
            tags, body = tags + "s", body + _padded(value.replace("\x00", ""))
        elif isinstance(value, float):
            tags, body = tags + "f", body + struct.pack(">f", value)
        else:
            # A seed goes beyond what `i` holds.
            small = -(2**31) <= value < 2**31
            tags, body = tags + "ih"[not small], body + struct.pack(">i" if small else ">q", value)
    return _padded(address) + _padded(tags) + body


def room(address: str) -> int:
    """How many bytes of text one datagram to `address` holds."""
    return LARGEST // 4 * 4 - len(_padded(address)) - 4 - 1


def read(datagram: bytes) -> list[Message]:
    """The messages of a datagram, in order; time tags of bundles are not kept. Raises Malformed."""
    messages: list[Message] = []
    waiting = [(datagram, 0)]
    while waiting:
        data, depth = waiting.pop()
        if data.startswith(BUNDLE):
            waiting += [(element, depth + 1) for element in reversed(_elements(data))]
        else:
            messages.append(_message(data))
        if depth > DEEPEST or len(waiting) + len(messages) > MOST_MESSAGES:
            raise Malformed("A bundle is too deep or too long.")
    return messages


def _elements(bundle: bytes) -> list[bytes]:
    elements = []
    at = len(BUNDLE) + 8
    while at < len(bundle):
        (size,) = _unpack(">i", bundle, at)
        at += 4 + size
        if size < 4 or at > len(bundle):
            raise Malformed("An element of a bundle has a false size.")
        elements.append(bundle[at - size : at])
    return elements


def _message(data: bytes) -> Message:
    address, at = _string(data, 0)
    if not address.startswith("/"):
        raise Malformed("An address begins with a slash.")
    # Some senders leave out the type tag where there are no arguments.
    if at >= len(data):
        return Message(address)
    tags, at = _string(data, at)
    if not tags.startswith(","):
        raise Malformed("The types begin with a comma.")
    return Message(address, _arguments(tags[1:], data, at))


def _arguments(tags: str, data: bytes, at: int) -> list[Any]:
    if tags == "f" * len(tags):
        return _floats(len(tags), data, at)
    arguments = []
    for tag in tags:
        if tag in _BRACKETS:
            continue
        value, at = _argument(tag, data, at)
        arguments.append(value)
    return arguments


def _floats(count: int, data: bytes, at: int) -> list[float]:
    """All at once, which is what 512 faders need."""
    if len(data) < at + 4 * count:
        raise Malformed("The message ends within its arguments.")
    floats: list[float] = np.frombuffer(data, ">f4", count, at).tolist()
    return floats


def _argument(tag: str, data: bytes, at: int) -> tuple[Any, int]:
    """The argument at a place, and the place after it."""
    if tag in _NUMBERS:
        form = _NUMBERS[tag]
        return _unpack(form, data, at)[0], at + struct.calcsize(form)
    if tag in "sS":
        return _string(data, at)
    if tag == "b":
        (size,) = _unpack(">i", data, at)
        if size < 0 or at + 4 + size > len(data):
            raise Malformed("A blob has a false size.")
        return data[at + 4 : at + 4 + size], at + 4 + -(-size // 4) * 4
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    raise Malformed("An argument has an unknown type.")


def _unpack(form: str, data: bytes, at: int) -> tuple[Any, ...]:
    try:
        return struct.unpack_from(form, data, at)
    except struct.error:
        raise Malformed("The message ends within its arguments.") from None


def _string(data: bytes, at: int) -> tuple[str, int]:
    """The string at a place, and the place after its padding."""
    end = data.find(b"\x00", at)
    if end < 0:
        raise Malformed("A string has no end.")
    text = data[at:end]
    try:
        return text.decode(), (end // 4 + 1) * 4
    except UnicodeDecodeError:
        return text.decode("latin-1"), (end // 4 + 1) * 4


def _padded(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return data + bytes(4 - len(data) % 4)
