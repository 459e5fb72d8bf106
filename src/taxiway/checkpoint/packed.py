"""Files that people packed: the one checkpoint in a gzip or zip file, unpacked within bounds."""

import bz2
import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO

from taxiway.checkpoint.limits import MAX_FILE, Broken, CutShort
from taxiway.checkpoint.source import CHUNK

SUFFIXES = (".pkl", ".pt", ".pth", ".ckpt", ".safetensors", ".bin")
TIMES = 20
"""How many times as large as it is a packed file may become: weights hardly shrink."""
IN_MEMORY = 64 << 20
ERRORS = (
    OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError,
    RuntimeError, ValueError, UnicodeError,
)  # fmt: skip
"""What unpacking raises for broken, encrypted or unknown archives."""


OPENERS: dict[bytes, Callable[..., IO[Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
"""What opens a file that is packed alone, by its first bytes."""


def unpacked(file: BinaryIO, size: int) -> BinaryIO:
    """What is packed in a file, or the file itself where nothing is, or nothing can be told.

    Something packed twice is unpacked twice. Raises Broken for an archive that becomes far larger
    than it is, ends in the middle, or has several checkpoints.
    """
    once = _unpacked(file, size)
    if once is file:
        return file
    twice = once
    try:
        twice = _unpacked(once, size)
    finally:
        if twice is not once:
            once.close()
    return twice


def _unpacked(file: BinaryIO, size: int) -> BinaryIO:
    start = file.read(6)
    file.seek(0)
    try:
        for mark, opener in OPENERS.items():
            if start.startswith(mark):
                with opener(file) as packed:
                    return _copied(packed, size)
        if start.startswith(b"PK\3\4"):
            return _zipped(file, size)
    except EOFError:
        raise CutShort("ends in the middle of what is packed in it: it was cut short") from None
    except ERRORS:
        pass
    file.seek(0)
    return file


def _zipped(file: BinaryIO, size: int) -> BinaryIO:
    """The one checkpoint in a zip file that is no torch file itself."""
    archive = zipfile.ZipFile(file)
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    found = [name for name in names if name.lower().removesuffix(".gz").endswith(SUFFIXES)]
    if any(name.endswith("data.pkl") for name in names) or not found:
        file.seek(0)
        return file
    if len(found) > 1:
        told = ", ".join(f"'{name:.60}'" for name in found[:3])
        raise Broken(f"holds {len(found)} checkpoints ({told}): unpack the one that is meant")
    with archive.open(found[0]) as packed:
        return _copied(packed, size)


def _copied(packed: "IO[bytes] | gzip.GzipFile", size: int) -> BinaryIO:
    """A packed file's bytes, in memory or, where they are many, in a file without a name."""
    room = min(TIMES * size + CHUNK, MAX_FILE)
    copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as its reader
    try:
        while chunk := packed.read(CHUNK):
            room -= len(chunk)
            if room < 0:
                raise Broken(f"unpacks to more than {TIMES} times its size")
            copy.write(chunk)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy  # type: ignore[return-value]  # it has all that a BinaryIO has
