"""`GET /osc`: every address of the running model, its value, and lines to copy (docs/osc.md)."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from taxiway.live.messages.addresses import Address
from taxiway.live.session import LiveSession
from taxiway.web.addresses import LOOPBACK
from taxiway.web.powers import Power, declared
from taxiway.web.responses import Answer, to_json

LONG = 8
"""Of more arguments no line for a shell is made."""


def routes(session: LiveSession, door: Callable[[], tuple[int | None, str]]) -> list[Route]:
    """The route, at which who reaches the port learns what there is to move.

    `door` tells OSC's port, or None and why there is none.
    """

    async def show(request: Request) -> Answer:
        asked, (at, off) = request.url.hostname or "", door()
        host = "localhost" if asked in LOOPBACK else asked
        listed = [described(each, host, at) for each in session.addresses.all()]
        named = {"model": session.spec.name, "port": at, "off": off, "addresses": listed}
        return Answer(to_json(named))

    return declared(Power.ASK, [Route("/osc", show)])


def described(address: Address, host: str, port: int | None) -> Mapping[str, Any]:
    """One address as JSON has it; the lines are null where OSC is off."""
    return {
        "address": address.address,
        "types": address.types,
        "description": address.description,
        "min": address.low,
        "max": address.high,
        "default": address.default,
        "oneOf": list(address.one_of),
        "also": list(address.also),
        "length": address.length,
        "trigger": address.is_trigger,
        "value": address.now(),
        "oscsend": port and oscsend(address, host, port),
        "python": port and python(address, host, port),
    }


def oscsend(address: Address, host: str, port: int) -> str:
    """A line for a shell, by liblo's oscsend; of a vector it moves one number.

    An example may leave out the last arguments.
    """
    name, types, example = address.address, address.types, list(address.example)
    if len(example) > LONG:
        name, types, example = f"{name}/0", "f", [0.5]
    words = [name, *([types[: len(example)]] if example else []), *map(str, example)]
    return " ".join(["oscsend", host, str(port), *map(shlex.quote, words)])


def python(address: Address, host: str, port: int) -> str:
    """A line of Python, by python-osc."""
    example = list(address.example)
    given = repr(example[0] if len(example) == 1 else example)
    if len(example) > LONG:
        given = f"[{example[0]!r}] * {len(example)}"
    return f"SimpleUDPClient({host!r}, {port}).send_message({address.address!r}, {given})"
