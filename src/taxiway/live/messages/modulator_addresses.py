"""`/modulator/1/value` for each modulator that follows what is sent: a knob, a level of sound."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from taxiway.core.datatypes import Number
from taxiway.core.errors import InvalidArgument
from taxiway.core.events import Event, MovementChanged
from taxiway.core.modulator import Modulator
from taxiway.live.messages.addresses import Address

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession

VALUE = Number(min=-1, max=1)


def follow_modulators(session: "LiveSession") -> None:
    """Let there be one for as long as there is the modulator."""
    there: dict[int, Callable[[], None]] = {}

    def look(event: Event) -> None:
        if not isinstance(event, MovementChanged):
            return
        wanted = {
            number
            for number, running in session.movement.modulators.items()
            if type(running.modulator).give is not Modulator.give
        }
        for number in there.keys() - wanted:
            there.pop(number)()
        for number in sorted(wanted - there.keys()):
            there[number] = session.addresses.add(_value(session, number))

    session.events.listen(look)


def _value(session: "LiveSession", number: int) -> Address:
    def act(arguments: list[Any], source: Hashable) -> None:
        if len(arguments) != 1:
            raise InvalidArgument(f"'value' takes one number, got {len(arguments)}.", "value")
        session.movement.give(number, VALUE.decode_option("value", arguments[0]))

    words = f"What modulator {number} follows, from -1 to 1: a knob, or the level of a sound."
    return Address(
        address=f"/modulator/{number}/value",
        types="f",
        description=words,
        low=0,
        high=1,
        example=[0.5],
        act=act,
    )
