"""Square pictures of one size, perhaps with classes, as a dataset kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from taxiway.core.datatypes import AnyDataType, Boolean, Category, Number
from taxiway.core.frame import flattened
from taxiway.core.images import Pixels, Unusable
from taxiway.training.dataset import Advance, Check, Kind
from taxiway.training.datasets.pictures.crops import CHANNELS, CROPS, Plan
from taxiway.training.datasets.pictures.packed import Pictures, is_packed, read_dataset
from taxiway.training.datasets.pictures.prepare import MOST, prepare
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.sheets import sheet

SHOWN = 36


class PicturesKind(Kind):
    """The kind."""

    name, title = "pictures", "Square pictures"
    options: ClassVar[Mapping[str, AnyDataType]] = {
        "resolution": Number(default=256, whole=True, description="pixels: 256"),
        "crop": Category(one_of=CROPS),
        "crops": Number(default=1, whole=True, description="random crops of each picture"),
        "channels": Category(one_of=CHANNELS),
        "mirror": Boolean(description="add a mirrored copy of each"),
        "labels": Boolean(description="folders are classes"),
        "seed": Number(default=0, whole=True, description="of the random crops"),
        "max_images": Number(default=MOST, whole=True, min=1),
        "few": Boolean(description="even with fewer than 50 pictures"),
    }

    def recognises(self, path: Path) -> bool:
        return is_packed(path)

    def check(self, source: Path) -> Check:
        wrong, count = list[str](), 0
        with open_source(source) as found:
            for item in found.items:
                count += 1
                try:
                    item.read()
                except Unusable as reason:
                    wrong.append(f"'{item.name}' in '{source}' {reason}.")
        classes = f" in {len(found.classes)} classes" if found.classes else ""
        return Check(count, tuple(wrong), (f"{count} pictures{classes}.",))

    def prepare(
        self, source: Path, out: Path, values: Mapping[str, Any], advance: Advance = lambda: None
    ) -> Check:
        """Broken pictures are left out and named, as all that a training would not get."""
        given = {name: option.fallback for name, option in self.options.items()} | dict(values)
        plan = Plan(*(given[name] for name in ("resolution", "crop", "crops", "mirror", "seed")))
        channels = int(given["channels"])
        with open_source(source, given["labels"], channels=channels) as found:
            made = prepare(found, out, plan, given["max_images"], given["few"], advance)
        return Check(made.written, (), tuple(made.lines()))

    def read(self, path: Path) -> Pictures:
        return read_dataset(path)

    def sheet(self, path: Path) -> Pixels:
        pictures = read_dataset(path)
        places = np.linspace(0, len(pictures) - 1, min(SHOWN, len(pictures))).astype(int)
        return sheet(np.stack([flattened(picture) for picture in pictures[places]]))
