"""Protobuf, as far as it takes to look into an ONNX file: fields one by one, nothing built.

The numbers of the fields are those of onnx.proto3 (github.com/onnx/onnx).
"""

from collections.abc import Iterator

from taxiway.core.errors import UnreadableCheckpoint

VARINT, FIXED64, RECORD, FIXED32 = 0, 1, 2, 5
LONGEST_NAME = 4096
Field = tuple[int, int | memoryview]


class Broken(UnreadableCheckpoint):
    """The file does not follow the format, or is cut off."""


def fields(data: memoryview) -> Iterator[Field]:
    """Each field's number, and its value: a whole number, or the bytes of what it holds.

    Raises Broken.
    """
    place, end = 0, len(data)
    while place < end:
        key, place = varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, place = varint(data, place)
            yield number, value
            continue
        if wire == RECORD:
            size, place = varint(data, place)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
        else:
            raise Broken("It holds what no ONNX file holds.")
        if not number or size > end - place:
            raise Broken("It ends in the middle.")
        yield number, data[place : place + size]
        place += size


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """A whole number of up to 64 bits, seven at a time, and where the next field is."""
    found = shift = 0
    while shift < 64:
        if place >= len(data):
            raise Broken("It ends in the middle.")
        byte = data[place]
        found |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return found, place
        shift += 7
    raise Broken("It holds a number of more than 64 bits.")


def signed(value: int) -> int:
    """A whole number as it was meant: negative ones are written as 64 bits."""
    return value - 2**64 if value >= 2**63 else value


def record(value: int | memoryview) -> memoryview:
    """A value that must be a record."""
    if isinstance(value, int):
        raise Broken("It holds a number where an ONNX file holds something else.")
    return value


def number(value: int | memoryview) -> int:
    """A value that must be a whole number."""
    if not isinstance(value, int):
        raise Broken("It holds something else where an ONNX file holds a number.")
    return signed(value)


def text(value: int | memoryview) -> str:
    """A value that must be text."""
    try:
        return bytes(record(value)).decode()
    except UnicodeDecodeError:
        raise Broken("It holds a name that is no text.") from None


def name(value: int | memoryview) -> str:
    """A value that must be a name, which people can read."""
    raw = record(value)
    if len(raw) > LONGEST_NAME or not (found := text(raw)).isprintable():
        raise Broken("It holds a name that nobody could read.")
    return found


def numbers(value: int | memoryview) -> list[int]:
    """Whole numbers, one or a packed list."""
    if isinstance(value, int):
        return [signed(value)]
    found, place = [], 0
    while place < len(value):
        one, place = varint(value, place)
        found.append(signed(one))
    return found
