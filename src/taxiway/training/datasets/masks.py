"""Pictures with label maps: which class every pixel is of, for landscapes and segmenters.

A source is a folder or a zip file with `pictures/NAME.jpg`, `masks/NAME.png` (grey or with a
palette: the numbers are the classes) and, where they have names, `classes.json`, a list of them.
Prepared, both are PNG under numbers, the maps in grey, and `masks.json` has the classes.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

import numpy as np
from msgspec import Struct
from PIL import Image

from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import NotFound
from taxiway.core.images import Pixels, Unusable, decode
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
from taxiway.training.datasets.boxes.kind import RESOLUTION, SHOWN, png, reduced, tiled
from taxiway.training.datasets.pictures.sources import MAX_BYTES, open_picture, open_source

COLOURS = np.random.default_rng(7).integers(40, 256, (256, 3), np.uint8)
"""For a look at maps."""


class Description(Struct):
    """A masks.json."""

    classes: list[str]
    count: int


class Pair(NamedTuple):
    """A picture uint8 [H, W, 3] and its classes uint8 [H, W]."""

    pixels: Pixels
    mask: Pixels


class Pairs(NamedTuple):
    """A prepared dataset; `classes` are by number, and `load` opens the n-th pair."""

    classes: tuple[str, ...]
    size: int
    load: Callable[[int], Pair]


class Masks(Kind):
    """The kind."""

    name, title = "masks", "Pictures with label maps"
    options: ClassVar[Mapping[str, AnyDataType]] = {
        "resolution": RESOLUTION,
    }

    def check(self, source: Path) -> Check:
        wrong, count, used = list[str](), 0, set[int]()
        names = classes_of(source)
        for name, found in pairs(source):
            count += 1
            if isinstance(found, str):
                wrong.append(f"'{name}' in '{source}' {found}.")
                continue
            classes = set(np.unique(np.asarray(found[1])).tolist())
            used |= classes
            if names and max(classes) >= len(names):
                wrong.append(
                    f"The map of '{name}' in '{source}' has class {max(classes)}; there are "
                    f"{len(names)}, from 0."
                )
        told = f"{count} pictures with maps of {len(names) or len(used)} classes."
        return Check(count, tuple(wrong), (told,))

    def prepare(
        self, source: Path, out: Path, values: Mapping[str, Any], advance: Advance = lambda: None
    ) -> Check:
        found, longest, highest = self.check(source), values.get("resolution"), 0
        refuse(source, found)
        with packing(out, self.name) as (archive, about):
            for number, (_, pair) in enumerate(pairs(source)):
                assert not isinstance(pair, str)  # as the check has seen
                image, mask = pair
                scale = min(1.0, longest / max(image.size)) if longest else 1.0
                small = reduced(image, scale)
                ids = mask.resize(small.size, Image.Resampling.NEAREST)
                archive.writestr(entry(f"pictures/{number:08d}.png"), png(small))
                archive.writestr(entry(f"masks/{number:08d}.png"), png(ids))
                highest = max(highest, int(np.asarray(ids).max()))
                advance()
            names = classes_of(source) or [str(number) for number in range(highest + 1)]
            about |= {"classes": names, "count": found.examples}
        return found

    def read(self, path: Path) -> Pairs:
        described = read_json(path, "masks.json", Description)

        def load(number: int) -> Pair:
            files = (f"{kind}/{number:08d}.png" for kind in ("pictures", "masks"))
            picture, mask = (read_member(path, file) for file in files)
            return Pair(np.asarray(open_picture(picture)), np.asarray(ids_of(mask)))

        return Pairs(tuple(described.classes), described.count, load)

    def sheet(self, path: Path) -> Pixels:
        """The first pictures, each half seen through the colours of its map."""
        found = self.read(path)
        shown = [found.load(number) for number in range(min(SHOWN, found.size))]
        blended = [(pair.pixels // 2 + COLOURS[pair.mask] // 2) for pair in shown]
        return tiled([Image.fromarray(pixels) for pixels in blended])


def pairs(source: Path) -> Iterator[tuple[str, tuple[Image.Image, Image.Image] | str]]:
    """Every picture of a source with its map, or a clause that says why there is none."""
    with open_source(source, described=False) as found:
        names = {item.name for item in found.items}
        for item in found.items:
            path = PurePosixPath(item.name)
            if "masks" in path.parts[:-1]:
                continue
            parts = ["masks" if part == "pictures" else part for part in path.parts]
            mask = PurePosixPath(*parts).with_suffix(".png").as_posix()
            if "masks" not in parts or mask not in names:
                yield item.name, f"has no map '{mask}'"
                continue
            try:
                image, ids = item.read(), ids_of(read_member(source, mask, MAX_BYTES))
            except Unusable as reason:
                yield item.name, f"or its map {reason}"
                continue
            different = (
                f"is {image.width} x {image.height} pixels, its map {ids.width} x {ids.height}"
            )
            yield item.name, (image, ids) if image.size == ids.size else different


def ids_of(data: bytes) -> Image.Image:
    """A label map in grey: its numbers as they are stored. Raises Unusable for colours."""
    image = decode(data, colours=False)
    if image.mode.startswith("I"):
        numbers = np.asarray(image)
        if numbers.max(initial=0) > 255:
            raise Unusable("has classes above 255")
        return Image.fromarray(numbers.astype(np.uint8))
    if image.mode == "P":
        return Image.fromarray(np.asarray(image))
    if image.mode not in ("L", "1"):
        raise Unusable("is in colour; a label map is grey or has a palette")
    return (
        image.convert("L")
        if image.mode == "L"
        else Image.fromarray(np.asarray(image) * np.uint8(1))
    )


def classes_of(source: Path) -> list[str]:
    """The names of the classes; none where a source does not say."""
    for file in ("classes.json", "masks.json"):
        try:
            if file == "classes.json":
                return read_json(source, file, list[str])
            return read_json(source, file, Description).classes
        except NotFound:
            continue
    return []


SLOT = Masks
