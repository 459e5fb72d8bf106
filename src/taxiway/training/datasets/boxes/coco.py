"""COCO's format: one JSON file with `images`, `annotations` and `categories`."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json
from taxiway.training.dataset import MAX_JSON
from taxiway.training.datasets.boxes.files import Files
from taxiway.training.datasets.boxes.found import Found, Labelled

FILE = "boxes.coco.json"
NEW_LINE = b"\n"
_BYTE = re.compile(r"\(byte (\d+)\)")
Id = int | str


class Picture(Struct):
    """One of `images`."""

    id: Id
    file_name: str


class Category(Struct):
    """One of `categories`."""

    id: Id
    name: str


class Annotation(Struct):
    """One of `annotations`: left, top, width and height in pixels."""

    image_id: Id
    category_id: Id
    bbox: tuple[float, float, float, float] | None = None


class Document(Struct):
    """The whole file."""

    images: list[Picture]
    annotations: list[Annotation] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)


def read(files: Files, found: Found) -> None:
    """Every JSON file that has `images`."""
    for name in files.ending(".json"):
        where, data = f"'{name}' in '{files.source}'", files.read(name)
        if b'"images"' not in data:
            continue
        try:
            document: Document = from_json(data, Document, MAX_JSON)
        except Malformed as reason:
            found.say(where + line_of(str(reason), data), f"it is not understood ({reason})")
            continue
        read_document(document, where, found)


def read_document(document: Document, where: str, found: Found) -> None:
    """What one file says."""
    classes = {each.id: found.class_named(where, each.name) for each in document.categories}
    names = {each.id: found.picture(where, each.file_name) for each in document.images}
    for number, each in enumerate(document.annotations):
        place = f"{where}, annotation {number}"
        if each.image_id not in names or each.category_id not in classes:
            what = "image" if each.image_id not in names else "category"
            given = each.image_id if what == "image" else each.category_id
            found.say(place, f"there is no {what} {str(given)[:40]!r}")
            continue
        picture, kind = names[each.image_id], classes[each.category_id]
        if picture is None or kind is None:
            continue  # which was said
        if each.bbox is None:
            found.say(place, "it has no 'bbox'")
            continue
        x, y, width, height = each.bbox
        found.add(place, picture, (x, y, x + width, y + height), kind)


def line_of(reason: str, data: bytes) -> str:
    """`, line N` where a reason names a byte."""
    match = _BYTE.search(reason)
    before = data[: int(match[1])] if match else b""
    return f", line {before.count(NEW_LINE) + 1}" if match else ""


def write(labelled: Labelled) -> Iterator[tuple[str, bytes]]:
    """The one file."""
    images, annotations = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, (name, (size, boxes)) in enumerate(labelled.pictures.items(), 1):
        plain = name.removeprefix("images/")
        images.append({"id": number, "file_name": plain, "width": size[0], "height": size[1]})
        for x, y, width, height, kind in boxes:
            box = [round(each, 3) for each in (x, y, width, height)]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": kind + 1,
                    "bbox": box,
                    "area": round(width * height, 3),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": k, "name": name} for k, name in enumerate(labelled.classes, 1)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    yield FILE, msgspec.json.format(msgspec.json.encode(document), indent=1)


def describes(files: Files) -> bool:
    """Whether the files look like this format."""
    for name in files.ending(".json"):
        try:
            if b'"annotations"' in files.read(name):
                return True
        except InvalidArgument:
            continue
    return False
