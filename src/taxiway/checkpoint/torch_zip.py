"""Torch's zip form (since 1.6): a pickle and one entry of plain numbers for every storage.

The archive is read by its central directory alone and only as torch writes it: entries stored
without compression, no two of one name, nothing outside of the file. No entry becomes a path.
"""

import struct
from typing import NamedTuple

from taxiway.checkpoint.limits import Broken, CutShort
from taxiway.checkpoint.machine import Machine, Reading
from taxiway.checkpoint.opcodes import Cursor
from taxiway.checkpoint.source import Source, Span
from taxiway.checkpoint.torch_stream import Storages

_END = struct.Struct("<4s4H2IH")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 1


class Entry(NamedTuple):
    """One file of the archive: where its bytes are and what they must sum up to."""

    span: Span
    crc32: int


def read_zip(source: Source, reading: Reading) -> object:
    """The value of a torch zip file, its storages in place; raises Broken or Refused."""
    entries = read_directory(source)
    folders = [name.removesuffix("/data.pkl") for name in entries if name.endswith("/data.pkl")]
    if len(folders) != 1:
        raise Broken("is a zip file without one torch checkpoint in it")
    folder, stream = folders[0], _checked(entries, f"{folders[0]}/data.pkl")
    order = f"{folder}/byteorder"
    if order in entries and _checked(entries, order).read() != b"little":
        raise Broken("was written on a machine of another byte order")
    storages = Storages()
    cursor = Cursor(source, stream.start, stream.stop)
    value = Machine(cursor, reading, persistent=storages.mention).run()
    for key, storage in storages.by_key.items():
        storage.place(_checked(entries, f"{folder}/data/{key}"))
    return value


def read_directory(source: Source) -> dict[str, Entry]:
    """The entries of a zip file by name; raises Broken unless they are as torch writes them."""
    end = source.size - _END.size
    if end < 0:
        raise CutShort("ends in the middle of a zip file: it was cut short")
    mark, _, _, _, count, size, start, _ = _END.unpack(source.read(end, source.size))
    if mark != b"PK\5\6":
        raise Broken("has no table of contents at its end: it was cut short, or is no torch file")
    if count == 0xFFFF or start == 0xFFFFFFFF or start + size > end:
        raise Broken("has a table of contents that does not fit into it")
    entries: dict[str, Entry] = {}
    cursor = Cursor(source, start, start + size)
    for _ in range(count):
        name, entry = _read_entry(cursor, limit=start)
        if name in entries:
            raise Broken(f"has two entries of the name {name!r:.60}")
        entries[name] = entry
    return entries


def _read_entry(cursor: Cursor, limit: int) -> tuple[str, Entry]:
    fields = _ENTRY.unpack(cursor.take(_ENTRY.size))
    mark, _, _, flags, method, _, _, crc32, packed, size, name_size, extra, comment = fields[:13]
    if mark != b"PK\1\2":
        raise Broken("has a broken table of contents")
    raw = cursor.take(name_size)
    cursor.skip(extra + comment)
    name = raw.decode("utf-8", "replace")
    if method or packed != size or flags & _ENCRYPTED:
        raise Broken(f"has a compressed entry {name!r:.60}, which torch never writes")
    start = _find(cursor.source, fields[-1], raw)
    if start + size > limit:
        raise Broken(f"has an entry {name!r:.60} that reaches beyond its end")
    return name, Entry(Span(cursor.source, start, start + size), crc32)


def _find(source: Source, offset: int, name: bytes) -> int:
    """Where the bytes of an entry begin, after its own header, which must name it the same."""
    header = source.read(offset, offset + _LOCAL.size)
    mark, *_, name_size, extra = _LOCAL.unpack(header)
    start = offset + _LOCAL.size + name_size
    if mark != b"PK\3\4" or source.read(offset + _LOCAL.size, start) != name:
        raise Broken(f"has an entry {name[:60]!r} that is not where it is said to be")
    return int(start + extra)


def _checked(entries: dict[str, Entry], name: str) -> Span:
    """The bytes of an entry, which must be there and undamaged."""
    if name not in entries:
        raise Broken(f"has no entry {name!r:.60}")
    span, crc32 = entries[name]
    if span.crc32() != crc32:
        raise Broken(f"is damaged: the bytes of its entry {name!r:.60} have changed")
    return span
