"""The lines of text files, for a model that takes a text: each is asked about as a picture is."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from taxiway.core.errors import InvalidArgument
from taxiway.tools.batch.given import MOST_BYTES, Picture, free_stem


class Lines:
    """What files of text say, a line each; lines of nothing but space are passed over.

    Raises InvalidArgument where there are none, or of what is no UTF-8.
    """

    fps = 10.0

    def __init__(self, given: Any) -> None:
        items = given if isinstance(given, list) else [given]
        self._texts = [read(item) for item in items]
        self.count = sum(1 for _ in self)
        if not self.count:
            raise InvalidArgument(
                "'pictures' holds no lines; it takes files of text, such as prompts.txt.",
                "pictures",
            )

    def __iter__(self) -> Iterator[Picture]:
        taken = set[str]()
        for name, text in self._texts:
            stem = free_stem(name, taken)
            for number, line in enumerate(text.splitlines(), 1):
                if line.strip():
                    said = partial(str, line)
                    yield Picture(f"{name} {number}", f"{stem}/line{number:06d}", said)


def read(item: Path | bytes) -> tuple[str, str]:
    """A file's name, and what it says."""
    name = item.name if isinstance(item, Path) else "text"
    try:
        if isinstance(item, Path) and item.stat().st_size > MOST_BYTES:
            raise InvalidArgument(f"'{name}' is larger than {MOST_BYTES // 2**20} MB.", "pictures")
        data = item.read_bytes() if isinstance(item, Path) else item
        return name, data.decode("utf-8-sig")
    except OSError as error:
        raise InvalidArgument(f"'{name}' cannot be read: {error.strerror}.", "pictures") from None
    except UnicodeDecodeError:
        raise InvalidArgument(f"'{name}' is no text in UTF-8.", "pictures") from None
