"""The frames as pictures in a folder, numbered."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from taxiway.core.datatypes import AnyDataType, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import rename_to_free
from taxiway.core.frame import Frame
from taxiway.core.images import encode_jpeg, encode_png
from taxiway.core.sink import Sink, SinkDone

_NUMBERED = re.compile(r"frame(\d+)\.(png|jpg)", re.ASCII)
LONGEST_VECTOR = 2**16
LONGEST_TEXT = 2**12
"""What is longer is not written into a PNG: so many numbers, so many characters."""


class Folder(Sink):
    """`frame000001.png` and so on, after the highest number that is there.

    Every file is whole from the moment that it has its name, and no file is ever replaced. A PNG
    says which inputs made it, so that dropping it on the studio brings them back.
    """

    title = "Folder"
    seen = "Look into the folder."
    alpha = True
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "path": Text(default=None, description="The folder; it is made if it is not there."),
        "format": Category(one_of=("PNG", "JPEG")),
        "quality": Number(default=95, whole=True, min=1, max=100, description="Of JPEG."),
        "limit": Number(
            default=None, optional=True, whole=True, min=1,
            description="Stop after so many pictures.",
        ),
    }  # fmt: skip

    _number = 0
    _written = 0

    @property
    def address(self) -> str:
        return str(self._folder)

    @property
    def _folder(self) -> Path:
        return Path(self.settings_given["path"]).expanduser().absolute()

    def open(self, width: int, height: int, fps: int) -> None:
        if not self.settings_given["path"].strip():
            raise InvalidArgument("'path' takes a folder, got nothing.", "path")
        self._folder.mkdir(parents=True, exist_ok=True)
        found = (_NUMBERED.fullmatch(name) for name in os.listdir(self._folder))
        self._number = max((int(match[1]) for match in found if match), default=0)

    def send(self, frame: Frame) -> None:
        suffix, data = self._encoded(frame)
        handle, temporary = tempfile.mkstemp(prefix=".frame", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(temporary, 0o644)
            self._place(Path(temporary), suffix)
        except BaseException:
            os.unlink(temporary)
            raise
        self._written += 1
        if self._written == self.settings_given["limit"]:
            what = "1 picture is" if self._written == 1 else f"{self._written} pictures are"
            raise SinkDone(f"{what} in {self._folder}.")

    def _place(self, temporary: Path, suffix: str) -> None:
        """Give a file the next number that is free."""
        while True:
            self._number += 1
            try:
                rename_to_free(temporary, self._folder / f"frame{self._number:06d}{suffix}")
            except FileExistsError:
                continue
            return

    def _encoded(self, frame: Frame) -> tuple[str, bytes]:
        if self.settings_given["format"] == "JPEG" and frame.pixels.shape[2] == 3:
            return ".jpg", encode_jpeg(frame.pixels, self.settings_given["quality"])
        return ".png", encode_png(frame.pixels, _plain(frame.values))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that fit into a text chunk: numbers, text, vectors."""
    vectors = {
        name: value.tolist()
        for name, value in values.items()
        if isinstance(value, np.ndarray)
        and value.size <= LONGEST_VECTOR
        and value.dtype != np.uint8
    }
    plain = {
        name: value
        for name, value in values.items()
        if isinstance(value, (int, float, bool))
        or (isinstance(value, str) and len(value) <= LONGEST_TEXT and value[:5] != "data:")
    }
    return {**plain, **vectors}


SLOT = Folder
