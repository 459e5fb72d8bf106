"""A folder of pictures that boxes are drawn into.

    FOLDER/images/a.jpg      the pictures; those of a folder without `images` lie in itself
    FOLDER/labels/a.txt      what is done, as YOLO has it; an empty file for nothing in it
    FOLDER/data.yaml         the names of the classes, as YOLO has them
    FOLDER/.taxiway-boxes/   everything: a file for each picture, and the classes

A change is one file of ours, written whole before anything is said of it; what others read follows
from it, and is made again where a crash came between. Label files that others wrote are taken over,
and kept as `a.txt.kept` when the picture is changed here.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from taxiway.annotation.records import (
    FOLDER,
    MOST_BOXES,
    BoxClass,
    Classes,
    Record,
    State,
    check_classes,
    digest,
    read_struct,
    still_ours,
    write_ours,
    write_struct,
)
from taxiway.core.errors import Busy, Conflict, InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.images import Unusable, is_picture
from taxiway.core.locks import held
from taxiway.training.datasets.boxes import Box, Labelled, Pictured, yolo
from taxiway.training.datasets.boxes.files import folder as files_of
from taxiway.training.datasets.boxes.files import listing, measure, of_folder
from taxiway.training.datasets.boxes.found import Found, Size

LOCK = ".lock"
CLASSES = "classes.json"
PICTURES = "pictures"
MOST_TROUBLES = 50


class Picture(Struct, frozen=True):
    """A picture in a list: `state` is todo, begun, done, empty or skipped; `boxes` how many."""

    name: str
    state: str
    boxes: int
    version: int


class Overview(Struct, frozen=True):
    """All pictures and classes; `counts` are boxes by a class's id, `troubles` sentences."""

    pictures: list[Picture]
    classes: list[BoxClass]
    version: int
    counts: dict[int, int]
    troubles: list[str]


class Shown(Struct, frozen=True):
    """One picture at length."""

    name: str
    version: int
    state: State
    boxes: list[Box]
    width: int
    height: int


class AnnotatedFolder:
    """One folder. Every method may be called from any thread, and from several processes."""

    def __init__(self, root: Path) -> None:
        self.root, self._ours = root, root / FOLDER
        self._turn = threading.RLock()
        self._read = dict[str, tuple[tuple[int, int], Record]]()
        self._others: tuple[object, Labelled] = (None, Labelled([], {}, []))

    @property
    def images(self) -> Path:
        """Where the pictures lie."""
        inside = self.root / "images"
        return inside if inside.is_dir() else self.root

    def names(self) -> tuple[list[str], list[str]]:
        """The pictures by name, and what is wrong with others, a sentence each."""
        if not self.root.is_dir():
            raise NotFound(f"The folder '{self.root}' is not there any more.")
        stems, names, troubles = dict[str, str](), list[str](), list[str]()
        for name in files_of(self.images).names:
            if not is_picture(name):
                continue
            stem = os.path.splitext(name)[0]
            if stem in stems:
                troubles.append(
                    f"'{name}' is left out: '{stems[stem]}' is called so as well; rename one."
                )
                continue
            stems[stem] = name
            names.append(name)
        return names, troubles

    def overview(self) -> Overview:
        """All that there is, read anew."""
        with self._turn:
            names, troubles = self.names()
            classes, counts, pictures = self.classes(), Counter[int](), []
            foreign = self._foreign(names)
            known = {each.id for each in classes.active}
            for name in names:
                try:
                    record = self._record(name, classes, foreign)
                except TaxiwayError as error:
                    troubles.append(str(error))
                    record = Record()
                shown = [box for box in record.boxes if box[4] in known]
                counts.update(box[4] for box in record.boxes)
                state = state_of(record.state, len(shown))
                pictures.append(Picture(name, state, len(shown), record.version))
            troubles += foreign.wrong
            return Overview(
                pictures, classes.classes, classes.version, dict(counts), troubles[:MOST_TROUBLES]
            )

    def one(self, name: str) -> Shown:
        """A picture with its boxes. Raises NotFound or InvalidArgument."""
        with self._turn:
            classes = self.classes()
            record, (width, height) = self._record(self._known(name), classes), self.size(name)
            known = {each.id for each in classes.active}
            boxes = [box for box in record.boxes if box[4] in known]
            return Shown(name, record.version, record.state, boxes, width, height)

    def put(self, name: str, version: int, state: State, boxes: Sequence[Box]) -> Shown:
        """Replace what is kept of a picture, if it is still of that version.

        Boxes of deleted classes stay. Raises Conflict, NotFound, InvalidArgument or Unavailable.
        """
        with self._changing():
            classes = self._own_classes()
            before, size = self._record(self._known(name), classes), self.size(name)
            active = {each.id for each in classes.active}
            known = {each.id for each in classes.classes}
            checked = [fitted(box, size, known) for box in boxes[: MOST_BOXES + 1]]
            hidden = [box for box in before.boxes if box[4] not in active]
            if len(checked) + len(hidden) > MOST_BOXES:
                raise InvalidArgument(f"A picture takes {MOST_BOXES} boxes at the most.", "boxes")
            new = replace(before, state=state, boxes=[*checked, *hidden])
            if new != before:
                if version != before.version:
                    raise Conflict(
                        f"'{name}' was changed elsewhere meanwhile, in another window or by "
                        "another program."
                    )
                self._keep(name, new, classes)
            elif not self._label(name).exists() or still_ours(self._label(name), before.wrote):
                # Sent once more, as after a disk that was full when the labels' turn came.
                write_ours(self._label(name), self._text(name, before, classes), before.wrote)
            return self.one(name)

    def put_classes(self, version: int, given: list[BoxClass]) -> Overview:
        """Replace the classes, if they are still of that version; none may be left out.

        Raises Conflict, InvalidArgument or Unavailable.
        """
        with self._changing():
            before = self.classes()
            if version != before.version:
                raise Conflict("The classes were changed elsewhere meanwhile; look at them again.")
            if {each.id for each in before.classes} - {each.id for each in given}:
                raise InvalidArgument("A class is deleted by marking it so.", "classes")
            self._keep_classes(replace(before, classes=given))
            return self.overview()

    def classes(self) -> Classes:
        """The classes that are kept, or those that other programs left."""
        kept = read_struct(self._ours / CLASSES, Classes)
        return kept or Classes().with_names(self._foreign(self.names()[0]).classes)

    def add_classes(self, names: list[str]) -> Classes:
        """Have a class for each of these names."""
        with self._changing():
            before = self.classes()
            after = before.with_names(names)
            return before if after == before else self._keep_classes(after)

    def settle(self) -> None:
        """Make again what others read, where a crash came between."""
        with self._changing():
            classes = read_struct(self._ours / CLASSES, Classes)
            if classes is not None and not classes.settled:
                self._keep_classes(classes)

    def labelled(self) -> Labelled:
        """What is done, with active classes, as formats write it. Raises NotFound."""
        with self._turn:
            classes = self.classes()
            numbers, pictures, wrong = classes.numbers(), dict[str, Pictured](), list[str]()
            names = self.names()[0]
            foreign = self._foreign(names)
            for name in names:
                try:
                    record = self._record(name, classes, foreign)
                    if record.state == "done":
                        boxes = counted(record.boxes, numbers)
                        pictures[name] = Pictured(self.size(name), boxes)
                except TaxiwayError as error:
                    wrong.append(str(error))
            return Labelled([each.name for each in classes.active], pictures, wrong)

    def size(self, name: str) -> Size:
        """Width and height of a picture. Raises InvalidArgument."""
        try:
            return measure(self.images, name)
        except Unusable as reason:
            raise InvalidArgument(f"The picture '{name}' {reason}.") from None

    def path(self, name: str) -> Path:
        """The file of a picture. Raises NotFound."""
        return self.images / self._known(name)

    def sizes(self) -> Mapping[str, Callable[[], Size]]:
        """The pictures, as readers of formats take them."""
        return {name: partial(measure, self.images, name) for name in self.names()[0]}

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._turn:
            try:
                self._ours.mkdir(exist_ok=True)
                with held(self._ours / LOCK) as is_ours:
                    if not is_ours:
                        raise Busy(f"Another program writes into '{self.root}'; try again.")
                    yield
            except OSError as error:
                # Whoever draws keeps what was drawn, and tries again.
                words = f"'{self.root}' cannot be written to: {error.strerror}."
                raise Unavailable(words) from None

    def _own_classes(self) -> Classes:
        """The classes, kept from now on: once their labels are ours, others do not tell of them."""
        found = self.classes()
        if (self._ours / CLASSES).exists() or not found.classes:
            return found
        path, text = self.root / yolo.DESCRIPTION, self._description(found)
        if not path.exists():
            found = replace(found, wrote=[digest(text)])
            write_ours(path, text, [])
        write_struct(self._ours / CLASSES, found)
        return found

    def _description(self, classes: Classes) -> str:
        names = [each.name for each in classes.active]
        return yolo.description(names, "images" if self.images != self.root else ".")

    def _known(self, name: str) -> str:
        """The name of a picture that is there. Raises NotFound."""
        path = self.images / name
        is_inside = name == PurePosixPath(name).as_posix() and ".." not in PurePosixPath(name).parts
        is_inside = is_inside and not PurePosixPath(name).is_absolute() and is_picture(name)
        if is_inside and path.is_file():
            return name
        raise NotFound(f"There is no picture '{name[:200]}' in '{self.root.name}'.")

    def _record(self, name: str, classes: Classes, foreign: Labelled | None = None) -> Record:
        """What is kept of a picture, or what others left of it."""
        path = f"{self._ours}/{PICTURES}/{name}.json"
        try:
            about = os.stat(path)
        except OSError:
            found = self._foreign([name]) if foreign is None else foreign
            return taken_over(found, name, classes)
        mark = (about.st_mtime_ns, about.st_size)
        known = self._read.get(path)
        if known is None or known[0] != mark:
            known = mark, read_struct(Path(path), Record) or Record()
            self._read[path] = known
        return known[1]

    def _place(self, name: str) -> Path:
        return self._ours / PICTURES / f"{name}.json"

    def _label(self, name: str) -> Path:
        """Where the labels of a picture lie for others; beside it where they lie there already."""
        label = PurePosixPath(name).with_suffix(".txt")
        beside, usual = self.images / label, self.root / "labels" / label
        return beside if beside.exists() and not usual.exists() else usual

    def _keep(self, name: str, record: Record, classes: Classes) -> None:
        """Write a picture's record, then its labels."""
        before = still_ours(self._label(name), record.wrote)
        text = self._text(name, record, classes)
        wrote = before if text is None else [*before, digest(text)]
        write_struct(self._place(name), replace(record, version=record.version + 1, wrote=wrote))
        write_ours(self._label(name), text, wrote)

    def _text(self, name: str, record: Record, classes: Classes) -> str | None:
        """What others read of it."""
        if record.state != "done":
            return None
        return yolo.lines(counted(record.boxes, classes.numbers()), self.size(name))

    def _keep_classes(self, classes: Classes) -> Classes:
        """Write the classes, then every label that counts them otherwise, then their names.

        While it lasts there is no data.yaml, so that nobody trains on what is half done.
        """
        check_classes(classes.classes)
        before, numbers = self.classes(), classes.numbers()
        stays = all(numbers.get(id) == number for id, number in before.numbers().items())
        moved = {} if stays and before.settled else self._adopted(before)
        text = self._description(classes)
        wrote = [*still_ours(self.root / yolo.DESCRIPTION, classes.wrote), digest(text)]
        kept = replace(classes, version=classes.version + 1, wrote=wrote, settled=False)
        write_struct(self._ours / CLASSES, kept)
        if moved:
            write_ours(self.root / yolo.DESCRIPTION, None, wrote)
        for name, record in moved.items():
            self._keep(name, record, kept)
        write_ours(self.root / yolo.DESCRIPTION, text, wrote)
        kept = replace(kept, settled=True)
        write_struct(self._ours / CLASSES, kept)
        return kept

    def _adopted(self, classes: Classes) -> dict[str, Record]:
        """Every picture with labels, now with a record of ours: others' labels count classes by
        their place, which is about to change."""
        records, names = {}, self.names()[0]
        foreign = self._foreign(names)
        for name in names:
            record = self._record(name, classes, foreign)
            if not record.version and (record.boxes or self._label(name).exists()):
                record = replace(record, version=1)
                write_struct(self._place(name), record)
            if record.version:
                records[name] = record
        return records

    def _foreign(self, names: Sequence[str]) -> Labelled:
        """What label files say of pictures that have no record here."""
        labels = self._free_labels(names) if len(names) != 1 else self._free_label(names[0])
        lists = [each for each in (yolo.DESCRIPTION, *yolo.CLASS_LISTS) if facts(self.root / each)]
        known = (
            {name: facts(path) for name, path in labels.items()},
            [(each, facts(self.root / each)) for each in lists],
        )
        if self._others[0] != known:
            texts = [relative(path, self.root) for path in labels.values()]
            found = Found({name: partial(measure, self.images, name) for name in labels})
            try:
                yolo.read(of_folder(self.root, [*lists, *texts]), found)
            except InvalidArgument as error:
                found.wrong.append(str(error))
            if len(names) == 1:  # asked for by itself, which makes nothing else be read anew
                return found.labelled()
            self._others = known, found.labelled()
        return self._others[1]

    def _free_labels(self, names: Sequence[str]) -> dict[str, Path]:
        """The label files of pictures without a record, looked for in whole folders."""
        kept, usual = set(listing(self._ours / PICTURES)), set(listing(self.root / "labels"))
        beside = {each for each in listing(self.images) if each.endswith(".txt")}
        labels = dict[str, Path]()
        for name in names:
            label = f"{os.path.splitext(name)[0]}.txt"
            if f"{name}.json" not in kept and (label in usual or label in beside):
                labels[name] = self._label(name)
        return labels

    def _free_label(self, name: str) -> dict[str, Path]:
        label = self._label(name)
        return {name: label} if label.exists() and not self._place(name).exists() else {}


def taken_over(found: Labelled, name: str, classes: Classes) -> Record:
    """What another program's label file says of a picture."""
    pictured = found.pictures.get(name)
    if pictured is None:
        return Record()
    ids = {each.name: each.id for each in classes.active}
    boxes = [(*box[:4], ids[found.classes[box[4]]]) for box in pictured.boxes
             if found.classes[box[4]] in ids]  # fmt: skip
    return Record(state="done", boxes=boxes)


def state_of(state: State, boxes: int) -> str:
    """A picture's state as people see it."""
    if state == "skipped":
        return "skipped"
    if state == "done":
        return "done" if boxes else "empty"
    return "begun" if boxes else "todo"


def fitted(box: Box, size: Size, classes: set[int]) -> Box:
    """A box within its picture. Raises InvalidArgument."""
    x, y, width, height, kind = box
    left, top = min(max(x, 0.0), size[0]), min(max(y, 0.0), size[1])
    right, bottom = min(max(x + width, 0.0), size[0]), min(max(y + height, 0.0), size[1])
    if not (right > left and bottom > top):  # nor where one is no number
        raise InvalidArgument(
            f"A box takes a width and a height in the picture, got {box}.", "boxes"
        )
    if kind not in classes:
        raise InvalidArgument(f"There is no class with the id {kind}.", "boxes")
    sides = (round(each, 3) for each in (left, top, right - left, bottom - top))
    x, y, width, height = sides
    return x, y, width, height, kind


def counted(boxes: Sequence[Box], numbers: Mapping[int, int]) -> list[Box]:
    """Boxes with the numbers that others know their classes by; not those of deleted ones."""
    return [(x, y, w, h, numbers[kind]) for x, y, w, h, kind in boxes if kind in numbers]


def relative(path: Path, root: Path) -> str:
    """A file's name below a folder, with / between."""
    return path.relative_to(root).as_posix()


def facts(path: Path) -> tuple[Any, ...]:
    """By which a change of a file is seen."""
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_mtime_ns, about.st_size
