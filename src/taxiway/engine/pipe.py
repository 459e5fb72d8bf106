"""Whole messages over a socket between server and worker, each after its length.

The worker waits at its end. The server's never waits, neither for a worker that is slow to read
nor for the rest of a message: it is a part of the event loop.
"""

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable
from select import select
from typing import cast

BUFFER_BYTES = 2**16
KEPT_BYTES = 2**22
"""Up to this the room of a large message is kept for the next one."""
LARGEST = 2**32
"""Bytes of a message; a worker that announces more talks nonsense, and is parted with."""
_LENGTH = struct.Struct("<Q")


def framed(message: bytes) -> bytes:
    """A message after its length."""
    return _LENGTH.pack(len(message)) + message


class ServerGone(BaseException):
    """The other end is closed. No Exception, since it is no fault of the model that works."""


class WorkersEnd:
    """Sends and receives, waiting for both. Raises ServerGone."""

    def __init__(self, own: socket.socket) -> None:
        self._socket = own
        self._come = bytearray()

    def let_go(self) -> bytes:
        """Leave the socket to others; what was read ahead."""
        ahead, self._come = bytes(self._come), bytearray()
        return ahead

    def waits(self, seconds: float | None) -> bool:
        """Whether a message comes, or the other end closes, within that time; None: whenever."""
        return bool(self._come or select([self._socket], [], [], seconds)[0])

    def find(self, mark: bytes) -> bytes:
        """Pass over everything up to a mark; the last of it, with the mark."""
        last = b""
        while not last.endswith(mark):
            last = (last + self._read(1))[-64:]
        return last

    def receive(self) -> bytes:
        """The next message."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        return self._read(length)

    def send(self, message: bytes) -> None:
        """Send one message."""
        # To copy it costs less than a second call.
        try:
            self._socket.sendall(framed(message))
        except OSError:
            raise ServerGone from None

    def _read(self, size: int) -> bytes:
        while (lacks := size - len(self._come)) > 0:
            try:
                data = self._socket.recv(max(BUFFER_BYTES, lacks))
            except OSError:
                raise ServerGone from None
            if not data:
                raise ServerGone
            self._come += data
        taken = bytes(memoryview(self._come)[:size])
        del self._come[:size]
        return taken


class ServersEnd(asyncio.BufferedProtocol):
    """Gives each message to `heard`, and calls `ended` once, when the worker is gone.

    What comes is read to where it stays until its message is whole: to put pieces together took a
    tenth of a query's time.
    """

    def __init__(self, heard: Callable[[bytes], None], ended: Callable[[], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._room = memoryview(bytearray(BUFFER_BYTES))
        self._begin, self._filled, self._ahead = 0, 0, b""
        self._transport: asyncio.Transport | None = None
        self.came_at = time.monotonic()
        """When something came last, or it was opened, by the monotonic clock."""

    async def connect(self, own: socket.socket, ahead: bytes = b"") -> None:
        """Begin to listen at `own`, on the running loop; `ahead` was read from it already."""
        self._ahead = ahead
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":
            await loop.create_connection(lambda: self, sock=own)
        else:
            await loop.create_unix_connection(lambda: self, sock=own)

    @property
    def is_open(self) -> bool:
        """Whether there is somebody at the other end."""
        return self._transport is not None

    def send(self, message: bytes) -> None:
        """Send one message; what the worker does not read yet is kept."""
        if self._transport is not None:
            self._transport.write(framed(message))

    def close(self) -> None:
        """Stop listening; what was not sent is dropped."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        ahead, self._ahead = self._ahead, b""
        self.data_received(ahead)

    def data_received(self, data: bytes) -> None:
        """Take what somebody else has read."""
        self.get_buffer(len(data))[: len(data)] = data
        self.buffer_updated(len(data))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where what comes next goes: at least so many bytes."""
        rest, lacks = self._filled - self._begin, max(sizehint, 1)
        if not rest and len(self._room) <= KEPT_BYTES:
            self._begin = self._filled = 0
        if (not rest and self._filled) or self._filled + lacks > len(self._room):
            room = memoryview(bytearray(max(2 * (rest + lacks), BUFFER_BYTES)))
            room[:rest] = self._room[self._begin : self._filled]
            self._room, self._begin, self._filled = room, 0, rest
        return self._room[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come there: messages that are whole are given on."""
        self._filled += nbytes
        self.came_at = time.monotonic()
        while (message := self._next()) is not None:
            self._heard(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._ended()

    def _next(self) -> bytes | None:
        """A whole message, if one has come."""
        begin = self._begin + _LENGTH.size
        if self._filled < begin:
            return None
        (length,) = _LENGTH.unpack_from(self._room, self._begin)
        if length > LARGEST:
            self.close()
        if self._filled < begin + length:
            return None
        self._begin = begin + length
        return bytes(self._room[begin : self._begin])
