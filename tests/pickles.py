"""Pickle streams put together opcode by opcode: nothing here, or in what it writes, is executed.

Values are Python's own plus `Name`, `Call`, `New`, `Fill` and `Raw`, which stand for opcodes.
"""

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAGIC = b"\x8a\x0a" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
STORAGES = {"f2": "Half", "f4": "Float", "f8": "Double", "i8": "Long", "b1": "Bool"}
CORE = {2: "numpy.core", 3: "numpy.core", 4: "numpy._core", 5: "numpy._core"}


@dataclass(frozen=True)
class Name:
    """A global: "module.name"; the last dot divides."""

    path: str


@dataclass
class Call:
    """A call (REDUCE) and, where the result takes them, items set afterwards."""

    function: Name
    args: tuple[Any, ...] = ()
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass
class New:
    """A new object (NEWOBJ), with items set or a state given (BUILD) afterwards."""

    kind: Name
    items: dict[Any, Any] = field(default_factory=dict)
    state: Any = None


@dataclass
class Fill:
    """A value that is given a state (BUILD)."""

    target: Any
    state: Any


@dataclass(frozen=True)
class Raw:
    """Opcodes as they are, leaving one value."""

    code: bytes


class Writer:
    """Writes one value as a pickle of a protocol from 2 to 5."""

    def __init__(self, protocol: int = 4) -> None:
        self.protocol = protocol
        self.memo: dict[int, int] = {}
        self.kept: list[Any] = []

    def dump(self, value: Any) -> bytes:
        return b"\x80" + bytes([self.protocol]) + self.write(value) + b"."

    def write(self, value: Any) -> bytes:
        if id(value) in self.memo:
            return b"j" + struct.pack("<I", self.memo[id(value)])
        return getattr(self, f"write_{type(value).__name__}")(value)

    def remember(self, value: Any, code: bytes) -> bytes:
        """The code of a value, and the number under which it can be had again."""
        index = self.memo[id(value)] = len(self.memo)
        self.kept.append(value)  # an id is only good while its object lives
        return code + b"r" + struct.pack("<I", index)

    def write_NoneType(self, value: None) -> bytes:
        return b"N"

    def write_bool(self, value: bool) -> bytes:
        return b"\x88" if value else b"\x89"

    def write_int(self, value: int) -> bytes:
        if -(1 << 31) <= value < 1 << 31:
            return b"J" + struct.pack("<i", value)
        size = value.bit_length() // 8 + 1
        return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)

    def write_float(self, value: float) -> bytes:
        return b"G" + struct.pack(">d", value)

    def write_str(self, value: str) -> bytes:
        data = value.encode()
        return self.remember(value, b"X" + struct.pack("<I", len(data)) + data)

    def write_bytes(self, value: bytes) -> bytes:
        if self.protocol < 3:
            return self.write(Call(Name("_codecs.encode"), (value.decode("latin-1"), "latin1")))
        return self.remember(value, b"B" + struct.pack("<I", len(value)) + value)

    def write_bytearray(self, value: bytearray) -> bytes:
        return self.remember(value, b"\x96" + struct.pack("<Q", len(value)) + value)

    def write_list(self, value: list[Any]) -> bytes:
        return self.remember(value, b"]") + b"(" + b"".join(map(self.write, value)) + b"e"

    def write_tuple(self, value: tuple[Any, ...]) -> bytes:
        return b"(" + b"".join(map(self.write, value)) + b"t"

    def write_dict(self, value: dict[Any, Any]) -> bytes:
        return self.remember(value, b"}") + self.items(value)

    def items(self, items: dict[Any, Any]) -> bytes:
        pairs = (self.write(part) for item in items.items() for part in item)
        return b"(" + b"".join(pairs) + b"u" if items else b""

    def write_Name(self, value: Name) -> bytes:
        module, _, name = value.path.rpartition(".")
        if self.protocol < 4:
            return b"c" + f"{module}\n{name}\n".encode()
        return self.write(module) + self.write(name) + b"\x93"

    def write_Call(self, value: Call) -> bytes:
        code = self.write(value.function) + self.write(value.args) + b"R"
        return self.remember(value, code) + self.items(value.items)

    def write_New(self, value: New) -> bytes:
        code = self.remember(value, self.write(value.kind) + b")\x81") + self.items(value.items)
        return code if value.state is None else code + self.write(value.state) + b"b"

    def write_Fill(self, value: Fill) -> bytes:
        code = self.remember(value, self.write(value.target))
        return code + self.write(value.state) + b"b"

    def write_Raw(self, value: Raw) -> bytes:
        return value.code

    def write_ndarray(self, value: np.ndarray[Any, Any]) -> bytes:
        """As NumPy pickles itself: by state, from protocol 5 on by its buffer."""
        kind = Fill(
            Call(Name("numpy.dtype"), (value.dtype.str[1:], False, True)),
            (3, value.dtype.str[0], None, None, None, -1, -1, 0),
        )
        core = CORE[self.protocol]
        if self.protocol == 5:
            args = (bytearray(value.tobytes()), kind, value.shape, "C")
            return self.write(Call(Name(f"{core}.numeric._frombuffer"), args))
        empty = Call(Name(f"{core}.multiarray._reconstruct"), (Name("numpy.ndarray"), (0,), b"b"))
        return self.write(Fill(empty, (1, value.shape, kind, False, value.tobytes())))


def storage_bytes(array: np.ndarray[Any, Any], count: int | None = None) -> bytes:
    """A stream as `torch.storage._load_from_bytes` is given it, holding an array's numbers."""
    count = array.size if count is None else count
    kind = Name(f"torch.{STORAGES[array.dtype.str[1:]]}Storage")
    identity = ("storage", kind, "0", "cpu", count, None)
    system = {"protocol_version": 1001, "little_endian": True}
    body = Raw(Writer(2).write(identity) + b"Q")
    head = b"\x80\x02" + MAGIC + b"." + Writer(2).dump(1001) + Writer(2).dump(system)
    tail = Writer(2).dump(["0"]) + struct.pack("<Q", count) + array.tobytes()
    return head + Writer(2).dump(body) + tail


def tensor(array: np.ndarray[Any, Any], **changes: Any) -> Call:
    """A tensor as torch pickles it; `changes` are of offset, shape, strides or the storage."""
    strides = tuple(step // array.itemsize for step in array.strides)
    stored = storage_bytes(array.ravel(order="K"))
    storage = Call(Name("torch.storage._load_from_bytes"), (stored,))
    parts = {"storage": storage, "offset": 0, "shape": array.shape, "strides": strides} | changes
    args = (parts["storage"], parts["offset"], parts["shape"], parts["strides"])
    return Call(Name("torch._utils._rebuild_tensor_v2"), (*args, False, ordered()))


def ordered(**items: Any) -> Call:
    """An OrderedDict."""
    return Call(Name("collections.OrderedDict"), (), items)
