"""What the readers of formats find: boxes by picture, and what is wrong, a sentence each."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from taxiway.core.images import Unusable

Box = tuple[float, float, float, float, int]
"""Left, top, width and height in pixels of the upright picture, and the number of a class."""
Size = tuple[int, int]
"""Width and height in pixels."""
Sizes = Mapping[str, Callable[[], Size]]
"""The pictures that there are, by name; a size may raise Unusable."""
MOST_WRONG = 1000
"""Sentences that are kept of what is wrong."""
MOST_CLASSES = 10_000
LONGEST_NAME = 200


class Pictured(NamedTuple):
    """A picture's size and its boxes."""

    size: Size
    boxes: list[Box]


class Labelled(NamedTuple):
    """What a format said: names of classes, pictures by name, what is wrong, what was cut.

    `cut` counts boxes that reached over an edge, whose part inside was taken.
    """

    classes: list[str]
    pictures: dict[str, Pictured]
    wrong: list[str]
    cut: int = 0


class Found:
    """What a reader has found so far of the pictures that there are."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes, self.classes = sizes, list[str]()
        self.wrong, self.cut = list[str](), 0
        self._pictures = dict[str, Pictured]()
        self._measured = dict[str, Size | None]()
        self._numbers = dict[str, int]()
        self._named = Names(sizes)

    def say(self, where: str, what: str) -> None:
        """Note something wrong; `where` names the file and the line."""
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(f"{where}: {what}.")

    def class_named(self, where: str, name: str) -> int | None:
        """The number of a class by its name, a new one where it is new."""
        name = " ".join(name.split())
        if name in self._numbers:
            return self._numbers[name]
        if not name or len(name) > LONGEST_NAME or len(self.classes) >= MOST_CLASSES:
            most = f"a name of up to {LONGEST_NAME} characters, {MOST_CLASSES} at the most"
            self.say(where, f"a class takes {most}, got {name[:40]!r}")
            return None
        self._numbers[name] = len(self.classes)
        self.classes.append(name)
        return self._numbers[name]

    def picture(self, where: str, given: str) -> str | None:
        """The picture that a file means by a name; without one that is said."""
        name = self._named.find(given)
        if name is None:
            self.say(where, f"there is no picture '{given[:200]}'")
        return name if name is not None and self.see(where, name) else None

    def see(self, where: str, name: str) -> Size | None:
        """Count a picture among those with labels, even if without boxes; its size."""
        if name not in self._measured:
            try:
                self._measured[name] = self.sizes[name]()
            except Unusable as reason:
                self._measured[name] = None
                self.say(where, f"the picture '{name}' {reason}")
        size = self._measured[name]
        if size is not None:
            self._pictures.setdefault(name, Pictured(size, []))
        return size

    def add(self, where: str, name: str, corners: Sequence[float], kind: int) -> None:
        """A box from left, top, right and bottom in pixels; the part outside is cut away."""
        width, height = self._pictures[name].size
        if not all(map(math.isfinite, corners)):
            self.say(where, "a box takes finite numbers")
            return
        left, top, right, bottom = corners
        if right <= left or bottom <= top:
            self.say(where, f"the box has no width or height: {right - left:g} x {bottom - top:g}")
            return
        inside = max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height)
        if inside[0] >= inside[2] or inside[1] >= inside[3]:
            self.say(where, f"the box lies outside of the picture's {width} x {height} pixels")
            return
        # Half a pixel over the edge is rounding, of which nobody need hear.
        self.cut += max(abs(a - b) for a, b in zip(corners, inside, strict=True)) > 0.5
        x, y, right, bottom = inside
        self._pictures[name].boxes.append((x, y, right - x, bottom - y, kind))

    def labelled(self) -> Labelled:
        """All of it."""
        return Labelled(self.classes, self._pictures, self.wrong, self.cut)


class Names:
    """Pictures by what files call them: the whole name, with or without its ending, below `images`
    or not; else by its last part."""

    def __init__(self, names: Iterable[str]) -> None:
        self._known = dict[str, str | None]()
        ways = (lambda path: str(path), lambda path: str(path.with_suffix("")),
                lambda path: path.name, lambda path: path.stem)  # fmt: skip
        paths = [(name, PurePosixPath(below_images(name.casefold()))) for name in names]
        for way in ways:
            new = dict[str, str | None]()
            for name, path in paths:
                key = way(path)
                new[key] = None if key in new else name  # two are none
            self._known = {**new, **self._known}

    def find(self, given: str) -> str | None:
        """The one picture that is meant; None where there is none, or two might be."""
        plain = below_images(given.replace("\\", "/").removeprefix("./").casefold())
        path = PurePosixPath(plain)
        for key in (plain, str(path.with_suffix("")), path.name, path.stem) if path.name else ():
            if found := self._known.get(key):
                return found
        return None


def below_images(name: str) -> str:
    """A picture's name below the folder of pictures."""
    return name.removeprefix("images/")


def finite(text: str) -> float:
    """A number in a text. Raises ValueError for what is none, or not finite."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"not finite: {text[:20]}")
    return number
