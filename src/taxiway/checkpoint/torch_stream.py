"""Torch's old stream form: five small pickles, then the numbers of every storage in turn.

Also what `torch.storage._load_from_bytes` is given inside of NVIDIA's pickles, one per tensor.
"""

from taxiway.checkpoint import records
from taxiway.checkpoint.limits import Broken, Refused
from taxiway.checkpoint.machine import Machine, Reading
from taxiway.checkpoint.opcodes import Cursor
from taxiway.checkpoint.source import Source, Span
from taxiway.checkpoint.tensors import Storage
from taxiway.checkpoint.values import Global, is_size

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


_FIRST_BYTES = b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little") + b"."


def is_stream(source: Source) -> bool:
    """Whether a file begins with the stream's magic number, which is a pickle of its own."""
    return source.size > len(_FIRST_BYTES) and source.read(0, len(_FIRST_BYTES)) == _FIRST_BYTES


class Storages:
    """The storages that a torch file refers to, by key, made as they are mentioned."""

    def __init__(self) -> None:
        self.by_key: dict[str, Storage] = {}

    def mention(self, identity: object) -> Storage:
        """The storage of a persistent id ('storage', class, key, device, count[, view])."""
        match identity:
            case ("storage", Global() as kind, str(key), str(), count, *rest) if is_size(count):
                dtype = records.STORAGES.get(str(kind))
                if dtype is not None and rest in ([], [None]):
                    return self._one(key, Storage(dtype, count))
        raise Refused("an object from outside of the file that is no tensor")

    def _one(self, key: str, new: Storage) -> Storage:
        known = self.by_key.setdefault(key, new)
        if (known.dtype, known.count) != (new.dtype, new.count):
            raise Broken(f"describes the stored tensor {key[:20]!r} in two ways")
        return known


def read_stream(span: Span, reading: Reading) -> object:
    """The value of a whole stream, its storages in place; raises Broken or Refused."""
    cursor = Cursor(span.source, span.start, span.stop)
    if Machine(cursor, reading).run() != MAGIC or Machine(cursor, reading).run() != PROTOCOL:
        raise Refused("a stored tensor that is not one")
    Machine(cursor, reading).run()  # the writer's byte order and type sizes
    storages = Storages()
    value = Machine(cursor, reading, persistent=storages.mention).run()
    _place(storages, Machine(cursor, reading).run(), cursor)
    return value


def open_storage(span: Span, reading: Reading) -> Storage:
    """The one storage in the bytes that `_load_from_bytes` is given."""
    value = read_stream(span, reading)
    if not isinstance(value, Storage):
        raise Refused("a stored tensor that is something else")
    return value


def _place(storages: Storages, keys: object, cursor: Cursor) -> None:
    """Find each storage's numbers: an 8-byte count, then that many numbers, in order of `keys`."""
    if not isinstance(keys, list) or len(keys) != len(storages.by_key):
        raise Broken("lists other stored tensors than it uses")
    for key in keys:
        storage = storages.by_key.get(key) if isinstance(key, str) else None
        if storage is None or cursor.unsigned(8) != storage.count:
            raise Broken("stores another count of numbers than it announces")
        storage.place(cursor.skip(storage.count * storage.dtype.itemsize))
