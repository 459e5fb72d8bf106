"""How slow and how long-winded a client may be: the arithmetic, without sockets."""

import math
from typing import Literal

from taxiway.core.config import Config

OVERHEAD_BYTES = 2**16
"""Bytes of one request that are not body: its line, its header, and what chunking adds."""
OVERHEAD_PER_BODY_BYTE = 8
"""Chunks of one byte cost five more."""
DRAINED_BODIES = 3
"""A refused body is read away up to this many times the limit, so that the client, still
sending, gets to read the refusal."""

Phase = Literal["open", "header", "body", "rest"]
"""`open` is a new connection on which nothing came yet."""


class Pace:
    """One connection's deadlines and sizes; every `now` is a monotonic time in seconds.

    A header has a fixed time, counted from its first byte (or from the connection, for the
    first). A body has a fixed time plus what it needs at the lowest rate, so that 50 MB over a
    slow wireless line pass and a byte per second does not.
    """

    def __init__(self, config: Config, now: float) -> None:
        self.config = config
        self.phase: Phase = "open"
        self.overhead = 0
        self.body = 0
        self._began = now
        self._unread = 0
        self._read_at = now

    def begin(self, now: float) -> None:
        """The first byte of a request came."""
        self._began = self._began if self.phase == "open" else now
        self.phase, self.body = "header", 0

    def header_done(self, now: float) -> None:
        """The header is whole."""
        self.phase, self._began = "body", now

    def rest(self) -> None:
        """The request is whole; how long its answer takes is not the client's doing."""
        self.phase, self.overhead = "rest", 0

    def wait(self, seconds: float) -> None:
        """We did not read for so long, which is not held against the client."""
        self._began += seconds

    def is_late(self, now: float) -> bool:
        """Whether the request should have been here by now."""
        allowed = {
            "open": self.config.header_seconds,
            "header": self.config.header_seconds,
            "body": self.config.body_seconds + self.body / self.config.body_rate,
            "rest": math.inf,
        }
        return now - self._began > allowed[self.phase]

    def is_bloated(self) -> bool:
        """Whether the request is mostly not body, or more body than any route takes."""
        return (
            self.overhead > OVERHEAD_BYTES + OVERHEAD_PER_BODY_BYTE * self.body
            or self.body > DRAINED_BODIES * self.config.body_limit
        )

    def is_deaf(self, unread: int, now: float) -> bool:
        """Whether the client has long not read a byte of the `unread` ones."""
        if unread == 0 or unread < self._unread or self._unread == 0:
            self._read_at = now
        self._unread = unread
        return now - self._read_at > self.config.write_seconds
