"""Small pictures for a strip of hundreds: made when they are looked at, and kept a while."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from taxiway.annotation.folder import AnnotatedFolder
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Unusable, decode, encode_jpeg, over_white

SIDE = 160
KEPT = 4000
"""Thumbnails of about 5 KB."""
SHOWN_AS_IT_IS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
                  ".webp": "image/webp", ".gif": "image/gif"}  # fmt: skip
"""What every browser shows; others go as JPEG."""


def thumbnail(folder: AnnotatedFolder, name: str) -> bytes:
    """A JPEG of at most SIDE pixels. Raises NotFound or InvalidArgument."""
    path = folder.path(name)
    about = path.stat()
    return _made(path, about.st_mtime_ns, about.st_size)


def as_jpeg(folder: AnnotatedFolder, name: str) -> bytes:
    """A whole picture that no browser shows. Raises NotFound or InvalidArgument."""
    return encode_jpeg(np.asarray(opened(folder.path(name))))


@lru_cache(KEPT)
def _made(path: Path, changed: int, size: int) -> bytes:
    image = opened(path, SIDE)
    image.thumbnail((SIDE, SIDE))
    return encode_jpeg(np.asarray(image), 80)


def opened(path: Path, near: int = 0) -> Image.Image:
    """A picture in colours, perhaps smaller than it is, but not than `near` pixels.

    Raises InvalidArgument.
    """
    try:
        return over_white(decode(path.read_bytes(), near=near))
    except OSError as error:
        raise InvalidArgument(f"'{path.name}' cannot be read: {error.strerror}.") from None
    except Unusable as reason:
        raise InvalidArgument(f"The picture '{path.name}' {reason}.") from None
