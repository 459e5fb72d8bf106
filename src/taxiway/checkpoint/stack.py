"""The stack, marks and memo of a pickle stream, with every way to misuse them named."""

from taxiway.checkpoint.limits import MAX_DEPTH, MAX_OPCODES, Broken


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
