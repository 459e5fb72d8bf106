"""The formats of boxes: which one a source has, reading it, writing it."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.training.datasets.boxes import coco, own, table, voc, yolo
from taxiway.training.datasets.boxes.files import Files, opened
from taxiway.training.datasets.boxes.found import Found, Labelled, Sizes

FORMATS: dict[str, ModuleType] = {
    "yolo": yolo, "voc": voc, "coco": coco, "csv": table, "taxiway": own,
}  # fmt: skip
"""In the order in which a source is asked."""
ORDER = ("taxiway", "coco", "voc", "csv", "yolo")
WANTED = (
    "it takes a YOLO folder (images, labels, data.yaml), XML files of Pascal VOC, a COCO JSON, "
    "a CSV with the columns " + ",".join(table.COLUMNS) + ", or a boxes.json"
)


def format_of(files: Files) -> str:
    """The format of a source. Raises InvalidArgument where it is none of them."""
    for name in ORDER:
        if FORMATS[name].describes(files):
            return name
    raise InvalidArgument(f"'{files.source}' holds no boxes; {WANTED}.")


def read(source: Path, pictures: Sizes | None = None, named: str | None = None) -> Labelled:
    """The boxes of a source: a folder, a zip file or a single file, of any format.

    They are about the source's own pictures, or about `pictures`; `named` says which format it is.
    What is wrong is in the answer, by file and line. Raises NotFound, or InvalidArgument where
    there is nothing that can be read.
    """
    with opened(source) as files:
        module = FORMATS[check_named(named) if named else format_of(files)]
        sizes = files.pictures if pictures is None else pictures
        found = Found(sizes)
        module.read(files, found)
        return found.labelled()


def write(labelled: Labelled, named: str) -> Iterator[tuple[str, bytes]]:
    """The files of that format, by name; not the pictures. Raises NotFound."""
    files: Iterator[tuple[str, bytes]] = FORMATS[check_named(named)].write(labelled)
    return files


def check_named(named: str) -> str:
    """The name of a format. Raises NotFound."""
    if named not in FORMATS:
        raise NotFound(
            f"There is no format '{named[:40]}' of boxes; there are: {', '.join(FORMATS)}."
        )
    return named
