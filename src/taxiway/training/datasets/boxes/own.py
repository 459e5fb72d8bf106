"""Taxiway's own format: one boxes.json, in pixels, classes by number."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from taxiway.core.parsing import Malformed, from_json
from taxiway.training.dataset import MAX_JSON
from taxiway.training.datasets.boxes.files import Files
from taxiway.training.datasets.boxes.found import Box, Found, Labelled

FILE = "boxes.json"


class Description(Struct):
    """A boxes.json."""

    classes: list[str]
    boxes: dict[str, list[Box]]


def read(files: Files, found: Found) -> None:
    """The one file."""
    name = next(each for each in files.names if PurePosixPath(each).name == FILE)
    where = f"'{name}' in '{files.source}'"
    try:
        described: Description = from_json(files.read(name), Description, MAX_JSON)
    except Malformed as reason:
        found.say(where, f"it is not understood ({reason})")
        return
    for each in described.classes:
        found.class_named(where, each)
    if len(found.classes) < len(described.classes) or not found.classes:
        found.say(where, "it takes one class or more, each with a name of its own")
        return
    for picture, boxes in described.boxes.items():
        known = found.picture(where, picture)
        for number, (x, y, width, height, kind) in enumerate(boxes if known else ()):
            assert known is not None
            place = f"{where}, box {number} of '{picture[:200]}'"
            if not 0 <= kind < len(found.classes):
                found.say(place, f"there is no class {kind}; there are {len(found.classes)}")
                continue
            found.add(place, known, (x, y, x + width, y + height), kind)


def write(labelled: Labelled) -> Iterator[tuple[str, bytes]]:
    """The one file."""
    boxes = {name: each.boxes for name, each in labelled.pictures.items()}
    yield FILE, msgspec.json.encode(Description(labelled.classes, boxes))


def describes(files: Files) -> bool:
    """Whether the files look like this format."""
    names = [name for name in files.names if PurePosixPath(name).name == FILE]
    return any(b'"annotations"' not in files.read(name) for name in names)
