"""Frames kept in a folder while a film is made, so that an interrupted one goes on."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from taxiway.core.errors import InvalidArgument
from taxiway.core.files import write_whole
from taxiway.core.images import Pixels, encode_png, read_metadata, rgb_pixels

KEY = "frame"


class Frames:
    """The frames of a film as `frame00000.png` and so on.

    `keys` has a text for each that stands for everything that it is made of; a frame that was
    made of something else does not count.
    """

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
        self.folder, self.keys = folder, keys
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, index: int) -> Path:
        """The file of a frame."""
        return self.folder / f"frame{index:05d}.png"

    def has(self, index: int) -> bool:
        """Whether this very frame is there, whole.

        Raises InvalidArgument for a picture in its place that is no frame of Taxiway's.
        """
        try:
            told = read_metadata(self.path(index).read_bytes())
        except (OSError, InvalidArgument):
            return False
        if told is None or KEY not in told:
            raise InvalidArgument(f"'{self.path(index)}' is not Taxiway's; choose another folder.")
        return bool(told[KEY] == self.keys[index])

    def missing(self) -> list[int]:
        """The frames that are yet to be made."""
        return [index for index in range(len(self.keys)) if not self.has(index)]

    def put(self, index: int, pixels: Pixels, told: Mapping[str, Any]) -> None:
        """Keep a frame and what made it."""
        write_whole(self.path(index), encode_png(pixels, {**told, KEY: self.keys[index]}))

    def read(self, index: int) -> Pixels:
        """A frame, uint8 [H, W, 3]."""
        path = self.path(index)
        return rgb_pixels(path.read_bytes(), path.name)

    def __iter__(self) -> Iterator[Pixels]:
        return (self.read(index) for index in range(len(self.keys)))

    def clear(self) -> None:
        """Remove the frames, and the folder if nothing else is in it."""
        for path in self.folder.glob("frame*.png"):
            path.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()
