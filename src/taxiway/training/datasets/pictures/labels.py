"""The labels of pictures as a dataset.json tells them: the one reader for everything that asks."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import Raw, Struct
from numpy.typing import NDArray

from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json

DESCRIPTION = "dataset.json"
MAX_BYTES = 64_000_000
"""The largest dataset.json that is read: a million pictures and more."""
_LONGEST = 100  # characters of a class's name
_NAMES_BYTES = 1_000_000


class Description(Struct):
    """As much of a dataset.json as is read here; StyleGAN's tools write pairs of name and label."""

    labels: list[tuple[str, Raw]] | None = None
    classes: Raw = Raw(b"null")


@dataclass(frozen=True)
class Labels:
    """The class of each picture by its name, None where it has none; `classes` are their names.

    Names have / between folders, whatever wrote them.
    """

    of: Mapping[str, int | None]
    classes: tuple[str, ...] = ()

    def label(self, name: str) -> int | None:
        """The class of a picture, by its name in the dataset."""
        return self.of.get(slashed(name))


NONE = Labels({})


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


def read_labels(data: bytes, path: object) -> Labels:
    """The labels in the bytes of a dataset.json, `path` being the dataset that has it.

    A label is a whole number from 0, a list with a single 1 among zeros, the class's name, or null.
    Raises InvalidArgument, naming the dataset and the picture, for anything else: a label that is
    passed over would be missed only when the model is trained.
    """
    try:
        found: Description = from_json(data, Description, MAX_BYTES)
    except Malformed as reason:
        raise _odd(path, _told(data, reason)) from None
    pairs = {slashed(name): _label(path, name, raw) for name, raw in found.labels or ()}
    words = sorted({label for label in pairs.values() if isinstance(label, str)})
    if not words:
        return Labels({n: x for n, x in pairs.items() if not isinstance(x, str)}, _names(found))
    return _by_word(path, pairs, words)


def understood(
    path: object, pairs: Sequence[tuple[str, int | None]], known: tuple[str, ...]
) -> Classes:
    """The classes of pictures, given as (name, label); `known` are the classes' own names.

    Raises InvalidArgument where some picture has none, or a class has no picture.
    """
    numbers = [label for _, label in pairs if label is not None]
    if len(numbers) < len(pairs):
        without = next(name for name, label in pairs if label is None)
        raise InvalidArgument(
            f"'{path}' has labels for only {len(numbers)} of {len(pairs)} pictures: "
            f"none for '{without}'."
        )
    used = set(numbers)
    missing = next(number for number in range(len(used) + 1) if number not in used)
    count = max(max(used) + 1, len(known))
    if missing < count:
        name = f" ('{known[missing]}')" if missing < len(known) else ""
        raise InvalidArgument(f"'{path}' has {count} classes and no picture of {missing}{name}.")
    if count < 2:
        raise InvalidArgument(f"'{path}' has pictures of one class; labels need two or more.")
    return Classes(np.array(numbers, np.int64), known if len(known) == count else ())


def slashed(name: str) -> str:
    """A name with / between folders: Windows tools write backslashes into zip files and JSON."""
    return name.replace("\\", "/")


def _label(path: object, name: str, raw: Raw) -> int | str | None:
    """One label, as a number or a word."""
    try:
        label: Any = from_json(bytes(raw))
    except Malformed:
        raise _refused(path, name, bytes(raw).decode(errors="replace")) from None
    if isinstance(label, list):
        label = _hot(label)
    if isinstance(label, float) and label.is_integer() and label < 2**31:
        label = int(label)
    if label is None or (isinstance(label, str) and label.strip()):
        return label
    if type(label) is not int or not 0 <= label < 2**31:
        raise _refused(path, name, from_json(bytes(raw)))
    return label


def _hot(label: Sequence[Any]) -> Any:
    """The place of the only 1 among zeros; the list itself where it is another."""
    if len(label) > 1 and all(type(x) in (int, float) and x in (0, 1) for x in label):
        return list(map(int, label)).index(1) if math.isclose(sum(label), 1) else label
    return label


def _by_word(path: object, pairs: Mapping[str, Any], words: Sequence[str]) -> Labels:
    """Labels that are the names of classes."""
    number = next((name for name, label in pairs.items() if isinstance(label, int)), None)
    if number is not None:
        word = next(name for name, label in pairs.items() if isinstance(label, str))
        raise _refused(path, word, pairs[word], f"while '{printable(number)}' has a number")
    places = {word: place for place, word in enumerate(words)}
    known = {name: None if word is None else places[word] for name, word in pairs.items()}
    return Labels(known, tuple(printable(word)[:_LONGEST] for word in words))


def _names(found: Description) -> tuple[str, ...]:
    """The classes' names as text that can be shown; none where they are not told apart."""
    try:
        given: Any = from_json(bytes(found.classes), most=_NAMES_BYTES)
    except Malformed:
        given = None
    listed = given if isinstance(given, list) else []
    names = tuple(printable(str(name))[:_LONGEST] for name in listed)
    return names if len(set(names)) == len(names) and all(names) else ()


def _refused(path: object, name: str, label: Any, why: str = "") -> InvalidArgument:
    return InvalidArgument(
        f"'{path}' labels '{printable(name)}' with {printable(f'{label!r:.40}')}"
        f"{f' {why}' if why else ''}; a training takes whole numbers from 0, one for each class."
    )


def _odd(path: object, why: str) -> InvalidArgument:
    return InvalidArgument(f"'{path}' has a {DESCRIPTION} that is not understood: {why}.")


def _told(data: bytes, error: Exception) -> str:
    """What is wrong with it, and beside which text where that is known."""
    text = str(error).rstrip(".")
    place = re.search(r"byte (\d+)", text)
    before = re.findall(rb'"([^"\\]{1,80})"', data[: int(place[1])][-200:]) if place else []
    beside = f", after '{printable(before[-1].decode(errors='replace'))}'" if before else ""
    return text[:1].lower() + text[1:] + beside if not text.startswith("JSON") else text + beside


def printable(name: str) -> str:
    """A name as it can be shown: names of files may hold line breaks, or be no text at all."""
    odd = [unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name]
    return "".join(ascii(c)[1:-1] if bad else c for c, bad in zip(name, odd, strict=True))
