"""Boxes as CSV: a row for each box, `filename,width,height,class,xmin,ymin,xmax,ymax`.

Columns are found by their names, in any order; `x,y,width,height` and a table without names
(`filename,xmin,ymin,xmax,ymax,class`) are understood as well. A row with nothing but a file name
is a picture with nothing in it.
"""

import csv
import io
from collections.abc import Iterator, Mapping

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import is_picture
from taxiway.training.datasets.boxes.files import Files
from taxiway.training.datasets.boxes.found import Found, Labelled, finite

FILE = "boxes.csv"
COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
BARE = ("filename", "xmin", "ymin", "xmax", "ymax", "class")
SAME = {
    "filename": ("filename", "file", "image", "image_path", "path", "picture"),
    "class": ("class", "label", "name", "category", "label_name"),
    "xmin": ("xmin", "x1", "left"),
    "ymin": ("ymin", "y1", "top"),
    "xmax": ("xmax", "x2", "right"),
    "ymax": ("ymax", "y2", "bottom"),
    "x": ("x", "bbox_x"),
    "y": ("y", "bbox_y"),
    "w": ("w", "bbox_width", "box_width", "width"),
    "h": ("h", "bbox_height", "box_height", "height"),
}
"""Names of a column that mean the same."""


def read(files: Files, found: Found) -> None:
    """Every CSV file."""
    for name in files.ending(".csv"):
        read_one(files.text(name), f"'{name}' in '{files.source}'", found)


def read_one(text: str, where: str, found: Found) -> None:
    """One table."""
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    columns: Mapping[str, int] | None = None
    try:
        for row in rows:
            place = f"{where}, line {rows.line_num}"
            if not any(map(str.strip, row)):
                continue
            if columns is None:
                columns = columns_of(row)
                if columns is None:
                    found.say(place, f"it takes the columns {', '.join(COLUMNS)}")
                    return
                if not is_picture(row[columns["filename"]].strip()):
                    continue  # names of columns
            read_row(row, columns, place, found)
    except csv.Error as error:
        found.say(f"{where}, line {rows.line_num}", f"it is no CSV ({error})")


def columns_of(row: list[str]) -> dict[str, int] | None:
    """Where each column is, by its name; of a table without names, by its place."""
    given = [cell.strip().lower() for cell in row]
    columns = {
        name: next(given.index(each) for each in same if each in given)
        for name, same in SAME.items()
        if set(same) & set(given)
    }
    has_corners = {"xmin", "ymin", "xmax", "ymax"} <= columns.keys()
    if {"filename", "class"} <= columns.keys():
        return columns if has_corners or {"x", "y", "w", "h"} <= columns.keys() else None
    if len(given) == len(BARE) and is_picture(given[0]):
        return {name: place for place, name in enumerate(BARE)}
    return None


def read_row(row: list[str], columns: Mapping[str, int], place: str, found: Found) -> None:
    """A box, or a picture without."""
    cells = {name: row[k].strip() if k < len(row) else "" for name, k in columns.items()}
    picture = found.picture(place, cells["filename"])
    corners = [each for each in ("xmin", "ymin", "xmax", "ymax") if each in cells]
    is_corners = len(corners) == 4
    used = corners if is_corners else ["x", "y", "w", "h"]
    if picture is None or not any(cells[each] for each in ("class", *used)):
        return
    try:
        a, b, c, d = (finite(cells[each]) for each in used)
    except ValueError:
        found.say(place, f"a box takes four numbers, got {[cells[each][:20] for each in used]}")
        return
    kind = found.class_named(place, cells["class"])
    if kind is not None:
        found.add(place, picture, (a, b, c, d) if is_corners else (a, b, a + c, b + d), kind)


def write(labelled: Labelled) -> Iterator[tuple[str, bytes]]:
    """The one file."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for name, (size, boxes) in labelled.pictures.items():
        plain = name.removeprefix("images/")
        for x, y, w, h, kind in boxes:
            sides = (f"{each:.3f}" for each in (x, y, x + w, y + h))
            rows.writerow((plain, *size, labelled.classes[kind], *sides))
        if not boxes:
            rows.writerow((plain, *size, "", "", "", "", ""))
    yield FILE, out.getvalue().encode()


def describes(files: Files) -> bool:
    """Whether the files look like this format."""
    for name in files.ending(".csv"):
        try:
            first = files.text(name).partition("\n")[0]
        except InvalidArgument:
            continue
        mark = max(",;\t", key=first.count)
        if columns_of(first.strip("\r\n").split(mark)) is not None:
            return True
    return False
