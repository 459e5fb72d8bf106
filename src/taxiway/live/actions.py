"""What players do to a live session beside setting inputs, for every protocol: one table.

The studio's socket, HTTP and OSC all end in `perform`; a new row is a new action of all three, as
`/preset 3 2.5` by OSC: inputs in the order in which they are declared.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct

from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, Category, Number, Text, names
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.live.addresses import Address
from taxiway.live.fade import CURVES, LONGEST_SECONDS
from taxiway.live.state_folder import PRESETS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession


class Action(Struct, frozen=True):
    """Its inputs, what it does with them, and whether OSC and mappings reach it."""

    command: Command
    perform: Callable[["LiveSession", Values], Any]
    has_address: bool = True


NUMBER = Number(whole=True, min=1, max=PRESETS, default=None)
SECONDS = Number(
    default=None, optional=True, min=0, max=LONGEST_SECONDS, description="Of the fade; 0 is none."
)
CURVE = Category(
    one_of=tuple(CURVES), default=None, optional=True, description="How a fade begins and ends."
)
FADE: dict[str, AnyDataType] = {"seconds": SECONDS, "curve": CURVE}
"""What is not given is as for all fades, which `fade` sets."""


MIX: dict[str, AnyDataType] = {
    "a": NUMBER,
    "b": NUMBER,
    "amount": Number(default=1, min=0, max=1, description="0 is a, 1 is b."),
    "layer": Number(default=0, whole=True, min=0, max=99, description="Below it all is a's."),
}


def recall(session: "LiveSession", inputs: Values) -> None:
    """Go to a preset."""
    state = session.kept.preset(inputs["number"])
    session.fade.begin(state, inputs["seconds"], inputs["curve"])


def go_back(session: "LiveSession", inputs: Values) -> None:
    """Go to a picture of the history."""
    state = session.kept.past(inputs["picture"])
    session.fade.begin(state, inputs["seconds"], inputs["curve"])


def set_fade(session: "LiveSession", inputs: Values) -> None:
    """Set how long all fades take from now on, and how they begin and end."""
    session.fade.usually(inputs["seconds"], inputs["curve"])


def store(session: "LiveSession", inputs: Values) -> None:
    """Keep what is played as a preset."""
    session.kept.store(inputs["number"], inputs["name"])


def clear(session: "LiveSession", inputs: Values) -> None:
    """Empty a preset."""
    session.kept.clear(inputs["number"])


def mix(session: "LiveSession", inputs: Values) -> None:
    """Show one preset's layers up to `layer`, above it those of another, as far as `amount`."""
    session.mixing.show(inputs["a"], inputs["b"], inputs["layer"], inputs["amount"])


def stop(session: "LiveSession", inputs: Values) -> None:
    """Stop whatever moves the picture by itself."""
    session.stop_moving()


def _action(
    name: str,
    perform: Callable[["LiveSession", Values], Any],
    inputs: Mapping[str, AnyDataType] | None = None,
    has_address: bool = True,
) -> Action:
    described = " ".join((perform.__doc__ or "").split())
    command = Command(name=name, inputs=dict(inputs or {}), outputs={}, description=described)
    return Action(command, perform, has_address)


ACTIONS = {
    action.command.name: action
    for action in (
        _action("preset", recall, {"number": NUMBER, **FADE}),
        _action("preset/store", store, {"number": NUMBER, "name": Text(default="")}),
        _action("history", go_back, {"picture": Text(), **FADE}, has_address=False),
        _action("fade", set_fade, FADE),
        _action("mix", mix, MIX),
        _action("preset/clear", clear, {"number": NUMBER}),
        _action("stop", stop),
    )
}


def perform(session: "LiveSession", name: str, wire: Mapping[str, Any]) -> Any:
    """Do the action of that name.

    Raises NotFound listing what there is, InvalidArgument naming the input, or what the action
    raises.
    """
    if name not in ACTIONS:
        raise NotFound(f"No action named '{name[:40]}'. There are: {names(list(ACTIONS))}.")
    action = ACTIONS[name]
    if unknown := action.command.unknown(wire):
        takes = names(list(action.command.inputs)) or "nothing"
        raise InvalidArgument(f"'{name}' has no '{unknown[0][:40]}'; it takes {takes}.", unknown[0])
    return action.perform(session, action.command.decode(wire))


def add_actions(session: "LiveSession") -> None:
    """Make every action an address of the session, and each preset one without arguments."""
    for number in range(1, PRESETS + 1):
        session.addresses.add(_preset(session, number))
    for name, action in ACTIONS.items():
        if action.has_address:
            session.addresses.add(_address(session, name, action.command))


def _address(session: "LiveSession", name: str, command: Command) -> Address:
    def act(arguments: list[Any], source: Hashable) -> None:
        perform(session, name, by_place(name, arguments))

    fields = list(command.inputs.values())
    low, high = _reach(fields[0]) if fields else (None, None)
    return Address(
        low=low,
        high=high,
        address=f"/{name}",
        types="".join("s" if isinstance(each, Text | Category) else "f" for each in fields),
        description=command.description or "",
        example=[each.example for each in fields],
        is_trigger=True,
        act=act,
    )


def _reach(field: AnyDataType) -> tuple[float | None, float | None]:
    """The least and the largest number that it takes, where it says so."""
    bounds = (field.min, field.max) if isinstance(field, Number) else ()
    low, high = (None if bound is UNSET else bound for bound in bounds or (UNSET, UNSET))
    return low, high


def _preset(session: "LiveSession", number: int) -> Address:
    def act(arguments: list[Any], source: Hashable) -> None:
        perform(session, "preset", {"number": number})

    words = f"Go to preset {number}, as a button does."
    return Address(
        address=f"/preset/{number}", types="", description=words, is_trigger=True, act=act
    )


def by_place(name: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """Inputs of an action by their order, as OSC has them. Raises InvalidArgument for too many."""
    inputs = list(ACTIONS[name].command.inputs)
    if len(arguments) > len(inputs):
        takes = ", ".join(inputs) or "nothing"
        raise InvalidArgument(f"'/{name}' takes {takes}; got {len(arguments)} values.")
    return dict(zip(inputs, arguments, strict=False))
