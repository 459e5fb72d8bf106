"""A dataset kind: what examples are, how they come in, and the one file that trainers read.

A prepared dataset is a zip file that ends with a JSON file named after its kind, written whole.
What is wrong with a source is said before anything is written, by names of files.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec
import numpy as np

from taxiway.core import slots, zips
from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.faults import blamed
from taxiway.core.faults import broken as wrong
from taxiway.core.files import whole_file
from taxiway.core.images import Pixels
from taxiway.core.parsing import Malformed, from_json

log = logging.getLogger("taxiway.datasets")

MAX_JSON = 256_000_000
"""The largest JSON file of a dataset that is read."""
T = TypeVar("T")
Advance = Callable[[], object]


@dataclass(frozen=True)
class Check:
    """How many examples there are, what is wrong (a sentence each), and what is worth knowing."""

    examples: int
    wrong: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    def report(self) -> list[str]:
        """All of it in words."""
        return [*self.lines, *self.wrong, *(() if self.wrong else ("Nothing is wrong with it.",))]


class Kind(Protocol):
    """A member of the slot `datasets`. `source` is what people have, `path` what is prepared.

    A class that names Kind as its parent gives `name`, `title`, `check`, `prepare`, `read` and
    `sheet`. `options` are those of `prepare`, declared with data types.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    options: ClassVar[Mapping[str, AnyDataType]] = {}

    def recognises(self, path: Path) -> bool:
        """Whether a file is a prepared dataset of this kind."""
        return last_member(path) == f"{self.name}.json"

    def check(self, source: Path) -> Check:
        """What there is in a source or a prepared dataset, and what is wrong with it.

        Raises NotFound or InvalidArgument where it cannot be looked at.
        """

    def prepare(
        self, source: Path, out: Path, values: Mapping[str, Any], advance: Advance = lambda: None
    ) -> Check:
        """Write a dataset to `out`, whole; raises InvalidArgument where something is wrong."""

    def read(self, path: Path) -> Any:
        """The examples of a prepared dataset. Raises NotFound or InvalidArgument."""

    def sheet(self, path: Path) -> Pixels | str:
        """A look at a prepared dataset: a contact sheet [H, W, 3], or the beginning of texts."""


def kinds() -> list[str]:
    """The names of all kinds that can be had; `broken` says why others cannot."""
    unusable = broken()
    return [name for name in slots.members("datasets") if name not in unusable]


def broken() -> dict[str, str]:
    """Why kinds cannot be had, by name."""
    reasons = {}
    for name in slots.members("datasets"):
        try:
            find(name)
        except (TaxiwayError, OSError) as error:
            reasons[name] = str(error)
    return reasons


def find(name: str) -> Kind:
    """The kind of that name; NotFound lists what there is. Raises as `slots.load`."""
    found = slots.load("datasets", name)
    with blamed(found, f"'{name}'"):
        kind: Kind = found()
    if kind.name != name and ":" not in name:
        raise wrong(kind, f"'{name}' has the name '{kind.name}', by which it is not found")
    return kind


def kind_of(path: Path) -> Kind | None:
    """The kind of a prepared dataset; None for anything else."""
    return next((kind for name in kinds() if recognises(kind := find(name), path)), None)


def recognises(kind: Kind, path: Path) -> bool:
    """Whether a file is of a kind; not where finding out fails."""
    try:
        with blamed(kind, f"'{kind.name}'"):
            return bool(kind.recognises(path))
    except (TaxiwayError, OSError) as error:
        log.warning("%s", error)
        return False


def checked(kind: Kind, source: Path) -> Check:
    """What a kind says of a source. Raises a TaxiwayError, with the line where it fails."""
    with blamed(kind, f"'{kind.name}'"):
        return a_check(kind, "check", kind.check(source))


def prepared(
    kind: Kind, source: Path, out: Path, values: Mapping[str, Any], advance: Advance
) -> Check:
    """Write a dataset to `out`. Raises a TaxiwayError, with the line where the kind fails."""
    with blamed(kind, f"'{kind.name}'"):
        found = a_check(kind, "prepare", kind.prepare(source, out, values, advance))
    if not out.is_file():
        raise wrong(kind, f"'{kind.name}' has not written '{out.name}' in prepare")
    return found


def look(kind: Kind, path: Path) -> Pixels | str:
    """The sheet of a prepared dataset. Raises a TaxiwayError, with the line where it fails."""
    with blamed(kind, f"'{kind.name}'"):
        shown = kind.sheet(path)
    is_picture = isinstance(shown, np.ndarray) and shown.dtype == np.uint8 and shown.ndim == 3
    if not (isinstance(shown, str) or is_picture):
        raise wrong(kind, f"'{kind.name}' gives text or uint8 [H, W, 3] from sheet")
    return shown


def a_check(kind: Kind, method: str, given: Any) -> Check:
    """What a method gave, if it is a Check; else raises BrokenMember."""
    if not isinstance(given, Check):
        raise wrong(kind, f"'{kind.name}' gives a Check from {method}, got {given!r:.60}")
    return given


def last_member(path: Path) -> str:
    """The name of the last file in a zip file; nothing for anything else."""
    try:
        with zips.opened(path) as archive:
            return (archive.namelist() or [""])[-1]
    except zips.Unreadable:
        return ""


@contextmanager
def packing(out: Path, name: str) -> Iterator[tuple[ZipFile, dict[str, Any]]]:
    """A zip file to fill, and what its description is to say; both are `out` once all is written.

    The same contents give the same bytes.
    """
    described: dict[str, Any] = {}
    with whole_file(out) as file, ZipFile(file, "w", ZIP_STORED) as archive:
        yield archive, described
        text = msgspec.json.encode(described, order="deterministic")
        archive.writestr(entry(f"{name}.json"), text, ZIP_DEFLATED)


def entry(name: str) -> ZipInfo:
    """A member of a zip file without the time and the machine that it was made on."""
    info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def read_member(path: Path, name: str, most: int = MAX_JSON) -> bytes:
    """A file in a folder or a zip file, of at most `most` bytes.

    Raises NotFound where it is not there, InvalidArgument where it cannot be read.
    """
    if not path.exists():
        raise NotFound(f"There is no folder or file '{path}'.")
    try:
        if path.is_dir():
            with (path / name).open("rb") as file:
                data = file.read(most + 1)
        else:
            with zips.opened(path) as archive:
                data = zips.contents(archive, name, most)
    except (FileNotFoundError, KeyError):
        raise NotFound(f"'{path}' has no {name}.") from None
    except OSError as error:
        raise InvalidArgument(f"'{path}' cannot be read: {error.strerror}.") from None
    except zips.Unreadable as reason:
        raise InvalidArgument(f"'{path}', or its {name}, {reason}.") from None
    if len(data) > most:
        raise InvalidArgument(f"'{path}' has a {name} of more than {most // 1_000_000} MB.")
    return data


def read_json(path: Path, name: str, kind: type[T]) -> T:
    """A JSON file of a dataset, of that type; raises as `read_member`, and for other JSON."""
    try:
        found: T = from_json(read_member(path, name), kind, MAX_JSON)
    except Malformed as reason:
        raise InvalidArgument(f"'{path}' has a {name} that is not understood: {reason}.") from None
    return found


def refuse(source: Path, check: Check, kind: str = "") -> None:
    """Raise InvalidArgument where a check found something wrong, or no examples."""
    if check.wrong:
        others = len(check.wrong) - 1
        flag = f" --kind {kind}" if kind else ""
        more = f" {others} more: taxiway dataset report '{source}'{flag}." if others else ""
        raise InvalidArgument(f"{check.wrong[0]}{more}")
    if not check.examples:
        raise InvalidArgument(f"'{source}' holds no examples.")
