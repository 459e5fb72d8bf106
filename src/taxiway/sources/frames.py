"""The pictures of a folder, or the frames of a film, one after the other into a model."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from taxiway.core.datatypes import AnyDataType, Boolean, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Pixels, is_picture, rgb_pixels
from taxiway.core.source import Source
from taxiway.film.media import playing


class Frames(Source):
    """A folder's pictures in the order of their names, numbers as numbers; or a film."""

    title = "Frames"
    frames = True
    settings: ClassVar[Mapping[str, AnyDataType]] = {
        "path": Text(default=None, description="A folder of pictures, or a film."),
        "fps": Number(
            default=10, whole=True, min=1, max=240, description="So many pictures a second."
        ),
        "loop": Boolean(default=True, description="Begin again at the end."),
    }

    def read(self) -> Iterator[Pixels]:
        path = Path(self.settings_given["path"]).expanduser()
        if not path.exists():
            raise InvalidArgument(f"'path' takes a folder or a film; there is none at '{path}'.")
        pause = 1 / self.settings_given["fps"]
        while True:
            for pixels in pictures_in(path) if path.is_dir() else film(path):
                yield pixels
                if self.wait(pause):
                    return
            if not self.settings_given["loop"]:
                return


def pictures_in(folder: Path) -> Iterator[Pixels]:
    """The pictures of a folder, uint8 [H, W, 3]. Raises InvalidArgument where there are none."""
    paths = [path for path in folder.iterdir() if is_picture(path.name)]
    if not paths:
        raise InvalidArgument(f"There are no pictures in '{folder}'.")
    for path in sorted(paths, key=lambda path: _natural(path.name)):
        yield rgb_pixels(path.read_bytes(), path.name)


def film(path: Path) -> Iterator[Pixels]:
    """The frames of a film, uint8 [H, W, 3]. Raises InvalidArgument for what is none."""
    count = 0
    with playing(path) as opened:
        for frame in opened.decode(video=0):
            count += 1
            pixels: Pixels = frame.to_ndarray(format="rgb24")
            yield pixels  # [H, W, 3]
    if not count:
        raise InvalidArgument(f"There are no frames in '{path}'.")


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which 9 comes before 10."""
    return [
        (int(part), "") if part.isdigit() else (0, part.lower())
        for part in re.split(r"(\d+)", name)
    ]


SLOT = Frames
