"""Frames kept in a folder while a film is made, so that an interrupted one goes on."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_png, pixels_in, read_metadata

KEY = "frame"
LEAST_FREE = 2 * 10**9
"""Bytes of a disk that frames leave to others where a film can do without."""


class Frames:
    """The frames of a film as `frame00000.png` and so on.

    `keys` has a text for each that stands for everything that it is made of; a frame that was
    made of something else does not count.
    """

    def __init__(self, folder: Path, keys: list[str]) -> None:
        self.folder, self.keys = folder, keys

    def path(self, index: int) -> Path:
        """The file of a frame."""
        return self.folder / f"frame{index:05d}.png"

    def has(self, index: int) -> bool:
        """Whether this very frame is there, whole.

        Raises InvalidArgument for a picture in its place that is no frame of Taxiway's.
        """
        return bool(self._key(self.path(index)) == self.keys[index])

    def _key(self, path: Path) -> object:
        """What a frame says that it is made of; None where there is none, or a damaged one."""
        try:
            told = read_metadata(path.read_bytes())
        except (OSError, InvalidArgument):
            return None
        if told is None or KEY not in told:
            raise InvalidArgument(f"'{path}' is not Taxiway's; choose another folder.")
        return told[KEY]

    def check_alone(self, force: bool) -> None:
        """Raises InvalidArgument where the folder holds frames of another film, or a longer one.

        With `force` they are removed.
        """
        wanted = {self.path(index): key for index, key in enumerate(self.keys)}
        for path in sorted(self.folder.glob("frame*.png")):
            key = self._key(path)
            if key is None or key == wanted.get(path):
                continue
            if not force:
                raise InvalidArgument(
                    f"'{self.folder}' holds the frames of another film; add --force to replace "
                    "them, or take another folder."
                )
            path.unlink()

    def missing(self) -> list[int]:
        """The frames that are yet to be made."""
        return [index for index in range(len(self.keys)) if not self.has(index)]

    def put(self, index: int, pixels: Pixels, told: Mapping[str, Any]) -> None:
        """Keep a frame and what made it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.path(index), encode_png(pixels, {**told, KEY: self.keys[index]}))

    @property
    def has_room(self) -> bool:
        """Whether more can be kept without filling the disk."""
        return shutil.disk_usage(self.folder.parent).free > LEAST_FREE

    def read(self, index: int) -> Pixels:
        """A frame, uint8 [H, W, 3], or [H, W, 4] with alpha."""
        path = self.path(index)
        return pixels_in(path.read_bytes(), path.name)

    def __iter__(self) -> Iterator[Pixels]:
        return (self.read(index) for index in range(len(self.keys)))

    def clear(self) -> None:
        """Remove the frames, and the folder if nothing else is in it."""
        known = {self.path(index) for index in range(len(self.keys))}
        for path in self.folder.glob("frame*.png"):
            with suppress(InvalidArgument):  # of another's picture
                if path in known or self._key(path) is not None:
                    path.unlink()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
