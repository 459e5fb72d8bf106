"""What an action on a live session is: inputs like a model's command, and what it does."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, AnyType, Boolean, Category, Number, Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.parsing import Malformed, from_json

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

Perform = Callable[["LiveSession", Values], Any]


class Action(Struct, frozen=True):
    """Its inputs, what it does with them, and whether OSC and mappings reach it."""

    command: Command
    perform: Perform
    has_address: bool = True
    example: tuple[Any, ...] = ()
    """Values by their order, to show; else those of its inputs."""

    @property
    def types(self) -> str:
        """OSC's type letters of its values."""
        return "".join(_letter(each) for each in self.command.inputs.values())

    def by_place(self, arguments: Sequence[Any]) -> Values:
        """Inputs by their order, as OSC has them: numbers are switches, too, and text is JSON.

        Where there are none, one number is a button's. Raises InvalidArgument for too many, or for
        text that is none.
        """
        inputs = self.command.inputs
        is_button = not inputs and len(arguments) == 1 and isinstance(arguments[0], (int, float))
        if len(arguments) > len(inputs) and not is_button:
            takes = ", ".join(inputs) or "nothing"
            count = "1 value" if len(arguments) == 1 else f"{len(arguments)} values"
            raise InvalidArgument(f"'/{self.command.name}' takes {takes}; got {count}.")
        return {
            name: _taken(name, field, value)
            for (name, field), value in zip(inputs.items(), arguments, strict=False)
        }


LETTERS = (((Text, Category, AnyType), "s"), (Boolean, "i"))


def _taken(name: str, field: AnyDataType, value: Any) -> Any:
    if isinstance(field, Boolean) and value in (0, 1):
        return bool(value)
    if isinstance(field, AnyType) and isinstance(value, str):
        try:
            return from_json(value)
        except Malformed as error:
            raise InvalidArgument(f"'{name}' takes JSON, and {error}.", name) from None
    return value


def action(
    name: str,
    perform: Perform,
    inputs: Mapping[str, AnyDataType] | None = None,
    has_address: bool = True,
    example: tuple[Any, ...] = (),
) -> Action:
    """An action that is described by what its function says of itself."""
    described = " ".join((perform.__doc__ or "").split())
    command = Command(name=name, inputs=dict(inputs or {}), outputs={}, description=described)
    return Action(command, perform, has_address, example)


def _letter(field: AnyDataType) -> str:
    if isinstance(field, Number):
        return "i" if field.whole is True else "f"
    return next((to for of, to in LETTERS if isinstance(field, of)), "f")
