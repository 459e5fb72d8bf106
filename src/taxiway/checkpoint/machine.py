"""The machine of a pickle stream, with nothing behind its names.

It follows the opcodes of protocols 0 to 5, but a name stays a name (`Global`), a call goes to the
fixed table in `records`, and what is not in the table is refused - or, when only looking, noted.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from taxiway.checkpoint import records
from taxiway.checkpoint.limits import (
    MAX_DEPTH,
    MAX_KEY,
    MAX_NAME,
    MAX_OPCODES,
    Broken,
    Budget,
    Refused,
)
from taxiway.checkpoint.opcodes import LITERALS, Cursor
from taxiway.checkpoint.source import Span
from taxiway.checkpoint.tensors import Storage, Tensor
from taxiway.checkpoint.values import Global, Module, Opaque, Record


class Stack:
    """Values on top of marks, and a numbered memo of values to use again."""

    def __init__(self) -> None:
        self._values: list[object] = []
        self._below: list[list[object]] = []
        self._memo: dict[int, object] = {}

    def push(self, value: object) -> None:
        self._values.append(value)

    def pop(self) -> object:
        if not self._values:
            raise Broken("takes a value that is not there")
        return self._values.pop()

    def top(self) -> object:
        if not self._values:
            raise Broken("uses a value that is not there")
        return self._values[-1]

    def mark(self) -> None:
        if len(self._below) >= MAX_DEPTH:
            raise Broken(f"is nested more than {MAX_DEPTH} deep")
        self._below.append(self._values)
        self._values = []

    def pop_mark(self) -> list[object]:
        """Everything since the last mark."""
        if not self._below:
            raise Broken("closes a list that it never opened")
        items, self._values = self._values, self._below.pop()
        return items

    def drop(self) -> None:
        """Forget the top value, or the mark if that is on top."""
        if self._values or not self._below:
            self.pop()
        else:
            self.pop_mark()

    def push_tuple(self, count: int) -> None:
        """The top `count` values as one tuple."""
        items = [self.pop() for _ in range(count)]
        self.push(tuple(reversed(items)))

    def memoize(self) -> None:
        self.put(len(self._memo))

    def put(self, index: int) -> None:
        # Writers number from 0 up; other numbers could be chosen to slow the dictionary down.
        if not 0 <= index <= MAX_OPCODES:
            raise Broken(f"stores value number {index}")
        self._memo[index] = self.top()

    def get(self, index: int) -> None:
        if index not in self._memo:
            raise Broken(f"refers to value {index}, which it never stored")
        self.push(self._memo[index])


@dataclass(slots=True)
class Seen:
    """What a file mentioned and what of that was refused, when it is only looked at."""

    names: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reading:
    """One file being read: its budget and, when it is only looked at, what was seen."""

    budget: Budget
    seen: Seen | None = None
    opened: set[Span] = field(default_factory=set)

    def refuse(self, refusal: Refused) -> Opaque:
        """Raise the refusal; when only looking, note it and stand in an empty value."""
        if self.seen is None:
            raise refusal
        self.seen.refused[refusal.wanted] += 1
        return Opaque(refusal.wanted)


class Machine:
    """Runs one stream from a cursor to its STOP and returns the value that it leaves.

    `open_storage` answers a call for a stream within the stream, `persistent` a persistent id.
    """

    def __init__(
        self,
        cursor: Cursor,
        reading: Reading,
        open_storage: Callable[[Span], Storage] | None = None,
        persistent: Callable[[object], object] | None = None,
    ) -> None:
        self.cursor = cursor
        self.reading = reading
        self.stack = Stack()
        self._open_storage = open_storage
        self._persistent = persistent

    def run(self) -> object:
        """Follow the stream; raises Broken or Refused."""
        cursor, budget, push = self.cursor, self.reading.budget, self.stack.push
        while (opcode := cursor.take(1)) != b".":
            budget.opcodes -= 1
            if budget.opcodes < 0:
                raise Broken("has more instructions than any network needs")
            if (literal := LITERALS.get(opcode)) is not None:
                push(literal(cursor))
            elif (step := STEPS.get(opcode)) is not None:
                step(self)
            else:
                raise Broken(f"has no valid instruction at byte {cursor.position - 1}")
        return self.stack.pop()

    def name(self, module: object, name: object) -> None:
        """Push a name, which is all that it ever is."""
        if not (isinstance(module, str) and isinstance(name, str)):
            raise Broken("names something by a value that is no text")
        if len(module) + len(name) > MAX_NAME:
            raise Broken(f"names something in {len(module) + len(name)} characters")
        found = Global(module, name)
        if self.reading.seen is not None:
            self.reading.seen.names[str(found)] += 1
        if not records.is_known(found):
            self.reading.refuse(Refused(str(found)))
        self.stack.push(found)

    def reduce(self) -> None:
        """Push the value of a call from the fixed table."""
        args, function = self.stack.pop(), self.stack.pop()
        try:
            self.stack.push(self._call(function, args))
        except Refused as refusal:
            self.stack.push(self.reading.refuse(refusal))

    def create(self) -> None:
        """Push a new empty record of the fixed table."""
        args, kind = self.stack.pop(), self.stack.pop()
        try:
            self.stack.push(records.create(kind, args))
        except Refused as refusal:
            self.stack.push(self.reading.refuse(refusal))

    def build(self) -> None:
        """Give the record on top its state."""
        state = self.stack.pop()
        try:
            records.fill(self.stack.top(), state)
        except Refused as refusal:
            self.reading.refuse(refusal)
            records.spoil(self.stack.top(), refusal.wanted)

    def persistent_id(self) -> None:
        """Push what the file keeps outside of the stream: a storage."""
        key = self.stack.pop()
        try:
            if self._persistent is None:
                raise Refused("an object from outside of the file")
            self.stack.push(self._persistent(key))
        except Refused as refusal:
            self.stack.push(self.reading.refuse(refusal))

    def refuse(self, wanted: str) -> None:
        """Push the empty place of an instruction that is never followed."""
        self.stack.push(self.reading.refuse(Refused(wanted)))

    def append(self, items: list[object]) -> None:
        """Add items to the list on top."""
        target = self.stack.top()
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, Opaque):
            raise Broken("adds items to something that is no list")

    def set_items(self, items: list[object]) -> None:
        """Set the alternating keys and values in the dictionary on top."""
        target = self.stack.top()
        if isinstance(target, dict):
            target.update(pairs(items))
        elif not isinstance(target, Opaque):
            raise Broken("sets items of something that is no dictionary")

    def _call(self, function: object, args: object) -> object:
        name = str(function) if isinstance(function, Global) else ""
        if name == records.ENCODE:
            return records.encode(args, self.reading.budget)
        if name != records.LOAD_STORAGE:
            return records.call(function, args)
        match args:
            case (Span() as span,) if self._open_storage:
                if span in self.reading.opened:
                    raise Broken("opens one stored tensor twice, which writers never do")
                self.reading.opened.add(span)
                return self._open_storage(span)
        raise Refused(f"{name} of something else than a stored tensor")


def pairs(items: list[object]) -> dict[object, object]:
    """The dictionary of alternating keys and values; keys are text or small numbers.

    What has an object for its key, as an optimizer's state by tensor, no network needs: left out.
    """
    if len(items) % 2:
        raise Broken("has a dictionary key without a value")
    found = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if _is_key(key):
            found[key] = value
        elif not isinstance(key, Tensor | Module | Record | Opaque | Global):
            raise Broken("has a dictionary key that is neither text nor a small number")
    return found


def _is_key(key: object) -> bool:
    # Large numbers can be chosen to collide in a dictionary and make it slow.
    return isinstance(key, str) or key is None or (isinstance(key, int) and abs(key) < MAX_KEY)


def _global(machine: Machine) -> None:
    machine.name(machine.cursor.line(), machine.cursor.line())


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.name(module, name)


def _inst(machine: Machine) -> None:
    _global(machine)
    kind = machine.stack.pop()
    machine.stack.pop_mark()
    machine.refuse(f"an object of {kind}")


def _obj(machine: Machine) -> None:
    items = machine.stack.pop_mark()
    kind = items[0] if items and isinstance(items[0], Global) else "no class"
    machine.refuse(f"an object of {kind}")


def _create_with_keywords(machine: Machine) -> None:
    machine.stack.push_tuple(3)
    machine.stack.pop()
    machine.refuse("an object made with keywords")


def _persistent_line(machine: Machine) -> None:
    machine.refuse(f"the persistent object {machine.cursor.line()[:40]!r}")


def _extension(size: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        machine.refuse(f"the registered extension {machine.cursor.unsigned(size)}")

    return step


def _text_index(machine: Machine) -> int:
    line = machine.cursor.line()
    if not (line.isascii() and line.isdigit() and len(line) < 10):
        raise Broken("numbers a value by something that is no number")
    return int(line)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.set_items([key, value])


STEPS: dict[bytes, Callable[[Machine], object]] = {
    b"\x80": lambda machine: machine.cursor.skip(1),
    b"\x95": lambda machine: machine.cursor.skip(8),
    b"(": lambda machine: machine.stack.mark(),
    b"0": lambda machine: machine.stack.drop(),
    b"1": lambda machine: machine.stack.pop_mark(),
    b"2": lambda machine: machine.stack.push(machine.stack.top()),
    b")": lambda machine: machine.stack.push(()),
    b"]": lambda machine: machine.stack.push([]),
    b"}": lambda machine: machine.stack.push({}),
    b"\x8f": lambda machine: machine.stack.push([]),  # a set: its items, in order
    b"t": lambda machine: machine.stack.push(tuple(machine.stack.pop_mark())),
    b"l": lambda machine: machine.stack.push(machine.stack.pop_mark()),
    b"d": lambda machine: machine.stack.push(pairs(machine.stack.pop_mark())),
    b"\x91": lambda machine: machine.stack.push(machine.stack.pop_mark()),
    b"\x85": lambda machine: machine.stack.push_tuple(1),
    b"\x86": lambda machine: machine.stack.push_tuple(2),
    b"\x87": lambda machine: machine.stack.push_tuple(3),
    b"a": lambda machine: machine.append([machine.stack.pop()]),
    b"e": lambda machine: machine.append(machine.stack.pop_mark()),
    b"\x90": lambda machine: machine.append(machine.stack.pop_mark()),
    b"s": _set_item,
    b"u": lambda machine: machine.set_items(machine.stack.pop_mark()),
    b"\x94": lambda machine: machine.stack.memoize(),
    b"q": lambda machine: machine.stack.put(machine.cursor.unsigned(1)),
    b"r": lambda machine: machine.stack.put(machine.cursor.unsigned(4)),
    b"p": lambda machine: machine.stack.put(_text_index(machine)),
    b"h": lambda machine: machine.stack.get(machine.cursor.unsigned(1)),
    b"j": lambda machine: machine.stack.get(machine.cursor.unsigned(4)),
    b"g": lambda machine: machine.stack.get(_text_index(machine)),
    b"c": _global,
    b"\x93": _stack_global,
    b"R": Machine.reduce,
    b"\x81": Machine.create,
    b"b": Machine.build,
    b"Q": Machine.persistent_id,
    b"i": _inst,
    b"o": _obj,
    b"\x92": _create_with_keywords,
    b"P": _persistent_line,
    b"\x82": _extension(1),
    b"\x83": _extension(2),
    b"\x84": _extension(4),
    b"\x97": lambda machine: machine.refuse("a buffer from outside of the file"),
    b"\x98": lambda machine: None,  # READONLY_BUFFER: nothing here can be written through
}
"""Opcode -> what it does, for all that is not a plain value."""
