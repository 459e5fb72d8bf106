"""Decoding the plain values of a pickle stream: numbers, text and byte strings, of any protocol."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from taxiway.checkpoint.limits import MAX_INTEGER, MAX_LINE, SHORT_TEXT, Broken, CutShort
from taxiway.checkpoint.source import Source, Span, Text


@dataclass(slots=True)
class Cursor:
    """A reading position in a source, and where the stream must have ended."""

    source: Source
    position: int
    stop: int

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self.position
        self._advance(count)
        return self.source.read(start, self.position)

    def skip(self, count: int) -> Span:
        """Step over `count` bytes without reading them."""
        start = self.position
        self._advance(count)
        return Span(self.source, start, self.position)

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def line(self) -> str:
        """Text up to the next newline, as protocol 0 writes its arguments."""
        ahead = self.source.read(self.position, min(self.position + MAX_LINE, self.stop))
        end = ahead.find(b"\n")
        if end < 0:
            raise Broken(f"has a line of over {MAX_LINE} bytes, or none, where a short one belongs")
        self.position += end + 1
        return ahead[:end].decode("latin-1")

    def _advance(self, count: int) -> None:
        if count > self.stop - self.position:
            raise CutShort(f"ends in the middle, after {self.stop} bytes: it was cut short")
        self.position += count


def _integer(cursor: Cursor, count: int) -> int:
    if count > MAX_INTEGER:
        raise Broken(f"holds an integer of {count} bytes")
    return int.from_bytes(cursor.take(count), "little", signed=True)


def _text(cursor: Cursor, count: int) -> str | Text:
    if count > SHORT_TEXT:
        return Text(cursor.skip(count))
    try:
        return cursor.take(count).decode("utf-8")
    except UnicodeDecodeError:
        raise Broken(f"holds text that is not UTF-8 before byte {cursor.position}") from None


def _old_text(cursor: Cursor, count: int) -> str:
    if count > SHORT_TEXT:
        raise Broken(f"holds a Python 2 string of {count} bytes")
    return cursor.take(count).decode("latin-1")


def _unicode_line(cursor: Cursor) -> str:
    """Text of any length up to the next newline: all that protocol 0 has for bytes, too."""
    begin, end = cursor.position, -1
    while end < 0:
        if begin >= cursor.stop:
            raise CutShort(f"ends in the middle, after {cursor.stop} bytes: it was cut short")
        ahead = cursor.source.read(begin, min(begin + SHORT_TEXT, cursor.stop))
        end = ahead.find(b"\n")
        begin += len(ahead) if end < 0 else end
    raw = cursor.take(begin - cursor.position)
    cursor.skip(1)
    try:
        return raw.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        raise Broken(f"holds text that is not escaped rightly before {cursor.position}") from None


def _number(cursor: Cursor, kind: type[int] | type[float]) -> int | float | bool:
    line = cursor.line().rstrip("L")
    if kind is int and line in ("00", "01"):
        return line == "01"
    if len(line) > 2 * MAX_INTEGER:
        raise Broken(f"holds a number of {len(line)} digits")
    try:
        return kind(line)
    except ValueError:
        raise Broken(f"has something else where a number belongs, at {cursor.position}") from None


def _float(cursor: Cursor) -> float:
    return float(struct.unpack(">d", cursor.take(8))[0])


LITERALS: dict[bytes, Callable[[Cursor], object]] = {
    b"N": lambda cursor: None,
    b"\x88": lambda cursor: True,
    b"\x89": lambda cursor: False,
    b"K": lambda cursor: cursor.unsigned(1),
    b"M": lambda cursor: cursor.unsigned(2),
    b"J": lambda cursor: _integer(cursor, 4),
    b"\x8a": lambda cursor: _integer(cursor, cursor.unsigned(1)),
    b"\x8b": lambda cursor: _integer(cursor, cursor.unsigned(4)),
    b"G": _float,
    b"X": lambda cursor: _text(cursor, cursor.unsigned(4)),
    b"\x8c": lambda cursor: _text(cursor, cursor.unsigned(1)),
    b"\x8d": lambda cursor: _text(cursor, cursor.unsigned(8)),
    b"B": lambda cursor: cursor.skip(cursor.unsigned(4)),
    b"C": lambda cursor: cursor.skip(cursor.unsigned(1)),
    b"\x8e": lambda cursor: cursor.skip(cursor.unsigned(8)),
    b"\x96": lambda cursor: cursor.skip(cursor.unsigned(8)),
    b"T": lambda cursor: _old_text(cursor, cursor.unsigned(4)),
    b"U": lambda cursor: _old_text(cursor, cursor.unsigned(1)),
    b"I": lambda cursor: _number(cursor, int),
    b"L": lambda cursor: _number(cursor, int),
    b"F": lambda cursor: _number(cursor, float),
    b"V": _unicode_line,
    b"S": lambda cursor: cursor.line().strip("'\""),
}
"""Opcode -> how its value is read. Byte strings stay in the file as spans."""
