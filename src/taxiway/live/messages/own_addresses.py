"""The addresses that every live session has beside the inputs: seeds, walks, blackout."""

import secrets
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from taxiway.core.errors import InvalidArgument
from taxiway.latent.sample import MAX_SEED
from taxiway.live.controls import playing
from taxiway.live.messages.addresses import LET_GO, Act, Address, switch

if TYPE_CHECKING:
    from taxiway.live.session import LiveSession


def add_own(session: "LiveSession") -> None:
    """Add them to the session's addresses."""
    acts = Acts(session)
    own = (
        _trigger("/random", "A new picture: z of a seed drawn at random.", acts.random),
        _trigger("/zero", "Every number of z to 0: the model's average.", acts.zero),
        Address(
            address="/walk",
            types="s",
            description="Begin a walk through z; what kind, as JSON, or nothing for the usual.",
            example=['{"kind": "noise", "seconds": 20}'],
            is_trigger=True,
            needs="z",
            act=acts.walk,
        ),
        _trigger("/walk/stop", "Stop where it is.", acts.stop_walk),
        Address(
            address="/blackout",
            types="i",
            description="1: every output is black; 0: seen again.",
            low=0,
            high=1,
            example=[1],
            now=lambda: int(session.is_black),
            act=acts.black_out,
        ),
    )
    for each in own:
        session.addresses.add(each)


def _trigger(address: str, description: str, act: Act) -> Address:
    return Address(
        address=address, types="", description=description, is_trigger=True, needs="z", act=act
    )


class Acts:
    """What they do."""

    def __init__(self, session: "LiveSession") -> None:
        self._session = session

    def random(self, arguments: list[Any], source: Hashable) -> None:
        """Go to a seed that was drawn, so that one can come back to it."""
        self._session.set({"seed": secrets.randbelow(MAX_SEED + 1)}, source)

    def zero(self, arguments: list[Any], source: Hashable) -> None:
        """Go to the middle."""
        self._session.set({"z": np.zeros(self._session.z_length, np.float32)}, source)

    def walk(self, arguments: list[Any], source: Hashable) -> None:
        """Begin a walk instead of any other."""
        with playing(source):
            if arguments not in LET_GO:
                self._session.live_walk.begin(_object(arguments))

    def stop_walk(self, arguments: list[Any], source: Hashable) -> None:
        """End it."""
        self._session.live_walk.end()

    def black_out(self, arguments: list[Any], source: Hashable) -> None:
        """Every output, or none."""
        self._session.black_out(switch("/blackout", arguments))


def _object(arguments: list[Any]) -> dict[str, Any]:
    """The JSON object that a message brings as a string; an empty one for nothing, and a button."""
    if arguments in ([], [1]):
        return {}
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise InvalidArgument("'/walk' takes nothing, 1, or one string: a walk as JSON.")
    try:
        return msgspec.json.decode(arguments[0], type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidArgument(f"What comes with /walk is no JSON object: {error}.") from None
