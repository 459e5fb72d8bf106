"""The dataset kind of pictures with boxes: where things are, and of which class, for detectors.

A source is a folder or a zip file of pictures with a `boxes.json`: `{"classes": ["cat", "dog"],
"boxes": {"a.jpg": [[x, y, width, height, class], ...]}}`, in pixels of the upright picture, classes
by number; or with boxes in another of the `formats`, of which only labelled pictures count.
Prepared, the pictures are PNG under numbers, with a boxes.json.
"""

import io
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from taxiway.core.datatypes import AnyDataType, Number
from taxiway.core.errors import NotFound
from taxiway.core.images import Pixels, Unusable
from taxiway.training.dataset import (
    Advance,
    Check,
    Kind,
    entry,
    packing,
    read_json,
    read_member,
    refuse,
)
from taxiway.training.datasets.boxes import formats
from taxiway.training.datasets.boxes.found import Box, Labelled
from taxiway.training.datasets.boxes.own import FILE, Description
from taxiway.training.datasets.pictures.sources import open_picture, open_source
from taxiway.training.sheets import sheet

NO_CLASS = "There is no class; a detector takes one or more."
SHOWN, SIDE = 16, 128
"""Pictures on a contact sheet, and pixels of each."""


RESOLUTION = Number(
    default=None,
    optional=True,
    whole=True,
    min=16,
    description="longest side in pixels: as it is",
)


class Example(NamedTuple):
    """A picture by its name in the dataset, opened by `pixels`, with its boxes."""

    name: str
    pixels: Callable[[], Pixels]
    boxes: list[Box]


class Examples(NamedTuple):
    """A prepared dataset."""

    classes: tuple[str, ...]
    examples: list[Example]


class Boxes(Kind):
    """The kind."""

    name, title = "boxes", "Pictures with boxes and classes"
    options: ClassVar[Mapping[str, AnyDataType]] = {
        "resolution": RESOLUTION,
    }

    def check(self, source: Path) -> Check:
        described, found = described_by(source)
        if found is not None:
            return told_of(found)
        wrong, count, names = list(wrong_classes(source, described.classes)), 0, set()
        for name, image in opened(source):
            names.add(name)
            count += 1
            if isinstance(image, str):
                wrong.append(f"'{name}' in '{source}' {image}.")
            else:
                boxes = described.boxes.get(name, [])
                wrong += wrong_boxes(source, name, boxes, image.size, len(described.classes))
        missing = [name for name in described.boxes if name not in names]
        wrong += [f"'{source}' has boxes for '{name}' and no such picture." for name in missing]
        total = sum(map(len, described.boxes.values()))
        told = f"{count} pictures, {total} boxes of {len(described.classes)} classes."
        return Check(count, tuple(wrong), (told,))

    def prepare(
        self, source: Path, out: Path, values: Mapping[str, Any], advance: Advance = lambda: None
    ) -> Check:
        check = self.check(source)
        described, found = described_by(source)
        refuse(source, check, self.name)
        longest = values.get("resolution")
        with packing(out, self.name) as (archive, about):
            about |= {"classes": described.classes, "boxes": {}}
            wanted = (
                (name, image)
                for name, image in opened(source)
                if found is None or name in described.boxes
            )
            for number, (name, image) in enumerate(wanted):
                assert not isinstance(image, str)  # as the check has seen
                scale = min(1.0, longest / max(image.size)) if longest else 1.0
                packed = f"{number // 1000:05d}/img{number:08d}.png"
                archive.writestr(entry(packed), png(reduced(image, scale)))
                boxes = described.boxes.get(name, [])
                about["boxes"][packed] = [(*(v * scale for v in box[:4]), box[4]) for box in boxes]
                advance()
        return check

    def read(self, path: Path) -> Examples:
        """The examples of a prepared dataset, or of a source of any format that has nothing wrong
        with it."""
        described, found = described_by(path)
        if found is not None:
            refuse(path, told_of(found), self.name)

        def opener(name: str) -> Callable[[], Pixels]:
            return lambda: np.asarray(open_picture(read_member(path, name)))

        examples = [Example(name, opener(name), boxes) for name, boxes in described.boxes.items()]
        return Examples(tuple(described.classes), examples)

    def sheet(self, path: Path) -> Pixels:
        """The first pictures with their boxes drawn."""
        return tiled([drawn(example) for example in self.read(path).examples[:SHOWN]])


def described_by(source: Path) -> tuple[Description, Labelled | None]:
    """The boxes of a source; and where it has no boxes.json, what was found instead of one.

    Raises NotFound or InvalidArgument.
    """
    try:
        return read_json(source, FILE, Description), None
    except NotFound:
        found = formats.read(source)
    boxes = {name: each.boxes for name, each in found.pictures.items()}
    return Description(found.classes, boxes), found


def told_of(found: Labelled) -> Check:
    """What other formats say, in words."""
    total = sum(len(each.boxes) for each in found.pictures.values())
    lines = [
        f"{len(found.pictures)} labelled pictures, {total} boxes of {len(found.classes)} classes."
    ]
    if found.cut:
        lines.append(f"{found.cut} boxes reached over an edge, and are cut there.")
    wrong = found.wrong if found.classes or not found.pictures else [*found.wrong, NO_CLASS]
    return Check(len(found.pictures), tuple(wrong), tuple(lines))


def wrong_boxes(
    source: Path, name: str, boxes: list[Box], size: tuple[int, int], classes: int
) -> Iterator[str]:
    """What is wrong with a picture's boxes, a sentence each."""
    for number, (left, top, width, height, kind) in enumerate(boxes):
        which = f"Box {number} of '{name}' in '{source}'"
        if not all(map(math.isfinite, (left, top, width, height))) or min(width, height) <= 0:
            yield f"{which} has no width or height: {width:g} x {height:g}."
        elif left < 0 or top < 0 or left + width > size[0] or top + height > size[1]:
            yield f"{which} lies outside of the {size[0]} x {size[1]} pixels of the picture."
        elif not 0 <= kind < classes:
            yield f"{which} is of class {kind}; there are {classes}, from 0."


def wrong_classes(source: Path, classes: list[str]) -> Iterator[str]:
    """What is wrong with the names of classes."""
    if not classes or len(set(classes)) < len(classes) or not all(classes):
        yield f"'{source}' takes one class or more, each with a name of its own."


def opened(source: Path) -> Iterator[tuple[str, Image.Image | str]]:
    """Every picture of a source, or a clause that says why it cannot be used."""
    with open_source(source, described=False) as pictures:
        for item in pictures.items:
            try:
                yield item.name, item.read()
            except Unusable as reason:
                yield item.name, str(reason)


def reduced(image: Image.Image, scale: float) -> Image.Image:
    """A picture made smaller."""
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def png(image: Image.Image) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def drawn(example: Example) -> Image.Image:
    """A picture with frames around its boxes."""
    image = Image.fromarray(example.pixels())
    draw = ImageDraw.Draw(image)
    for left, top, width, height, _ in example.boxes:
        draw.rectangle((left, top, left + width, top + height), outline="red")
    return image


def tiled(images: list[Image.Image]) -> Pixels:
    """A square contact sheet [H, W, 3]; the last places may be white."""
    side = math.ceil(math.sqrt(max(1, len(images))))
    made = np.full((side * side, SIDE, SIDE, 3), 255, np.uint8)
    for place, image in enumerate(images):
        image.thumbnail((SIDE, SIDE))
        pixels = np.asarray(image.convert("RGB"))
        made[place, : pixels.shape[0], : pixels.shape[1]] = pixels
    return sheet(made)


SLOT = Boxes
