"""The binary messages of the studio's socket (docs/wire.md), both ways; little-endian."""

import math
import struct

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from taxiway.core.frame import Mark
from taxiway.live.broadcast import Encoded, EncodedFrame
from taxiway.live.tiles import Tile, Wanted

MAGIC = 0x54
VERSION = 1
LARGEST_MESSAGE = 65_536

SET, ACK, TILE_WANTED = 1, 3, 5
FRAME, TILE, VECTOR = 1, 2, 3
NO_CODEC, JPEG, PNG = 0, 1, 2
SPACES = ("z", "w")
FINAL = 1
IS_W = 1
NOBODY = Mark(0, 0.0)

_CLIENT_HEAD = struct.Struct("<BBBBId")
_SET = struct.Struct("<HH")
_TILE_WANTED = struct.Struct("<IiiifI")
_SERVER_HEAD = struct.Struct("<BBBBIIdHHHHffI")


class Malformed(Exception):
    """A message is not of this format; the words fit a close reason."""


class SetVector(Struct, frozen=True, eq=False):
    """A new z or w, as flat float32 numbers."""

    mark: Mark
    space: str
    numbers: npt.NDArray[np.float32]


class Acknowledged(Struct, frozen=True):
    """The frame of that number was drawn."""

    number: int


class Head(Struct, frozen=True, kw_only=True):
    """The head of what the server sends; see docs/wire.md for what each kind uses."""

    kind: int
    codec: int = NO_CODEC
    number: int = 0
    input_seq: int = 0
    time: float = 0.0
    width: int = 0
    height: int = 0
    merged: int = 0
    flags: int = 0
    render_ms: float = 0.0
    encode_ms: float = 0.0


def read(message: bytes) -> SetVector | Acknowledged | Wanted:
    """What a page says. Raises Malformed."""
    if len(message) < _CLIENT_HEAD.size:
        raise Malformed(f"A message has a head of 16 bytes, got {len(message)}.")
    magic, version, kind, _, seq, time = _CLIENT_HEAD.unpack_from(message)
    if (magic, version) != (MAGIC, VERSION):
        raise Malformed(f"A message begins with 84 1, got {magic} {version}.")
    if not math.isfinite(time):
        raise Malformed("A message's time is a finite number.")
    body = message[_CLIENT_HEAD.size :]
    if kind == SET:
        return _read_set(Mark(seq, time), body)
    if kind == TILE_WANTED:
        _expect(body, _TILE_WANTED.size)
        return Wanted(*_TILE_WANTED.unpack(body))
    if kind == ACK:
        _expect(body, 0)
        return Acknowledged(seq)
    raise Malformed(f"A message is of kind 1, 3 or 5, got {kind}.")


def _read_set(mark: Mark, body: bytes) -> SetVector:
    if len(body) < _SET.size:
        raise Malformed("SET takes a space and a count.")
    space, count = _SET.unpack_from(body)
    if space >= len(SPACES):
        raise Malformed(f"SET takes space 0 or 1, got {space}.")
    _expect(body, _SET.size + 4 * count)
    numbers = np.frombuffer(body, "<f4", offset=_SET.size)
    return SetVector(mark, SPACES[space], numbers)


def _expect(body: bytes, size: int) -> None:
    if len(body) != size:
        raise Malformed(f"This message takes {size} bytes after its head, got {len(body)}.")


def write_set(mark: Mark, space: str, numbers: npt.NDArray[np.float32]) -> bytes:
    """The message by which a page sets z or w."""
    head = _CLIENT_HEAD.pack(MAGIC, VERSION, SET, 0, mark.seq, mark.time)
    return head + _SET.pack(SPACES.index(space), numbers.size) + numbers.astype("<f4").tobytes()


def write_acknowledgement(number: int, time: float = 0.0) -> bytes:
    """The message by which a page gives a credit back."""
    return _CLIENT_HEAD.pack(MAGIC, VERSION, ACK, 0, number, time)


def write_wanted(tile: Wanted, time: float = 0.0) -> bytes:
    """The message by which a page asks for a tile."""
    head = _CLIENT_HEAD.pack(MAGIC, VERSION, TILE_WANTED, 0, 0, time)
    place = (tile.field_seed, tile.level, tile.i, tile.j, tile.similarity, tile.request)
    return head + _TILE_WANTED.pack(*place)


def pack(head: Head, payload: bytes = b"") -> bytes:
    """One message of the server; numbers too large for their field become its largest."""
    fixed = _SERVER_HEAD.pack(
        MAGIC,
        VERSION,
        head.kind,
        head.codec,
        head.number & 0xFFFFFFFF,
        head.input_seq,
        head.time,
        head.width,
        head.height,
        min(head.merged, 0xFFFF),
        head.flags,
        head.render_ms,
        head.encode_ms,
        len(payload),
    )
    return fixed + payload


def unpack(message: bytes) -> tuple[Head, bytes]:
    """Head and payload of a message of the server, as a client reads it. Raises Malformed."""
    if len(message) < _SERVER_HEAD.size:
        raise Malformed(f"A message has a head of 40 bytes, got {len(message)}.")
    magic, version, *fields, size = _SERVER_HEAD.unpack_from(message)
    payload = message[_SERVER_HEAD.size :]
    if (magic, version) != (MAGIC, VERSION) or size != len(payload):
        raise Malformed("This is no message of version 1, or it is cut short.")
    return Head(**dict(zip(Head.__struct_fields__, fields, strict=True))), payload


def frame_message(encoded_frame: EncodedFrame, encoded: Encoded, mark: Mark) -> bytes:
    """A live picture, for the viewer whose newest change in it is `mark`."""
    frame = encoded_frame.frame
    head = Head(
        kind=FRAME,
        codec=PNG if encoded.format == "PNG" else JPEG,
        number=frame.index,
        input_seq=mark.seq,
        time=mark.time,
        width=frame.pixels.shape[1],
        height=frame.pixels.shape[0],
        merged=frame.merged,
        flags=FINAL if encoded_frame.final else 0,
        render_ms=frame.render_ms,
        encode_ms=encoded.encode_ms,
    )
    return pack(head, encoded.data)


def tile_message(tile: Tile) -> bytes:
    """A picture of the map, or that there is none."""
    head = Head(
        kind=TILE,
        codec=JPEG if tile.jpeg else NO_CODEC,
        number=tile.request,
        width=tile.width,
        height=tile.height,
        render_ms=tile.render_ms,
    )
    return pack(head, tile.jpeg)


def vector_message(space: str, vector: npt.NDArray[np.float32], mark: Mark = NOBODY) -> bytes:
    """The stage's vector [length] or [rows, length]; `mark` is the request that it answers."""
    rows = np.atleast_2d(vector)
    head = Head(
        kind=VECTOR,
        input_seq=mark.seq,
        time=mark.time,
        width=rows.shape[1],
        height=rows.shape[0],
        flags=IS_W if space == "w" else 0,
    )
    return pack(head, rows.astype("<f4").tobytes())
