"""What players do to a live session beside setting inputs, for every protocol: one table.

The studio's socket, HTTP and OSC all end in `perform`; a new row is a new action of all three, as
`/preset 3 2.5` by OSC: inputs in the order in which they are declared.
"""

from collections.abc import Hashable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from taxiway.core.command import Values
from taxiway.core.datatypes import AnyDataType, Category, Number, Text, names
from taxiway.core.errors import InvalidArgument, NotFound
from taxiway.live.controls import playing
from taxiway.live.messages.action import Action, action
from taxiway.live.messages.addresses import Address
from taxiway.live.messages.modulator_addresses import follow_modulators
from taxiway.live.messages.movement_actions import MOVEMENT_ACTIONS
from taxiway.live.messages.timeline_actions import TIMELINE_ACTIONS
from taxiway.live.movement.fade import CURVES, LONGEST_SECONDS
from taxiway.live.presets.state_folder import PRESETS

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession


NUMBER = Number(
    whole=True, min=1, max=PRESETS, default=None, description="Of the preset, or its name."
)
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
    """Go to a preset, on the beat or bar if changes wait for it."""
    state = session.kept.preset(inputs["number"])
    begin = partial(session.fade.begin, state, inputs["seconds"], inputs["curve"])
    session.movement.tempo.then(begin)


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


def rename(session: "LiveSession", inputs: Values) -> None:
    """Call a preset something, so that it is gone to by that name."""
    session.kept.rename(inputs["number"], inputs["name"])


def clear(session: "LiveSession", inputs: Values) -> None:
    """Empty a preset."""
    session.kept.clear(inputs["number"])


def mix(session: "LiveSession", inputs: Values) -> None:
    """Show one preset's layers up to `layer`, above it those of another, as far as `amount`."""
    session.mixing.show(inputs["a"], inputs["b"], inputs["layer"], inputs["amount"])


def stop(session: "LiveSession", inputs: Values) -> None:
    """Stop whatever moves the picture by itself."""
    session.stop_moving()


ACTIONS = {
    each.command.name: each
    for each in (
        *MOVEMENT_ACTIONS,
        action("preset", recall, {"number": NUMBER, **FADE}),
        action("preset/store", store, {"number": NUMBER, "name": Text(default="")}),
        action("preset/name", rename, {"number": NUMBER, "name": Text(default="")}),
        action("history", go_back, {"picture": Text(), **FADE}, has_address=False),
        action("fade", set_fade, FADE),
        action("mix", mix, MIX),
        *TIMELINE_ACTIONS,
        action("preset/clear", clear, {"number": NUMBER}),
        action("stop", stop),
    )
}


def perform(
    session: "LiveSession", name: str, wire: Mapping[str, Any], player: Hashable = None
) -> Any:
    """Do the action of that name, for a player.

    Raises NotFound listing what there is, InvalidArgument naming the input, or what the action
    raises.
    """
    if name not in ACTIONS:
        raise NotFound(f"No action named '{name[:40]}'. There are: {names(list(ACTIONS))}.")
    command = ACTIONS[name].command
    if unknown := command.unknown(wire):
        takes = names(list(command.inputs)) or "nothing"
        raise InvalidArgument(f"'{name}' has no '{unknown[0][:40]}'; it takes {takes}.", unknown[0])
    given = {each: _numbered(session, command.inputs[each], value) for each, value in wire.items()}
    with playing(player):
        return ACTIONS[name].perform(session, command.decode(given))


def _numbered(session: "LiveSession", field: AnyDataType, value: Any) -> Any:
    """The number of a preset that is given by its name; else what is given."""
    return session.kept.number_of(value) if field is NUMBER and isinstance(value, str) else value


def add_actions(session: "LiveSession") -> None:
    """Make every action an address of the session, and each preset one without arguments."""
    for number in range(1, PRESETS + 1):
        session.addresses.add(_preset(session, number))
    for name, each in ACTIONS.items():
        if each.has_address:
            session.addresses.add(_address(session, name, each))
    follow_modulators(session)


def _address(session: "LiveSession", name: str, action: Action) -> Address:
    def act(arguments: list[Any], source: Hashable) -> None:
        perform(session, name, action.by_place(arguments), source)

    fields = list(action.command.inputs.values())
    low, high = _reach(fields[0]) if fields else (None, None)
    return Address(
        low=low,
        high=high,
        address=f"/{name}",
        types=action.types,
        description=action.command.description or "",
        example=action.example or [each.example for each in fields],
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
        perform(session, "preset", {"number": number}, source)

    words = f"Go to preset {number}, as a button does."
    return Address(
        address=f"/preset/{number}", types="", description=words, is_trigger=True, act=act
    )
