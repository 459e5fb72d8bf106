"""Writing files whole: what a user made is either the old file or the new one, never half."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path | str, data: bytes) -> None:
    """Write `data` to `path` through a temporary file beside it, flushed to disk and renamed.

    Raises OSError if the folder cannot be written; `path` is then what it was before.
    """
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path | str) -> Iterator[BinaryIO]:
    """A file to write into that becomes `path` at the end; on any error `path` stays as it was."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        error.filename = str(path)  # the name that was given, not the one made up
        raise
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and error.filename in (None, temporary):
            # A full disk does not say where it is full.
            error.filename = str(path)
        raise
