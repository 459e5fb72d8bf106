"""Socket.IO 4 and 5 (over Engine.IO 3 and 4): the few packets that a model needs.

`<kind>[/namespace,][acknowledgement]<JSON>`, where an event is `2["name",argument]`.
(github.com/socketio/socket.io-protocol)
"""

import re

import msgspec
from msgspec import Struct

from taxiway.core.datatypes import Wire
from taxiway.servers.socketio.engineio_payload import MESSAGE, Malformed, Version
from taxiway.web.responses import to_json

CONNECT, DISCONNECT, EVENT, ACK, ERROR, BINARY_EVENT = "012345"

_FORM = re.compile(r"(?P<kind>[0-6])(?:\d{1,3}-)?(?P<space>/[!-+\--~]*)?,?(?P<ack>\d{1,15})?")


class Packet(Struct, frozen=True):
    """A packet taken apart; `ack` is the number that the client waits for, or empty."""

    kind: str
    namespace: str
    ack: str
    data: str


def read(text: str) -> Packet:
    """Take a packet apart; its JSON is not looked at. Raises Malformed."""
    found = _FORM.match(text)
    if found is None:
        raise Malformed("A packet begins with its kind, 0 to 6.")
    namespace = (found["space"] or "/").partition("?")[0]
    return Packet(found["kind"], namespace, found["ack"] or "", text[found.end() :])


def arguments(packet: Packet) -> tuple[str, list[Wire]]:
    """The name and the arguments of an event; raises Malformed."""
    try:
        name, *rest = msgspec.json.decode(packet.data, type=list)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Malformed("The arguments are not valid JSON.") from None
    except ValueError:
        raise Malformed("An event has a name.") from None
    return str(name)[:40], rest


def event(name: str, argument: Wire) -> str:
    """An event of one argument, as a message of Engine.IO, in ASCII."""
    return f"{MESSAGE}{EVENT}{_json([name, argument])}"


def acknowledgement(number: str, argument: Wire) -> str:
    """The answer to the event of that number."""
    return f"{MESSAGE}{ACK}{number}{_json([argument])}"


def welcome(version: Version, sid: str) -> str:
    """The client is connected."""
    return f"{MESSAGE}{CONNECT}" + (_json({"sid": sid}) if version == 4 else "")


def no_namespace(version: Version, namespace: str) -> str:
    """There is but one namespace."""
    message = "Invalid namespace"
    reason = _json({"message": message} if version == 4 else message)
    return f"{MESSAGE}{ERROR}{namespace},{reason}"


def _json(value: Wire) -> str:
    return to_json(value).decode("ascii")
