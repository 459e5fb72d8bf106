"""What goes between an engine and the process that speaks to Ray: msgpack records.

What a model is asked and answers is inside them as it is, packed by `messages.Codec`.
"""

from typing import Literal

from msgspec import Struct


class Asked(Struct, array_like=True):
    """A batch, `request` being its packed Predict; or, where that is empty, that nobody waits for
    the answer any more. `session` is whose picture is played, "" where it is a query.
    """

    number: int
    command: str = ""
    session: str = ""
    request: bytes = b""


Kind = Literal["ready", "answers", "part", "lost", "news", "says", "unreachable"]


class Told(Struct, array_like=True):
    """What came: a packed message, or words."""

    number: int
    kind: Kind
    body: bytes = b""
