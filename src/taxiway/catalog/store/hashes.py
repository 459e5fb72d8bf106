"""What files are called by their contents."""

import hashlib
import re
from pathlib import Path

PIECE = 2**18


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's contents, in digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_of(path: Path) -> str:
    """What git calls a file's contents."""
    with path.open("rb") as file:
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def is_sha256(text: str) -> bool:
    """Whether it is written as one."""
    return re.fullmatch(r"[0-9a-f]{64}", text, re.ASCII) is not None
