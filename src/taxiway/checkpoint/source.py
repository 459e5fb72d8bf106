"""Random access to the bytes of a checkpoint, a small page at a time: the file is never held."""

import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from taxiway.checkpoint.limits import CutShort

PAGE = 1 << 14
CHUNK = 1 << 20


class Source:
    """A readable, seekable file, or bytes, of a known size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._page = b""
        self._start = 0
        self.size = file.seek(0, io.SEEK_END)

    def whole(self) -> "Span":
        """Everything there is."""
        return Span(self, 0, self.size)

    @classmethod
    def of(cls, data: bytes) -> "Source":
        """A source over bytes that are in memory already."""
        return cls(io.BytesIO(data))

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop`; raises Broken where the file ends before."""
        offset = start - self._start
        if offset >= 0 and stop - self._start <= len(self._page):
            return self._page[offset : stop - self._start]
        if stop > self.size:
            raise CutShort(_ENDS.format(self.size))
        self._file.seek(start)
        data = self._file.read(max(PAGE, stop - start))
        if len(data) < stop - start:
            raise CutShort(_ENDS.format(start + len(data)))
        if len(data) <= PAGE:
            self._page, self._start = data, start
        return data[: stop - start]

    def read_into(self, start: int, array: NDArray[np.generic]) -> None:
        """Fill a one-dimensional array with the bytes from `start` on."""
        self._file.seek(start)
        # BinaryIO does not declare it, yet files and BytesIO both have it.
        count: int = self._file.readinto(array.view(np.uint8).data)  # type: ignore[attr-defined]
        if count != array.nbytes:
            raise CutShort(_ENDS.format(start + count))

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """A range in pieces of a size that costs no memory; raises Broken where the file ends."""
        self._file.seek(start)
        while start < stop:
            chunk = self._file.read(min(CHUNK, stop - start))
            start += len(chunk)
            if not chunk:
                raise CutShort(_ENDS.format(start))
            yield chunk


@dataclass(frozen=True, slots=True)
class Span:
    """A byte string that stays where it is: a range of a source."""

    source: Source
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def read(self) -> bytes:
        return self.source.read(self.start, self.stop)

    def sha256(self) -> str:
        """The SHA-256 of these bytes, in hexadecimal."""
        digest = hashlib.sha256()
        for chunk in self.source.chunks(self.start, self.stop):
            digest.update(chunk)
        return digest.hexdigest()

    def crc32(self) -> int:
        """The checksum that zip files use."""
        value = 0
        for chunk in self.source.chunks(self.start, self.stop):
            value = zlib.crc32(chunk, value)
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """A long UTF-8 string that stays in the file, such as an embedded module."""

    span: Span


_ENDS = "ends in the middle, after {} bytes: the download or copy was cut short"


def embedded_code(owners: Iterable[tuple[str, str | Text]]) -> list[dict[str, Any]]:
    """Each text once: its "sha256", its "bytes" and the "classes" that come from it."""
    found: dict[int, dict[str, Any]] = {}
    for name, text in owners:
        entry = found.get(id(text)) or _entry(text)
        found[id(text)] = entry
        entry["classes"] = sorted({*entry["classes"], name})
    return list(found.values())


def _entry(text: str | Text) -> dict[str, Any]:
    if isinstance(text, Text):
        return {"sha256": text.span.sha256(), "bytes": len(text.span), "classes": []}
    data = text.encode()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "classes": []}
