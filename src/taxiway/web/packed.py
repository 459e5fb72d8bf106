"""Bodies that come compressed: unpacked piece by piece, so that no bomb goes off."""

import asyncio
import zlib

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

CODINGS = (b"gzip", b"x-gzip", b"deflate")
PIECE_BYTES = 2**20


class Unpacked:
    """A `receive` that gives the body of a request unpacked, a megabyte at most at a time.

    `coding` is one of CODINGS; deflate is read with zlib's header, as it should be, and without.
    Raises HTTPException (400) for what is not so compressed.
    """

    def __init__(self, receive: Receive, coding: bytes) -> None:
        self._receive = receive
        self._coding = coding
        self._inflater: zlib._Decompress | None = None
        self._packed = b""
        self._is_coming = True
        self._is_full = False

    async def __call__(self) -> Message:
        if not (self._packed or self._is_full):
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._packed = message.get("body", b"")
            self._is_coming = message.get("more_body", False)
        piece = self._unpack()
        # A small piece may hold much; others get their turn in between.
        await asyncio.sleep(0)
        is_there = bool(self._packed or self._is_full)
        return {
            "type": "http.request",
            "body": piece,
            "more_body": is_there or self._is_coming,
        }

    def _unpack(self) -> bytes:
        inflater = self._inflater
        if inflater is None:
            inflater = self._inflater = zlib.decompressobj(_window(self._coding, self._packed))
        try:
            piece = inflater.decompress(self._packed, PIECE_BYTES)
        except zlib.error:
            raise self._broken("is not") from None
        self._packed = b"" if inflater.eof else inflater.unconsumed_tail
        self._is_full = len(piece) == PIECE_BYTES and not inflater.eof
        if not (self._packed or self._is_full or self._is_coming or inflater.eof):
            raise self._broken("ends too early to be")
        return piece

    def _broken(self, how: str) -> HTTPException:
        return HTTPException(400, f"The body {how} {self._coding.decode()}, as its header says.")


def _window(coding: bytes, packed: bytes) -> int:
    """The `wbits` by which zlib tells the three containers apart."""
    if coding != b"deflate":
        return 16 + zlib.MAX_WBITS
    has_header = packed[:1] == b"\x78" and int.from_bytes(packed[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
