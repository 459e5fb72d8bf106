"""Pascal VOC's format: an XML file for each picture, with corners in pixels.

Corners are taken as they stand, as labelImg, CVAT and Roboflow write them; the first VOC sets
counted pixels from 1.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.parsers import expat
from xml.sax.saxutils import escape

from taxiway.training.datasets.boxes.files import Files
from taxiway.training.datasets.boxes.found import Box, Found, Labelled, Size, finite

FOLDER = "annotations"
DEEPEST = 20
SIDES = ("xmin", "ymin", "xmax", "ymax")


class Node:
    """An element: its name, its line, its text, and the elements in it."""

    def __init__(self, name: str, line: int) -> None:
        self.name, self.line, self.text = name, line, ""
        self.children: list[Node] = []

    def all(self, name: str) -> "list[Node]":
        """Those of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Node | None":
        """The first of that name."""
        return next(iter(self.all(name)), None)

    def said(self, name: str) -> str:
        """The text of the first of that name, or nothing."""
        node = self.first(name)
        return node.text.strip() if node else ""


class Unreadable(Exception):
    """What is wrong with a text, and its line."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def read(files: Files, found: Found) -> None:
    """Every XML file."""
    for name in files.ending(".xml"):
        read_one(name, files.read(name), f"'{name}' in '{files.source}'", found)


def read_one(name: str, data: bytes, where: str, found: Found) -> None:
    """One picture's."""
    try:
        root = parsed(data)
    except Unreadable as reason:
        found.say(f"{where}, line {reason.line}", str(reason))
        return
    if root.name != "annotation":
        found.say(f"{where}, line {root.line}", f"it begins with <{root.name}>, not <annotation>")
        return
    picture = found.picture(where, root.said("filename") or str(PurePosixPath(name).stem))
    for node in root.all("object") if picture is not None else ():
        assert picture is not None
        place = f"{where}, line {node.line}"
        kind, sides = found.class_named(place, node.said("name")), node.first("bndbox")
        if kind is None:
            continue
        try:
            corners = [finite(sides.said(side)) if sides else finite("") for side in SIDES]
        except ValueError:
            found.say(place, f"an <object> takes a <bndbox> with numbers as {', '.join(SIDES)}")
            continue
        found.add(place, picture, corners, kind)


def parsed(data: bytes) -> Node:
    """The outermost element. Raises Unreadable; nothing outside of the text is looked at."""
    parser = expat.ParserCreate()
    stack = [Node("", 0)]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise Unreadable("its elements are nested too deeply", parser.CurrentLineNumber)
        node = Node(name, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def text(more: str) -> None:
        stack[-1].text += more

    def refuse(*given: object) -> None:
        raise Unreadable("it has a DOCTYPE, which is not taken", parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable(f"it is no XML ({expat.ErrorString(error.code)})", error.lineno) from None
    except ValueError as error:  # an encoding that nobody knows
        raise Unreadable(f"it is no XML ({error})", parser.CurrentLineNumber) from None
    return stack[0].children[0]


def write(labelled: Labelled) -> Iterator[tuple[str, bytes]]:
    """The files, by name."""
    for name, (size, boxes) in labelled.pictures.items():
        path = PurePosixPath(name.removeprefix("images/")).with_suffix(".xml")
        text = document(PurePosixPath(name).name, size, boxes, labelled.classes)
        yield f"{FOLDER}/{path}", text.encode()


def document(name: str, size: Size, boxes: list[Box], classes: list[str]) -> str:
    """The text about one picture."""
    width, height = size
    objects = "".join(
        f"  <object>\n    <name>{escape(classes[kind])}</name>\n    <difficult>0</difficult>\n"
        f"    <bndbox><xmin>{x:.3f}</xmin><ymin>{y:.3f}</ymin>"
        f"<xmax>{x + w:.3f}</xmax><ymax>{y + h:.3f}</ymax></bndbox>\n  </object>\n"
        for x, y, w, h, kind in boxes
    )
    return (
        f"<annotation>\n  <filename>{escape(name)}</filename>\n  <size><width>{width}</width>"
        f"<height>{height}</height><depth>3</depth></size>\n{objects}</annotation>\n"
    )


def describes(files: Files) -> bool:
    """Whether the files look like this format."""
    return bool(files.ending(".xml"))
