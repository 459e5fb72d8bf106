"""Messages that outlive the stream which carries them: none is lost, none comes twice.

Each end counts what it has heard, says so in front of whatever it sends, and keeps what the other
end may not have had. Where a stream breaks, both say over the next one how far they are, and what
is missing is sent again. So does MQTT with its sessions, and SSH's `autossh` does not.
"""

import struct
from collections import deque
from typing import NamedTuple, Self

from taxiway.core.errors import ModelFailed

_HEARD = struct.Struct("<Q")
_HELLO, _WELCOME = struct.Struct("<32s?Qd"), struct.Struct("<Q?")
BYE = b"bye"
"""The message after which the other end is not needed any more."""
PING = b"ping"
"""The message that is answered by itself."""
HOLD_SECONDS = 30.0
"""How long a model waits for a way that broke, and how long the way is tried."""
MOST_SECONDS = 3600.0


class Hello(NamedTuple):
    """First over a stream: which session, a new one or how much of it was heard.

    `token` is 32 hexadecimal digits, `hold` how many seconds the model is to be held while the way
    is broken. A plain struct, since what reads it first has to start at once.
    """

    token: str
    is_new: bool = True
    heard: int = 0
    hold: float = HOLD_SECONDS

    def packed(self) -> bytes:
        """It as a message."""
        return _HELLO.pack(self.token.encode(), self.is_new, self.heard, self.hold)

    @classmethod
    def of(cls, message: bytes) -> Self:
        """What a message says. Raises ModelFailed for any other."""
        try:
            token, is_new, heard, hold = _HELLO.unpack(message)
            name = token.decode("ascii")
        except (struct.error, UnicodeDecodeError):
            raise ModelFailed("What came first is no greeting of a Taxiway.") from None
        if not set(name) <= set("0123456789abcdef"):
            raise ModelFailed("A session's token is 32 hexadecimal digits.")
        return cls(name, is_new, heard, hold)


class Welcome(NamedTuple):
    """The answer to it: how much was heard, or why there is no such session.

    `has_video` is whether pictures can be sent as H.264 from there.
    """

    heard: int = 0
    has_video: bool = False
    refused: str = ""

    def packed(self) -> bytes:
        """It as a message."""
        return _WELCOME.pack(self.heard, self.has_video) + self.refused.encode()

    @classmethod
    def of(cls, message: bytes) -> Self:
        """What a message says. Raises ModelFailed for any other."""
        try:
            heard, has_video = _WELCOME.unpack_from(message)
            return cls(heard, has_video, message[_WELCOME.size :].decode())
        except (struct.error, UnicodeDecodeError):
            raise ModelFailed("What answered over there is no worker of Taxiway.") from None


class Ledger:
    """What one end has heard, and what it sent that the other end may lack."""

    def __init__(self) -> None:
        self.heard = 0
        self._sent = 0
        self._kept = deque[bytes]()

    @property
    def kept_bytes(self) -> int:
        """How much of what was sent the other end may lack."""
        return sum(map(len, self._kept))

    def out(self, message: bytes) -> bytes:
        """A message as it goes out."""
        self._sent += 1
        self._kept.append(message)
        return self._record(message)

    def taken(self, record: bytes) -> bytes:
        """The message of a record that came."""
        (heard,) = _HEARD.unpack_from(record)
        self._forget(heard)
        self.heard += 1
        return record[_HEARD.size :]

    def again(self, heard: int) -> list[bytes]:
        """What the other end lacks, which has heard so many."""
        self._forget(heard)
        return [self._record(message) for message in self._kept]

    def _record(self, message: bytes) -> bytes:
        return _HEARD.pack(self.heard) + message

    def _forget(self, heard: int) -> None:
        while self._kept and self._sent - len(self._kept) < heard:
            self._kept.popleft()
