"""What an ONNX file says of itself: its inputs and outputs, its words, and what is wrong with it.

Nothing of it is run, and no other file is opened: those in which it keeps numbers are looked for
below its own folder, and nowhere else.
"""

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from taxiway.catalog.manifest import check_path
from taxiway.core.errors import NotFound, UnreadableCheckpoint
from taxiway.onnx_files.wire import Broken, fields, name, number, numbers, record, text

DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    8: "str", 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip
BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
"""Whose operations there are."""
ENDLESS = ("Loop", "Scan", "SequenceMap")
"""Operations that may never end, also while a file is only loaded."""
DEEPEST = 12
MOST_VALUES = 2**28
"""In one input or output, where all of its sides are given: a gigabyte."""
MOST_FIELDS = 4_000_000
LARGEST = 2**31 - 1
MOST_TOP = 1000
"""Fields of a file itself, most of which are its metadata."""


@dataclass(frozen=True)
class Tensor:
    """An input or output; of a side that may be anything the number is 0."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def words(self) -> str:
        """Its shape as people read it: `1x3xNxN`."""
        return "x".join(str(side or "N") for side in self.shape) or "one number"


@dataclass
class OnnxFile:
    """A file that was looked through."""

    path: Path
    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    operations: int = 0
    beside: set[str] = field(default_factory=set)
    """Files in which it keeps numbers."""


def is_onnx(path: Path) -> bool:
    """Whether it is an ONNX file, told by what it holds; of one that is cut off by its name too."""
    if not path.is_file() or path.stat().st_size < 8:
        return False
    found = []
    try:
        for key, value in islice(fields(mapped(path)), MOST_TOP):
            found.append((key, isinstance(value, int)))
    except Broken:
        return found[:1] == [(1, True)] and path.suffix == ".onnx"
    return found[:1] == [(1, True)] and (7, False) in found and (8, False) in found


def mapped(path: Path) -> memoryview:
    """A file's bytes, read as they are looked at."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def look(path: Path) -> OnnxFile:
    """What is in a file. Raises NotFound, or UnreadableCheckpoint with what is wrong."""
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.")
    if not 8 <= path.stat().st_size <= LARGEST:
        raise UnreadableCheckpoint(f"'{path.name}' is no ONNX file: it is empty or above 2 GB.")
    looker = Looker(path)
    try:
        looker.model(mapped(path))
    except UnreadableCheckpoint as error:
        said = str(error)
        wrong = f"{said[:1].lower()}{said[1:]}"
        raise UnreadableCheckpoint(f"'{path.name}' is not run: {wrong}") from None
    return looker.found


class Looker:
    """One walk through a file."""

    def __init__(self, path: Path) -> None:
        self.found, self.folder, self.left = OnnxFile(path), path.parent, MOST_FIELDS
        self.constants: set[str] = set()

    def fields(self, data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
        for each in fields(data):
            self.left -= 1
            if self.left < 0:
                raise Broken("It has more parts than any network.")
            yield each

    def model(self, data: memoryview) -> None:
        """A ModelProto."""
        graphs = 0
        for key, value in self.fields(data):
            if key == 7:
                self.graph(record(value))
                graphs += 1
            elif key == 8:
                self.domain(record(value))
            elif key == 14:
                self.found.facts.update([self.pair(record(value))])
            elif key == 25:
                self.function(record(value))
        self.check(graphs)

    def check(self, graphs: int) -> None:
        """What must be there."""
        if graphs != 1:
            raise Broken("It holds no network.")
        for constant in self.constants:
            self.found.inputs.pop(constant, None)
        if not (self.found.outputs and self.found.operations):
            raise Broken("Its network computes nothing.")

    def function(self, data: memoryview) -> None:
        """A FunctionProto: operations made of others."""
        for key, value in self.fields(data):
            if key == 7:
                self.node(record(value), 1)

    def domain(self, data: memoryview) -> None:
        said = next((name(value) for key, value in self.fields(data) if key == 1), "")
        if said not in DOMAINS:
            raise Broken(f"It needs the operations of {said[:80]!r}, which are not here.")

    def pair(self, data: memoryview) -> tuple[str, str]:
        """A name and a text."""
        parts = {key: text(value) for key, value in self.fields(data) if key in (1, 2)}
        return parts.get(1, ""), parts.get(2, "")

    def graph(self, data: memoryview, depth: int = 0) -> None:
        """A GraphProto; only the outermost has inputs and outputs of interest."""
        if depth > DEEPEST:
            raise Broken("It is nested too deeply.")
        for key, value in self.fields(data):
            if key == 1:
                self.node(record(value), depth)
            elif key == 5:
                constant = self.tensor(record(value))
                if depth == 0:
                    self.constants.add(constant)
            elif key == 15:
                self.sparse(record(value))
            elif key in (11, 12) and depth == 0:
                tensor = self.value(record(value))
                (self.found.inputs if key == 11 else self.found.outputs)[tensor.name] = tensor

    def node(self, data: memoryview, depth: int) -> None:
        """A NodeProto: what it does, and the tensors and graphs in its settings."""
        self.found.operations += 1
        for key, value in self.fields(data):
            if key == 4 and (kind := name(value)) in ENDLESS:
                raise Broken(f"It has a {kind}, which may never end.")
            if key == 5:
                for part, each in self.fields(record(value)):
                    if part in (5, 10):
                        self.tensor(record(each))
                    elif part in (6, 11):
                        self.graph(record(each), depth + 1)
                    elif part in (22, 23):
                        self.sparse(record(each))

    def sparse(self, data: memoryview) -> None:
        for key, value in self.fields(data):
            if key in (1, 2):
                self.tensor(record(value))

    def tensor(self, data: memoryview) -> str:
        """A TensorProto: its name; its size must be that of its numbers."""
        dims: list[int] = []
        kind, called, raw, location = 0, "", -1, dict[str, str]()
        for key, value in self.fields(data):
            if key == 1:
                dims += numbers(value)
            elif key == 2:
                kind = number(value)
            elif key == 8:
                called = name(value)
            elif key == 9:
                raw = len(record(value))
            elif key == 13:
                location.update([self.pair(record(value))])
        size = self.sized(dims, kind, called, raw)
        if location:
            self.external(location, size)
        return called

    def sized(self, dims: list[int], kind: int, called: str, raw: int) -> int:
        """The bytes that numbers of a shape and type take, which those that are there must be."""
        if any(side < 0 for side in dims) or (most := math.prod(dims)) > 2**40:
            raise Broken(f"Its numbers '{called[:80]}' have an impossible shape.")
        size = most * BYTES.get(kind, 0)
        if raw >= 0 and kind in BYTES and raw != size:
            raise Broken(f"Its numbers '{called[:80]}' take {size} bytes and have {raw}.")
        return size

    def external(self, location: dict[str, str], size: int) -> None:
        """Numbers in another file, which must be below the folder and long enough."""
        where = location.get("location", "")
        try:
            check_path(where)
        except ValueError:
            raise Broken(f"It wants numbers from {where[:100]!r}, outside its folder.") from None
        path = self.folder / where
        real, own = path.resolve(), self.found.path.resolve()
        if not real.is_relative_to(self.folder.resolve()) and real.parent != own.parent:
            raise Broken(f"It wants numbers from {where[:100]!r}, outside its folder.")
        if not real.is_file():
            raise Broken(f"Its numbers are in '{where[:100]}', which is not beside it.")
        try:
            start, length = int(location.get("offset", 0)), int(location.get("length", size))
        except ValueError:
            raise Broken("It says of its numbers no place that could be.") from None
        if start < 0 or length != size or start + length > real.stat().st_size:
            raise Broken(f"Its numbers in '{where[:100]}' are not all there.")
        self.found.beside.add(where)

    def value(self, data: memoryview) -> Tensor:
        """A ValueInfoProto: the name, type and shape of an input or output."""
        called, kind, shape = "", 0, list[int]()
        for key, value in self.fields(data):
            if key == 1:
                called = name(value)
            elif key == 2:
                kind, shape = self.kind(record(value))
        if kind not in DTYPES:
            raise Broken(f"Its '{called[:80]}' is no tensor of a known type.")
        if math.prod(side or 1 for side in shape) > MOST_VALUES:
            said = "x".join(map(str, shape))
            raise Broken(f"Its '{called[:80]}' would be {said}, more than is computed with here.")
        return Tensor(called, DTYPES[kind], tuple(shape))

    def kind(self, data: memoryview) -> tuple[int, list[int]]:
        """A TypeProto: of a tensor its type and its sides, 0 where any will do."""
        kind, shape = 0, list[int]()
        for key, value in self.fields(data):
            if key != 1:
                continue
            for part, each in self.fields(record(value)):
                if part == 1:
                    kind = number(each)
                elif part == 2:
                    dims = [record(dim) for key, dim in self.fields(record(each)) if key == 1]
                    shape = [self.side(dim) for dim in dims]
        return kind, shape

    def side(self, data: memoryview) -> int:
        return max(0, next((number(value) for key, value in self.fields(data) if key == 1), 0))
