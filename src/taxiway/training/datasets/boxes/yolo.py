"""YOLO's format: `labels/NAME.txt` beside `images/NAME.jpg`, a line for each box, `data.yaml`.

A line is `CLASS X Y WIDTH HEIGHT`: the number of a class, the middle and the size of the box as
parts of the picture. A picture without such a file has not been labelled; with an empty one it has,
and there is nothing in it. Six numbers end with a score, which is left; seven and more are an
outline, whose box is taken.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import yaml

from taxiway.core.images import is_picture
from taxiway.training.datasets.boxes.files import Files
from taxiway.training.datasets.boxes.found import (
    MOST_CLASSES,
    Box,
    Found,
    Labelled,
    Names,
    Size,
    below_images,
    finite,
)

DESCRIPTION = "data.yaml"
CLASS_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt")
OTHER_TEXTS = ("readme", "train", "val", "valid", "test", "license", "notes", "requirements")
"""Beginnings of the names of text files that are no labels, where no picture is called so."""


def read(files: Files, found: Found) -> None:
    """All label files, and the classes."""
    declared = read_classes(files, found)
    for name in declared or ():
        found.class_named(f"'{files.source}'", name)
    for name in label_files(files, found):
        read_labels(files, name, found, len(found.classes) if declared else None)


def label_files(files: Files, found: Found) -> Iterator[str]:
    """The text files that are about pictures."""
    pictures = Names(found.sizes)
    for name in files.ending(".txt"):
        path = PurePosixPath(name)
        is_other = path.name in CLASS_LISTS or path.stem.lower().startswith(OTHER_TEXTS)
        if not is_other or (path.name not in CLASS_LISTS and pictures.find(picture_of(name))):
            yield name


def read_labels(files: Files, name: str, found: Found, classes: int | None) -> None:
    """The boxes of one picture; numbers of classes from `classes` on are wrong, if it is given."""
    where = f"'{name}' in '{files.source}'"
    picture = found.picture(where, picture_of(name))
    if picture is None:
        return
    size = found.see(where, picture)
    assert size is not None  # as `picture` has looked
    for number, line in enumerate(files.text(name).splitlines(), 1):
        if not line.strip():
            continue
        place = f"{where}, line {number}"
        try:
            kind, corners = of_line(line, size)
        except ValueError:
            words = "a line takes a class's number and four numbers from 0 to 1"
            found.say(place, f"{words}, got {line.strip()[:60]!r}")
            continue
        if not 0 <= kind < (MOST_CLASSES if classes is None else classes):
            found.say(place, f"there is no class {kind}")
            continue
        while len(found.classes) <= kind:  # nobody named them
            found.class_named(place, str(len(found.classes)))
        found.add(place, picture, corners, kind)


def of_line(line: str, size: Size) -> tuple[int, list[float]]:
    """The class and the corners in pixels of a line. Raises ValueError."""
    kind, *rest = line.split()
    numbers = [finite(each) for each in rest]
    width, height = size
    if len(numbers) in (4, 5):
        x, y, w, h = numbers[:4]
        across, down = (x - w / 2, x + w / 2), (y - h / 2, y + h / 2)
    elif len(numbers) >= 6 and len(numbers) % 2 == 0:
        across = min(numbers[::2]), max(numbers[::2])
        down = min(numbers[1::2]), max(numbers[1::2])
    else:
        raise ValueError(line)
    if max(map(abs, (*across, *down))) > 10:
        raise ValueError("pixels")  # rather than parts of the picture
    return int(kind), [across[0] * width, down[0] * height, across[1] * width, down[1] * height]


def read_classes(files: Files, found: Found) -> list[str] | None:
    """The names of classes in data.yaml or in a list of them; None where nobody says."""
    for name in sorted(files.ending(".yaml", ".yml"), key=lambda each: each.count("/")):
        names = named_in_yaml(files.text(name), name, found)
        if names is not None:
            return names
    for name in files.names:
        if PurePosixPath(name).name in CLASS_LISTS:
            return [line.strip() for line in files.text(name).splitlines() if line.strip()]
    return None


def named_in_yaml(text: str, name: str, found: Found) -> list[str] | None:
    """What a data.yaml calls the classes; None where it says nothing of them."""
    try:
        content = yaml.load(text, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        found.say(f"'{name}'{line}", f"it is no YAML ({getattr(error, 'problem', error)})")
        return None
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict) and all(isinstance(each, int) for each in names):
        highest = max(names, default=-1)
        if highest < MOST_CLASSES and min(names, default=0) >= 0:
            names = [str(names.get(number, number)) for number in range(highest + 1)]
    if names is None:
        return None
    if not isinstance(names, list) or len({str(each) for each in names}) < len(names):
        found.say(f"'{name}'", "'names' takes a list of names, each once")
        return None
    return [str(each) for each in names]


def picture_of(label: str) -> str:
    """The name, without its ending, of the picture that a label file is about."""
    parts = list(PurePosixPath(label).with_suffix("").parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place].lower() == "labels":
            parts[place] = "images"
            break
    return "/".join(parts)


def label_of(picture: str) -> str:
    """Where the labels of a picture lie: in `labels` for one in `images`, or in `labels` below."""
    path = PurePosixPath(picture).with_suffix(".txt")
    parts = list(path.parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place].lower() == "images":
            parts[place] = "labels"
            return "/".join(parts)
    return f"labels/{path}"


def lines(boxes: Sequence[Box], size: Size) -> str:
    """The text of a picture's boxes; exact to a thousandth of a pixel up to 10,000 across."""
    width, height = size
    return "".join(
        f"{kind} {(x + w / 2) / width:.8f} {(y + h / 2) / height:.8f} "
        f"{w / width:.8f} {h / height:.8f}\n"
        for x, y, w, h, kind in boxes
    )


def description(classes: Sequence[str], pictures: str = "images") -> str:
    """A data.yaml; `pictures` is the folder that they lie in."""
    about = {"path": ".", "train": pictures, "val": pictures, "names": dict(enumerate(classes))}
    return yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=1000)


def write(labelled: Labelled) -> Iterator[tuple[str, bytes]]:
    """The files, by name; pictures lie in `images`."""
    yield DESCRIPTION, description(labelled.classes).encode()
    for name, (size, boxes) in labelled.pictures.items():
        label = str(PurePosixPath(below_images(name)).with_suffix(".txt"))
        yield f"labels/{label}", lines(boxes, size).encode()


def describes(files: Files) -> bool:
    """Whether the files look like this format."""
    known = {PurePosixPath(name).name for name in files.names}
    if known & {DESCRIPTION, "dataset.yaml", *CLASS_LISTS}:
        return True
    stems = {str(PurePosixPath(name).with_suffix("")) for name in files.names if is_picture(name)}
    texts = files.ending(".txt")
    return any("labels" in PurePosixPath(name).parts[:-1] for name in texts) or any(
        name[:-4] in stems for name in texts
    )
