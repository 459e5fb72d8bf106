"""Writing files whole: what a user made is either the old file or the new one, never half."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path | str, data: bytes) -> None:
    """Write `data` to `path` through a temporary file beside it, flushed to disk and renamed.

    Raises OSError if the folder cannot be written; `path` is then what it was before.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
