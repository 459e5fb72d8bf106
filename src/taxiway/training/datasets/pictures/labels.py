"""The classes of a packed dataset's pictures, as its dataset.json has them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxiway.core.errors import InvalidArgument
from taxiway.core.images import Unusable
from taxiway.training.datasets.pictures.sources import (
    DESCRIPTION,
    bytes_of,
    open_source,
    opened_zip,
    printable,
)

_LONGEST = 100  # characters of a class's name


@dataclass(frozen=True)
class Classes:
    """Which class each picture is `of` [N] int64, 0 to `count` - 1; `names` where they are known.

    There are two classes at least, and pictures of each.
    """

    of: NDArray[np.int64]
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many classes there are."""
        return len(self.names) or int(self.of.max()) + 1

    def alike(self, count: int) -> list[int]:
        """So many classes, each as frequent as among the pictures."""
        return [int(number) for number in evenly(np.sort(self.of), count)]

    def places(self, classes: Sequence[int]) -> NDArray[np.int64]:
        """Where pictures of the wanted classes are, drawn evenly; by class, the first first."""
        counts = np.bincount(np.array(classes), minlength=self.count)
        found = [evenly(np.flatnonzero(self.of == k), count) for k, count in enumerate(counts)]
        return np.concatenate(found)


def evenly(numbers: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """So many of the numbers, in their order; some twice where there are fewer."""
    chosen: NDArray[np.int64] = numbers[(2 * np.arange(count) + 1) * len(numbers) // (2 * count)]
    return chosen


def read_classes(path: Path) -> Classes:
    """The classes of a dataset's pictures, zip or folder, in the order of `read_dataset`.

    Raises InvalidArgument where some have none, where labels are no whole numbers from 0, and
    where a class has no picture.
    """
    with open_source(path) as source:
        names = [item.name for item in source.items]
    description = described(path)
    labels = description.get("labels")
    if not labels:
        raise InvalidArgument(
            f"'{path}' has no labels; sort the pictures into folders, a class each, and: "
            "taxiway dataset prepare SOURCE OUT.zip --labels"
        )
    return understood(path, names, labels, class_names(description.get("classes")))


def described(path: Path) -> dict[str, Any]:
    """What a dataset's dataset.json says; empty where it has none.

    Raises InvalidArgument where it is not understood.
    """
    try:
        found = json.loads(_description(path) or b"{}")
    except (ValueError, RecursionError, Unusable):
        found = None
    if not isinstance(found, dict):
        raise InvalidArgument(f"'{path}' has a {DESCRIPTION} that is not understood.")
    return found


def _description(path: Path) -> bytes:
    if path.is_dir():
        file = path / DESCRIPTION
        return file.read_bytes() if file.is_file() else b""
    with opened_zip(path) as archive:
        infos = [info for info in archive.infolist() if info.filename == DESCRIPTION]
        return bytes_of(archive, infos[0]) if infos else b""


def understood(path: Path, names: Sequence[str], labels: Any, known: tuple[str, ...]) -> Classes:
    """The classes of pictures by name; `known` are the classes' own names."""
    by_name = pairs(path, labels)
    unlabelled = [name for name in names if by_name.get(name) is None]
    if unlabelled:
        raise InvalidArgument(
            f"'{path}' has labels for only {len(names) - len(unlabelled)} of {len(names)} "
            f"pictures: none for '{unlabelled[0]}'."
        )
    for name in names:
        if type(by_name[name]) is not int or by_name[name] < 0:
            raise InvalidArgument(
                f"'{path}' labels '{name}' with {by_name[name]!r:.40}; a training takes whole "
                "numbers from 0, one for each class."
            )
    return whole(path, [by_name[name] for name in names], known)


def pairs(path: Path, labels: Any) -> Mapping[str, Any]:
    """Name -> label, of the pairs that StyleGAN's tools write."""
    try:
        return {printable(str(name).replace("\\", "/")): label for name, label in labels}
    except (TypeError, ValueError):
        raise InvalidArgument(f"'{path}' has a {DESCRIPTION} that is not understood.") from None


def whole(path: Path, numbers: Sequence[int], known: tuple[str, ...]) -> Classes:
    """Classes of which none is without a picture."""
    used = set(numbers)
    missing = next(number for number in range(len(used) + 1) if number not in used)
    count = max(max(used) + 1, len(known))
    if missing < count:
        name = f" ('{known[missing]}')" if missing < len(known) else ""
        raise InvalidArgument(f"'{path}' has {count} classes and no picture of {missing}{name}.")
    if count < 2:
        raise InvalidArgument(f"'{path}' has pictures of one class; labels need two or more.")
    return Classes(np.array(numbers, np.int64), known if len(known) == count else ())


def class_names(found: Any) -> tuple[str, ...]:
    """The classes' names as text that can be shown; none where they are not told apart."""
    given = found if isinstance(found, list) else []
    names = tuple(printable(str(name))[:_LONGEST] for name in given)
    return names if len(set(names)) == len(names) and all(names) else ()
