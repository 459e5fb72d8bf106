"""The sinks or sources there are: loaded, their settings decoded, what they lack found out."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from taxiway.core import slots
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError, Unavailable
from taxiway.core.faults import with_line
from taxiway.core.sink import Sink
from taxiway.core.source import Source

Kind = TypeVar("Kind", bound=Sink | Source)


class Members(Generic[Kind]):
    """The members of a slot by name; `broken` has the sentences of those that cannot be loaded.

    `common` gives the settings that a member has beside its own.
    """

    def __init__(
        self, slot: str, common: Callable[[type[Kind]], Mapping[str, AnyDataType]]
    ) -> None:
        self.slot, self._common = slot, common
        self.kinds: dict[str, type[Kind]] = {}
        self.broken: dict[str, str] = {}
        self._missing: dict[str, str] = {}
        for name in slots.members(slot):
            try:
                self.add(name, slots.load(slot, name))
            except TaxiwayError as error:
                self.broken[name] = str(error)

    def add(self, name: str, kind: type[Kind]) -> None:
        """One more, whose declaration was checked."""
        self.kinds[name] = kind

    def find(self, name: str) -> type[Kind]:
        """The member of that name. Raises NotFound, or Unavailable for a broken one."""
        if name in self.broken:
            raise Unavailable(self.broken[name])
        if name not in self.kinds:
            there_are = ", ".join(self.kinds)
            raise NotFound(f"No {self.slot[:-1]} named '{name}'. There are: {there_are}.")
        return self.kinds[name]

    def declaration(self, name: str) -> Command:
        """A member's settings, as the inputs of a command."""
        kind = self.find(name)
        inputs = {**kind.settings, **self._common(kind)}
        return Command(name=name, inputs=inputs, outputs={})

    def decode(self, name: str, settings: Mapping[str, Any]) -> Values:
        """The values of a member's settings: those given, else their defaults.

        Raises InvalidArgument naming a setting.
        """
        declared = self.declaration(name)
        for given in settings:
            if given not in declared.inputs:
                there_are = ", ".join(declared.inputs)
                raise InvalidArgument(f"'{name}' has no '{given}'; it has {there_are}.", given)
        return declared.decode(settings)

    async def missing(self, name: str, again: bool = True) -> str:
        """What the machine lacks for a member, "" if nothing; not asked `again`, as it was."""
        if again or name not in self._missing:
            self._missing[name] = await asyncio.to_thread(self.probe, name)
        return self._missing[name]

    def probe(self, name: str) -> str:
        """What `probe` says, "" if nothing is missing; a sentence too where it fails."""
        kind = self.find(name)
        try:
            return kind.probe() or ""
        except Exception as error:
            return sentence(error, kind)


def sentence(error: BaseException, found: Any) -> str:
    """What went wrong in a sink or a source, as people read it; a mistake in it with its line."""
    if isinstance(error, TaxiwayError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}."
    if isinstance(error, OSError):
        return f"{error}."
    return f"{with_line(error, found)}."
