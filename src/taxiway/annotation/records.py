"""What is kept of a picture and of the classes, in files of our own beside the pictures."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.files import place_free, write_whole
from taxiway.core.parsing import Malformed, from_json
from taxiway.training.datasets.boxes import Box

FOLDER = ".taxiway-boxes"
"""The folder of our own files, in that of the pictures."""
MOST_CLASSES = 200
MOST_BOXES = 5000
COLOURS = (
    "#ffcf4a", "#5aa9ff", "#ff6f61", "#5fe3a1", "#d58cff", "#ff9d3c", "#48dbe0", "#ff7ac0",
    "#b7e34d", "#9aa8ff", "#e0b08a", "#f2f2f2",
)  # fmt: skip
"""Told apart on most pictures, also by those who see few colours; then from the beginning."""
KEYS = "1234567890gijklmrtuvwxyz"
"""Keys of classes; the other letters do something else there."""
State = Literal["open", "done", "skipped"]
T = TypeVar("T", bound=Struct)


class BoxClass(Struct, kw_only=True, frozen=True):
    """A class: boxes name it by `id`, which is never another's. One that is deleted keeps its boxes
    out of sight until it is taken back."""

    id: Annotated[int, Meta(ge=0, le=100_000)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    colour: Annotated[str, Meta(pattern="^#[0-9a-f]{6}$")]
    key: Annotated[str, Meta(max_length=1)] = ""
    deleted: bool = False


class Classes(Struct, kw_only=True, frozen=True):
    """All classes, in the order in which others count them; `wrote` are digests of ours.

    `settled` is whether every label file counts as they do.
    """

    version: int = 0
    classes: Annotated[list[BoxClass], Meta(max_length=MOST_CLASSES)] = []
    wrote: list[str] = []
    settled: bool = True

    @property
    def active(self) -> list[BoxClass]:
        """Those that are not deleted."""
        return [each for each in self.classes if not each.deleted]

    def numbers(self) -> dict[int, int]:
        """By id, the number under which others know a class."""
        return {each.id: number for number, each in enumerate(self.active)}

    def with_names(self, names: list[str]) -> "Classes":
        """With a class for each name that is not there yet, whatever its case."""
        known, all_of_them = {each.name.casefold() for each in self.active}, list(self.classes)
        for name in names:
            if name.casefold() not in known:
                known.add(name.casefold())
                all_of_them.append(new_class(all_of_them, name))
        return msgspec.structs.replace(self, classes=all_of_them)


class Record(Struct, kw_only=True, frozen=True):
    """A picture's boxes, by ids of classes; `wrote` are digests of label files that are ours."""

    version: int = 0
    state: State = "open"
    boxes: Annotated[list[Box], Meta(max_length=MOST_BOXES)] = []
    wrote: list[str] = []


def new_class(others: list[BoxClass], name: str) -> BoxClass:
    """A class with a colour and a key that no other has, as long as there are some."""
    taken = {each.key for each in others if not each.deleted}
    number = max((each.id for each in others), default=-1) + 1
    key = next((each for each in KEYS if each not in taken), "")
    return BoxClass(id=number, name=name, colour=COLOURS[number % len(COLOURS)], key=key)


def check_classes(classes: list[BoxClass]) -> None:
    """Raise InvalidArgument where two have one name, id or key."""
    if len({each.id for each in classes}) < len(classes):
        raise InvalidArgument("Two classes have one id.", "classes")
    active = [each for each in classes if not each.deleted]
    names, keys = dict[str, str](), dict[str, str]()
    for each in active:
        if not each.name.isprintable() or each.name != " ".join(each.name.split()):
            raise InvalidArgument(f"'{each.name}' is no name of a class.", "classes")
        if each.name.casefold() in names:
            raise InvalidArgument(f"There is a class '{each.name}' already.", "classes")
        if each.key and each.key not in KEYS:
            raise InvalidArgument(f"The key '{each.key}' does something else here.", "classes")
        if each.key and each.key in keys:
            raise InvalidArgument(f"The key '{each.key}' is that of '{keys[each.key]}'.", "classes")
        names[each.name.casefold()] = keys[each.key] = each.name


def read_struct(path: Path, kind: type[T]) -> T | None:
    """What a file of ours says; None where there is none. Raises InvalidArgument."""
    try:
        return from_json(path.read_bytes(), kind)
    except FileNotFoundError:
        return None
    except Malformed as reason:
        raise InvalidArgument(
            f"'{path}' is damaged ({reason}); put it away to go on without it."
        ) from None
    except OSError as error:
        raise InvalidArgument(f"'{path}' cannot be read: {error.strerror}.") from None


def write_struct(path: Path, value: Struct) -> None:
    """Keep it, whole. Raises Unavailable."""
    with_reason(path, lambda: _write(path, msgspec.json.encode(value)))


def write_ours(path: Path, text: str | None, ours: list[str]) -> None:
    """Write a file, or take it away for None; one that others wrote is kept under another name.

    `ours` are digests of what may be there of us. Raises Unavailable.
    """
    with_reason(path, lambda: _write_ours(path, text, ours))


def still_ours(path: Path, wrote: list[str]) -> list[str]:
    """The digest of what is there, where that is one of those that we wrote; else nothing."""
    try:
        there = digest(path.read_bytes().decode("utf-8", "replace"))
    except OSError:
        return []
    return [there] if there in wrote else []


def with_reason(path: Path, work: Callable[[], None]) -> None:
    """Do it; a disk that does not take it is a sentence."""
    try:
        work()
    except OSError as error:
        raise Unavailable(f"'{path}' cannot be written: {error.strerror}.") from None


def digest(text: str) -> str:
    """What a text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)


def _write_ours(path: Path, text: str | None, ours: list[str]) -> None:
    there = path.read_bytes().decode("utf-8", "replace") if path.exists() else None
    if there == text:
        return
    if there is not None and digest(there) not in ours:
        place_free(path, path.with_name(f"{path.name}.kept"))
        there = None
    if text is not None:
        _write(path, text.encode())
    elif there is not None:
        path.unlink()
