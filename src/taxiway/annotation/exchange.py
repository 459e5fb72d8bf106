"""Boxes of an annotated folder out to other formats, and in from them."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from msgspec import Struct

from taxiway.annotation.folder import AnnotatedFolder
from taxiway.core.errors import InvalidArgument
from taxiway.core.files import check_free, whole_file
from taxiway.training.dataset import entry
from taxiway.training.datasets.boxes import Box, formats
from taxiway.training.datasets.boxes.faults import SAME, overlap

ALONE = {"coco": ".json", "csv": ".csv", "taxiway": ".json"}
"""Formats of one file, and how it ends."""


class Imported(Struct, frozen=True):
    """How many pictures and boxes came, how many boxes were there already, and were cut."""

    pictures: int
    boxes: int
    known: int
    cut: int
    classes: list[str]


def export(folder: AnnotatedFolder, named: str, out: Path, pictures: bool = False) -> int:
    """Write what is done as a zip file, or as the one file of a format; how many pictures it is.

    In a zip file the `pictures` may come too. Never over a file that is there. Raises
    InvalidArgument, NotFound or OSError.
    """
    check_free(out)
    labelled = folder.labelled()
    if not labelled.pictures:
        raise InvalidArgument("No picture is done yet, so there is nothing to export.")
    files = dict(formats.write(labelled, named))
    alone = ALONE.get(named)
    if out.suffix.lower() == alone and not pictures:
        with whole_file(out) as file:
            file.write(next(iter(files.values())))
        return len(labelled.pictures)
    if out.suffix.lower() != ".zip":
        also = f" or {alone}" if alone else ""
        raise InvalidArgument(f"'{out.name}' ends otherwise than .zip{also}, which is written.")
    with whole_file(out) as file, ZipFile(file, "w", ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(entry(name), data, ZIP_DEFLATED)
        for name in labelled.pictures if pictures else ():
            archive.write(folder.path(name), f"images/{name}")
    return len(labelled.pictures)


def bring_in(folder: AnnotatedFolder, source: Path, named: str | None = None) -> Imported:
    """Add the boxes of a source to those that there are; none goes. A picture that it is about is
    done then. Nothing is changed where something is wrong with it.

    Raises InvalidArgument naming the file and the line, NotFound, Conflict or Unavailable.
    """
    found = formats.read(source, folder.sizes(), named)
    if found.wrong:
        more = len(found.wrong) - 1
        raise InvalidArgument(
            f"Nothing is imported: {found.wrong[0]}{f' And {more} more.' if more else ''}"
        )
    if not found.pictures:
        raise InvalidArgument(f"'{source.name}' is about no picture here.")
    classes = folder.add_classes(found.classes)
    ids = {each.name.casefold(): each.id for each in classes.active}
    new = known = 0
    for name, pictured in found.pictures.items():
        shown = folder.one(name)
        boxes = [(*box[:4], ids[found.classes[box[4]].casefold()]) for box in pictured.boxes]
        added = [box for box in boxes if not is_there(box, shown.boxes)]
        new, known = new + len(added), known + len(boxes) - len(added)
        folder.put(name, shown.version, "done", [*shown.boxes, *added])
    return Imported(len(found.pictures), new, known, found.cut, found.classes)


def is_there(box: Box, others: list[Box]) -> bool:
    """Whether a box of the same class lies there already."""
    return any(box[4] == each[4] and overlap(box, each) >= SAME for each in others)


def summary(done: Imported) -> str:
    """What came, in words."""
    boxes = f"{done.boxes} {'box' if done.boxes == 1 else 'boxes'}"
    pictures = f"{done.pictures} {'picture' if done.pictures == 1 else 'pictures'}"
    words = f"{boxes} came, for {pictures}."
    words += f" {done.known} were there already." if done.known else ""
    return words + (f" {done.cut} reached over an edge, and are cut there." if done.cut else "")
