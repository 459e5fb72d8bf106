"""The labels of pictures as a dataset.json tells them: the one reader for everything that asks."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
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
NUMBER = "a number"
_MOST_WEIGHTS = 100_000_000  # in one dataset


class Description(Struct):
    """As much of a dataset.json as is read here; StyleGAN's tools write pairs of name and label."""

    labels: list[tuple[str, Raw]] | None = None
    classes: Raw = Raw(b"null")


Label = int | tuple[float, ...] | None
"""A picture's class, or how much of each class it shows, 0 or more; None where that is not said."""


@dataclass(frozen=True)
class Labels:
    """The label of each picture by its name; `classes` are the names of the classes.

    Names of pictures have / between folders, whatever wrote them.
    """

    of: Mapping[str, Label]
    classes: tuple[str, ...] = ()

    def label(self, name: str) -> Label:
        """The label of a picture, by its name in the dataset."""
        return self.of.get(plain(name))


NONE = Labels({})


@dataclass(frozen=True)
class Classes:
    """Which class each picture is `of` [N] int64, 0 to `count` - 1; `names` where they are known.

    There are two classes at least, and pictures of each. Where pictures show several, `weights`
    [N, count] float32 say how much of each, together 1, and `of` is the foremost.
    """

    of: NDArray[np.int64]
    names: tuple[str, ...] = ()
    weights: NDArray[np.float32] | None = None

    @property
    def count(self) -> int:
        """How many classes there are."""
        if self.weights is not None:
            return int(self.weights.shape[1])
        return len(self.names) or int(self.of.max()) + 1

    @property
    def labels(self) -> NDArray[Any]:
        """What a model is told of each picture: its class [N], or its weights [N, count]."""
        return self.of if self.weights is None else self.weights

    def alike(self, count: int) -> NDArray[Any]:
        """So many labels, each as frequent as among the pictures."""
        order = np.argsort(self.of, kind="stable")
        found: NDArray[Any] = self.labels[evenly(order, count)]
        return found

    def places(self, classes: Sequence[int]) -> NDArray[np.int64]:
        """Where pictures of the wanted classes are, drawn evenly; by class, the first first."""
        counts = np.bincount(np.array(classes), minlength=self.count)
        shown = np.eye(self.count)[self.of] if self.weights is None else self.weights
        found = [evenly(np.flatnonzero(shown[:, k]), count) for k, count in enumerate(counts)]
        return np.concatenate(found)


def evenly(numbers: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """So many of the numbers, in their order; some twice where there are fewer."""
    chosen: NDArray[np.int64] = numbers[(2 * np.arange(count) + 1) * len(numbers) // (2 * count)]
    return chosen


def read_labels(data: bytes, path: object) -> Labels:
    """The labels in the bytes of a dataset.json, `path` being the dataset that has it.

    A label is a whole number from 0, a list of how much a picture shows of each class (a single 1
    among zeros is a class), the class's name or a list of names, or null. Raises InvalidArgument,
    naming the dataset and the picture, for anything else: a label that is passed over would be
    missed only when the model is trained.
    """
    try:
        found: Description = from_json(data, Description, MAX_BYTES)
    except Malformed as reason:
        raise _odd(path, _told(data, reason)) from None
    given: dict[str, Raw] = {}
    for name, raw in found.labels or ():
        if bytes(given.setdefault(plain(name), raw)) != bytes(raw):
            raise _refused(path, name, from_json(bytes(raw)), "after another label")
    pairs = {name: _label(path, name, raw) for name, raw in given.items()}
    weights = {name: label for name, label in pairs.items() if isinstance(label, tuple)}
    if all(label.count(0) == len(label) - 1 for label in weights.values()):
        pairs |= {name: _foremost(label) for name, label in weights.items()}
    _check_alike(path, pairs, given)
    if any(isinstance(label, frozenset) for label in pairs.values()):
        return _by_name(pairs)
    return Labels({n: x for n, x in pairs.items() if not isinstance(x, frozenset)}, _names(found))


def understood(path: object, pairs: Sequence[tuple[str, Label]], known: tuple[str, ...]) -> Classes:
    """The classes of pictures, given as (name, label); `known` are the classes' own names.

    Raises InvalidArgument where some picture has none, or a class has no picture.
    """
    labels = [label for _, label in pairs if label is not None]
    if len(labels) < len(pairs):
        without = next(name for name, label in pairs if label is None)
        raise InvalidArgument(
            f"'{path}' has labels for only {len(labels)} of {len(pairs)} pictures: "
            f"none for '{without}'."
        )
    weights = _weights(path, [label for label in labels if isinstance(label, tuple)])
    numbers = [_foremost(label) if isinstance(label, tuple) else label for label in labels]
    used = set(numbers if weights is None else np.flatnonzero(weights.any(axis=0)).tolist())
    missing = next(number for number in range(len(used) + 1) if number not in used)
    count = max(max(used) + 1, len(known), 0 if weights is None else weights.shape[1])
    if missing < count:
        name = f" ('{known[missing]}')" if missing < len(known) else ""
        raise InvalidArgument(f"'{path}' has {count} classes and no picture of {missing}{name}.")
    if count < 2:
        raise InvalidArgument(f"'{path}' has pictures of one class; labels need two or more.")
    names = known if len(known) == count else ()
    return Classes(np.array(numbers, np.int64), names, weights)


def _weights(path: object, labels: Sequence[tuple[float, ...]]) -> NDArray[np.float32] | None:
    """How much of each class pictures show, [N, count], together 1; None where each shows one."""
    if not labels:
        return None
    if len(labels) * len(labels[0]) > _MOST_WEIGHTS:
        raise InvalidArgument(f"'{path}' has {len(labels[0])} classes, too many for its pictures.")
    weights = np.array(labels, np.float64)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def slashed(name: str) -> str:
    """A name with / between folders: Windows tools write backslashes into zip files and JSON."""
    return name.replace("\\", "/")


def plain(name: str) -> str:
    """A picture's name as labels are looked up by: whoever wrote it, without ./ or / before it."""
    name = unicodedata.normalize("NFC", slashed(name))
    return name.removeprefix("./").lstrip("/")


def check_meant(path: object, known: Labels, names: Collection[str]) -> None:
    """Raise InvalidArgument where labels are of other pictures than the `names` that are there."""
    told = next((name for name, label in known.of.items() if label is not None), None)
    if names and told and all(known.label(name) is None for name in names):
        raise InvalidArgument(
            f"'{path}' has a {DESCRIPTION} with labels of other pictures, such as "
            f"'{printable(told)}'; here is '{printable(min(names))}'."
        )


def _label(path: object, name: str, raw: Raw) -> Label | frozenset[str]:
    """One label: a number, weights, names of classes, or none."""
    try:
        label: Any = from_json(bytes(raw))
    except Malformed:
        raise _refused(path, name, bytes(raw).decode(errors="replace")) from None
    words = label if isinstance(label, list) else [label]
    if words and all(isinstance(word, str) and word.strip() for word in words):
        return frozenset(words)
    if isinstance(label, list) and _are_weights(label):
        return tuple(map(float, label))
    if isinstance(label, float) and label.is_integer() and label < 2**31:
        label = int(label)
    if label is not None and (type(label) is not int or not 0 <= label < 2**31):
        raise _refused(path, name, from_json(bytes(raw)))
    return label


def _are_weights(label: Sequence[Any]) -> bool:
    """Whether a list says how much of two classes or more there is, and of one at least."""
    numbers = all(type(weight) in (int, float) and 0 <= weight < 2**31 for weight in label)
    return numbers and len(label) > 1 and any(label)


def _foremost(label: Sequence[float]) -> int:
    return max(range(len(label)), key=lambda number: label[number])


def _check_alike(
    path: object, pairs: Mapping[str, Label | frozenset[str]], given: Mapping[str, Raw]
) -> None:
    """Raise InvalidArgument unless all labels are of one form, and all lists equally long."""
    forms: dict[str, str] = {}
    for name, label in pairs.items():
        if label is not None:
            forms.setdefault(_form(label), name)
    if len(forms) > 1:
        (form, other), (_, name), *_ = sorted(forms.items(), key=lambda pair: pair[0] != NUMBER)
        why = f"while '{printable(other)}' has {form}"
        raise _refused(path, name, from_json(bytes(given[name])), why)


def _form(label: int | tuple[float, ...] | frozenset[str]) -> str:
    if isinstance(label, tuple):
        return f"a list of {len(label)}"
    return "a name" if isinstance(label, frozenset) else NUMBER


def _by_name(pairs: Mapping[str, Label | frozenset[str]]) -> Labels:
    """Labels that are names of classes, one or several for a picture."""
    named = {name: label for name, label in pairs.items() if isinstance(label, frozenset)}
    classes = sorted(frozenset[str]().union(*named.values()), key=_counting)
    places = {word: place for place, word in enumerate(classes)}
    several = any(len(words) > 1 for words in named.values())

    def label(words: frozenset[str]) -> Label:
        if several:
            return tuple(float(word in words) for word in classes)
        return places[min(words)]

    known = {name: label(named[name]) if name in named else None for name in pairs}
    return Labels(known, tuple(printable(word)[:_LONGEST] for word in classes))


def _counting(word: str) -> tuple[bool, int, str]:
    """Sorts numbers that stand as text as numbers, before all else."""
    is_number = word.isascii() and word.isdecimal() and len(word) < 10
    return not is_number, int(word) if is_number else 0, word


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
        f"{f' {why}' if why else ''}; a training takes whole numbers from 0, one for "
        "each class, or lists of how much each picture shows of every class."
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
