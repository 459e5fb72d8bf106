"""Packed datasets in the layout of StyleGAN's tools: square PNGs in a zip file, with labels.

`00000/img00000000.png` and on, a thousand to a folder, stored without compression, and a
`dataset.json` of `{"labels": [[name, class], ...]}` or `{"labels": null}`, with a list of weights
in place of the class where pictures show several; where the classes have names, "classes" lists
them, which only Taxiway reads.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from taxiway.core import zips
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import whole_file
from taxiway.core.images import MODES, Unusable
from taxiway.core.memory import memory_here
from taxiway.training.datasets.pictures.crops import RESOLUTIONS
from taxiway.training.datasets.pictures.labels import DESCRIPTION, Classes, Label, understood
from taxiway.training.datasets.pictures.sources import open_source

Pictures = NDArray[np.uint8]
MAX_BYTES = 5_000_000_000
"""The largest dataset that is written."""


class Packing:
    """A dataset being written. The same pictures in the same order give the same bytes."""

    def __init__(self, archive: ZipFile) -> None:
        self.archive, self.labels, self.bytes = archive, list[tuple[str, Label]](), 0
        self.classes: tuple[str, ...] = ()

    def add(self, square: Image.Image, label: Label) -> None:
        """Append one picture; raises InvalidArgument when there is more than a dataset holds."""
        buffer = io.BytesIO()
        square.save(buffer, "PNG")
        number = len(self.labels)
        name = f"{number // 1000:05d}/img{number:08d}.png"
        self.bytes += buffer.tell()
        if self.bytes > MAX_BYTES:
            raise InvalidArgument(
                f"The dataset is larger than {MAX_BYTES // 10**9} GB after {number} pictures; "
                "take a smaller --resolution or fewer pictures (--max-images)."
            )
        self.archive.writestr(entry(name), buffer.getvalue())
        self.labels.append((name, label))

    def describe(self) -> None:
        """Write the labels, and the names in `classes`; the last thing."""
        known = any(label is not None for _, label in self.labels)
        names = {"classes": self.classes} if known and self.classes else {}
        text = json.dumps({"labels": self.labels if known else None, **names})
        self.archive.writestr(entry(DESCRIPTION), text)


@contextmanager
def packing(path: Path) -> Iterator[Packing]:
    """A dataset to write, which becomes `path` only when it is whole."""
    with whole_file(path) as file, ZipFile(file, "w", ZIP_STORED) as archive:
        made = Packing(archive)
        yield made
        made.describe()


def is_packed(path: Path) -> bool:
    """Whether a file is a dataset as it is written here: a zip file that ends with its labels."""
    try:
        with zips.opened(path) as archive:
            return archive.namelist()[-1:] == [DESCRIPTION]
    except zips.Unreadable:
        return False


def entry(name: str) -> ZipInfo:
    """A member of a zip file without the time and the machine that it was made on."""
    info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def read_dataset(path: Path, channels: int | None = None) -> Pictures:
    """The pictures [N, S, S, channels] of a prepared dataset, zip or folder, in the order of names.

    `channels` is 1 (grey), 3 (colours) or 4 (with alpha); None is as all of them are stored, and 3
    where some differ or alpha hides nothing. Raises InvalidArgument where they are not square and
    all of one size that there are models of, cannot be opened, or are more than the memory holds.
    """
    kept = read_stored(path, channels)
    if kept is None:
        kept = read_stored(path, 3)
        assert kept is not None
    if channels is None and kept.shape[3] == 4 and (kept[..., 3] == 255).all():
        return np.ascontiguousarray(kept[..., :3])
    return kept


def read_stored(path: Path, channels: int | None) -> Pictures | None:
    """The pictures of a dataset, or None where `channels` is None and they differ in theirs."""
    with open_source(path, described=False, channels=channels) as source:
        if not source.count or source.moving:
            raise unprepared(path, "is a video" if source.moving else "holds no pictures")
        if source.count == 1:
            raise unprepared(path, "holds one picture only, and a training takes two at least")
        made: Pictures | None = None
        for i, item in enumerate(source.items):
            try:
                image = item.read()
            except Unusable as reason:
                raise unprepared(path, f"has a picture '{item.name}' that {reason}") from None
            if made is None:
                made = room(path, source.count, item.name, image)
            if image.size != (made.shape[2], made.shape[1]):
                raise unprepared(path, f"has pictures of several sizes, such as '{item.name}'")
            if MODES[made.shape[3]] != image.mode:
                return None
            made[i] = np.asarray(image).reshape(made.shape[1:])
    return made


def read_classes(path: Path) -> Classes:
    """The classes of a dataset's pictures, zip or folder, in the order of `read_dataset`.

    Raises InvalidArgument where labels are not understood, some pictures have none, or a class has
    no picture.
    """
    with open_source(path) as source:
        items, known = list(source.items), source.classes
    if all(item.label is None for item in items):
        raise InvalidArgument(
            f"'{path}' has no labels; sort the pictures into folders, a class each, and: "
            "taxiway dataset prepare SOURCE OUT.zip --labels"
        )
    return understood(path, [(item.name, item.label) for item in items], known)


def room(path: Path, count: int, name: str, first: Image.Image) -> Pictures:
    """Space for pictures like the first one; InvalidArgument for what is no dataset."""
    width, height = first.size
    channels = len(first.getbands())
    if width != height or width not in RESOLUTIONS:
        raise unprepared(
            path,
            f"has pictures like '{name}' of {width} x {height} pixels; a training takes "
            f"squares of {', '.join(map(str, RESOLUTIONS))}",
        )
    wanted, there = channels * count * width * height, memory_here()
    if wanted > there:
        raise InvalidArgument(
            f"'{path}' takes {wanted / 1e9:.1f} GB of memory, and here are {there / 1e9:.1f}; "
            "prepare it again with a smaller --resolution or --max-images."
        )
    return np.empty((count, height, width, channels), np.uint8)


def unprepared(path: Path, what: str) -> InvalidArgument:
    """The error for pictures that a training cannot take as they are."""
    return InvalidArgument(
        f"'{path}' {what}; make it ready with: taxiway dataset prepare SOURCE OUT.zip"
    )
