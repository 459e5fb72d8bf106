"""The addresses of a running model: whatever can be moved by a message, and how it stands now.

The inputs of the model are addresses by themselves. Whoever else takes messages adds its own
(`Addresses.add`), which is in every list from then on, reached by OSC, mappings and the studio.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET, Struct

from taxiway.core.command import Command
from taxiway.core.datatypes import AnyDataType, Boolean, Category, Number, Text, Vector
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.live.messages.moves import Message, changes, input_of
from taxiway.live.messages.patterns import is_pattern, matches

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

Act = Callable[[list[Any], Hashable], None]
LET_GO = ([0], [False])
"""What buttons of controllers send when they are released: it triggers nothing."""


class NoSuchAddress(NotFound):
    """Nothing has that address, which is `address`."""

    def __init__(self, message: str, address: str) -> None:
        super().__init__(message)
        self.address = address


def untraced(error: TaxiwayError) -> TaxiwayError:
    """An error without the frames that it came through, whose lists hold it: of a flood of them the
    garbage collector, and not the last who looked at them, would have to find each."""
    error.__context__ = None
    return error.with_traceback(None)


class Address(Struct, frozen=True, kw_only=True):
    """Something that takes messages.

    `types` are OSC's type letters of its arguments, `f*512` for as many of one. `now` tells its
    value, None where it has none, `by` who moved it last. `act` takes the arguments and who sent
    them, and raises a TaxiwayError; an input has none. A trigger is done each time that it is told
    to, where of a value only the newest counts. `example` are arguments to show.
    """

    address: str
    types: str
    description: str = ""
    low: float | None = None
    high: float | None = None
    default: Any = None
    one_of: Sequence[str] = ()
    also: Sequence[str] = ()
    example: Sequence[Any] = ()
    is_trigger: bool = False
    needs: str = ""
    """An input without which there is nothing to move."""
    now: Callable[[], Any] = lambda: None
    by: Callable[[], Hashable] = lambda: None
    act: Act | None = None

    @property
    def length(self) -> int:
        """How many numbers it takes, where it is a vector, else 0."""
        kind, _, count = self.types.partition("*")
        return int(count) if kind == "f" and count else 0


class Addresses:
    """All of one session."""

    def __init__(self, session: "LiveSession") -> None:
        self._session = session
        self._added: dict[str, Address] = {}
        self.version = 0
        """Counts what was added and taken away."""

    def add(self, address: Address) -> Callable[[], None]:
        """Let there be an address; the result takes it away. One of the same name is replaced."""
        self._added[address.address] = address
        self.version += 1

        def remove() -> None:
            if self._added.get(address.address) is address:
                del self._added[address.address]
                self.version += 1

        return remove

    def all(self) -> list[Address]:
        """Every address there is now, the inputs' first."""
        command = self._session.command
        if command is None:
            return [each for each in self._added.values() if not each.needs]
        inputs = [self._input(command, name) for name in command.inputs]
        own = [each for each in self._added.values() if self._is_there(each, command)]
        return [*(each for each in inputs if each is not None), *own]

    def names(self) -> list[str]:
        """Every address and its short names, and `/z/0` for the numbers of a vector."""
        found = []
        for each in self.all():
            found += [each.address, *each.also]
            if each.length:
                found.append(f"{each.address}/0")
        return found

    def find(self, address: str) -> Address:
        """That of an address, a short name, or a number of a vector. Raises NoSuchAddress."""
        command = self._session.command
        if command is not None and (name := input_of(command, address)[0]) is not None:
            found = self._input(command, name)
            if found is not None:
                return found
        if address not in self._added or not self._is_there(self._added[address], command):
            raise NoSuchAddress(f"{address[:60]} is no address here.", address)
        return self._added[address]

    @staticmethod
    def _is_there(added: Address, command: Command | None) -> bool:
        """Whether it does something for this model, and no input has its name."""
        inputs = command.inputs if command is not None else {}
        return added.address[1:] not in inputs and (not added.needs or added.needs in inputs)

    def perform(self, messages: Sequence[Message], source: Hashable) -> list[TaxiwayError]:
        """Do what the messages say, in their order; what was refused, and why.

        Inputs that are set one after the other are one change, whole or not at all. An address that
        is a pattern stands for all that it matches.
        """
        refused: list[TaxiwayError] = []
        batch: list[Message] = []
        for message in self._expanded(messages, refused):
            command = self._session.command
            if command is not None and input_of(command, message.address)[0] is not None:
                batch.append(message)
                if message.address == "/seed":
                    # z is what it makes of it, of which the next message may change a number.
                    self._set(batch, source, refused)
                continue
            self._set(batch, source, refused)
            self._act(message, source, refused)
        self._set(batch, source, refused)
        return refused

    def _act(self, message: Message, source: Hashable, refused: list[TaxiwayError]) -> None:
        try:
            known = self.find(message.address)
            is_let_go = known.is_trigger and not known.types and message.arguments in LET_GO
            if known.act is not None and not is_let_go:
                known.act(message.arguments, source)
        except TaxiwayError as error:
            refused.append(untraced(error))

    def _set(self, batch: list[Message], source: Hashable, refused: list[TaxiwayError]) -> None:
        """Set what has gathered, and gather anew."""
        session, command = self._session, self._session.command
        if not batch or command is None:
            return
        try:
            session.set(changes(command, session.controls.values(), batch), source)
        except TaxiwayError as error:
            refused.append(untraced(error))
        batch.clear()

    def _expanded(self, messages: Sequence[Message], refused: list[TaxiwayError]) -> list[Message]:
        """The same with patterns replaced by what they match; of a vector's numbers they stay."""
        found: list[Message] = []
        for message in messages:
            # Of `/z/[0-9]` the numbers are picked as one change.
            head, _, rest = message.address[1:].partition("/")
            if not is_pattern(message.address):
                found.append(message)
                continue
            hits = [
                Message(hit, message.arguments)
                for hit in self._matched(f"/{head}", rest, message.address)
            ]
            if not hits:
                refused.append(NoSuchAddress("No address fits the pattern.", message.address))
            found += hits
        return found

    def _matched(self, head: str, rest: str, pattern: str) -> list[str]:
        hits = []
        for each in self.all():
            if matches(pattern, each.address):
                hits.append(each.address)
            elif rest and each.length and matches(head, each.address):
                hits.append(f"{each.address}/{rest}")
        return hits

    def _input(self, command: Command, name: str) -> Address | None:
        field = command.inputs[name]
        if field.holds_pictures or not isinstance(
            field, Number | Boolean | Category | Text | Vector
        ):
            return None
        controls = self._session.controls

        def now() -> Any:
            return self._now(command, name)

        def by() -> Hashable:
            entry = controls.entries.get("z" if name == "seed" else name)
            return entry.source if entry else None

        return Address(
            address=f"/{name}",
            also=[f"/{other}" for other, own in command.other_names.items() if own == name],
            description=field.description or "",
            now=now,
            by=by,
            **_declared(field),
        )

    def _now(self, command: Command, name: str) -> Any:
        entries = self._session.controls.entries
        if name == "seed" and "z" in command.inputs:
            origin = entries["z"].origin if "z" in entries else None
            return (origin or {}).get("seed")
        value = entries[name].value if name in entries else None
        if isinstance(value, np.ndarray):
            return value.tolist()
        return getattr(command.inputs[name], "default", None) if value is None else value


def _declared(field: AnyDataType) -> dict[str, Any]:
    """What a data type says of types, range, default and an example."""
    if isinstance(field, Vector):
        example = [0.0] * field.length
        return {"types": f"f*{field.length}", "low": -3.0, "high": 3.0, "example": example}
    if isinstance(field, Number):
        low, high = (None if bound is UNSET else bound for bound in (field.min, field.max))
        value = field.default if field.default is not None else low if low is not None else 1
        is_whole = field.whole is True
        example = [int(value) if is_whole else float(value)]
        return {
            "types": "i" if is_whole else "f",
            "low": low,
            "high": high,
            "default": field.default,
            "example": example,
        }
    if isinstance(field, Boolean):
        return {"types": "i", "low": 0, "high": 1, "default": field.default, "example": [1]}
    one_of = field.one_of if isinstance(field, Category) else ()
    default = getattr(field, "default", None)
    return {"types": "s", "one_of": one_of, "default": default, "example": [field.example]}


def switch(name: str, arguments: list[Any]) -> bool:
    """Whether 1 or nothing was given, rather than 0. Raises InvalidArgument."""
    wanted = arguments or [1]
    if wanted not in ([0], [1]):
        raise InvalidArgument(f"'{name}' takes 1, 0 or nothing, got {wanted[0]!r:.40}.")
    return wanted == [1]
