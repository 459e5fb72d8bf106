"""How long each stage of a call took, and how it ended, told to whoever measures."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct

from taxiway.core.errors import Busy, Cancelled, InvalidArgument, NotFound, Superseded, Unavailable

Kind = Literal["query", "live", "run"]
"""A protocol's question, a frame of the live session, or a part of the program's own work."""

OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (InvalidArgument, "invalid"),
    (NotFound, "invalid"),
    (Busy, "busy"),
    (Cancelled, "cancelled"),
    (Superseded, "superseded"),
    (Unavailable, "unavailable"),
    (Exception, "failed"),
    (BaseException, "cancelled"),
)
"""The first class that fits is how a call ended; without an error it is `ok`."""


class Times(Struct):
    """Seconds of one call: waiting for the worker, at work in it, encoding what it gave."""

    queue: float = 0.0
    run: float = 0.0
    encode: float = 0.0


class Measured(Struct, frozen=True):
    """A call that has ended; `outcome` is `ok` or one of OUTCOMES."""

    model: str
    kind: Kind
    outcome: str
    times: Times


Meter = Callable[[Measured], None]
"""Takes every call, on the event loop, in the context of who asked."""


@contextmanager
def measured(meters: Sequence[Meter], model: str, kind: Kind) -> Iterator[Times]:
    """The times of the call that is made in the block, which are told at its end."""
    times, outcome = Times(), "ok"
    try:
        yield times
    except BaseException as error:
        outcome = next(name for kind_of, name in OUTCOMES if isinstance(error, kind_of))
        raise
    finally:
        for meter in meters:
            meter(Measured(model, kind, outcome, times))
