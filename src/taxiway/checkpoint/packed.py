"""Files that people packed: the one checkpoint in a gzip or zip file, unpacked within bounds."""

import gzip
import lzma
import tempfile
import zipfile
import zlib
from typing import IO, BinaryIO

from taxiway.checkpoint.limits import MAX_FILE, Broken
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


def unpacked(file: BinaryIO, size: int) -> BinaryIO:
    """What is packed in a file, or the file itself where nothing is, or nothing can be told.

    Raises Broken for an archive that becomes far larger than it is.
    """
    start = file.read(4)
    file.seek(0)
    try:
        if start[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as packed:
                return _copied(packed, size)
        if start == b"PK\3\4":
            return _zipped(file, size)
    except ERRORS:
        pass
    file.seek(0)
    return file


def _zipped(file: BinaryIO, size: int) -> BinaryIO:
    """The one checkpoint in a zip file that is no torch file itself."""
    archive = zipfile.ZipFile(file)
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    found = [name for name in names if name.lower().endswith(SUFFIXES)]
    if any(name.endswith("data.pkl") for name in names) or len(found) != 1:
        file.seek(0)
        return file
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
