"""Compressed bodies: read, bounded by what they unpack to, refused by name."""

import gzip
import json
import zlib

import pytest

from servers.sockets import ask, listening

BODY = json.dumps({"z": [0.25] * 512}).encode()
RAW = zlib.compressobj(wbits=-15)
WAYS = {
    "gzip": gzip.compress(BODY, mtime=0),
    "x-gzip": gzip.compress(BODY, mtime=0),
    "GZip": gzip.compress(BODY, mtime=0),
    "deflate": zlib.compress(BODY),
    "Deflate": RAW.compress(BODY) + RAW.flush(),
    "identity": BODY,
}


def post(coding: str, body: bytes) -> bytes:
    head = f"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: {coding}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("coding", WAYS)
async def test_a_compressed_body_is_read(coding: str) -> None:
    async with listening() as port:
        assert (await ask(port, post(coding, WAYS[coding]))).status == 200


async def test_the_limit_counts_what_is_unpacked() -> None:
    limit = 2**21
    async with listening(body_limit=limit) as port:
        for size, status in ((limit, 400), (limit + 1, 413), (50 * limit, 413)):
            bomb = gzip.compress(b'{"a":"' + b" " * (size - 6))
            reply = await ask(port, post("gzip", bomb))
            assert (reply.status, len(bomb) < limit) == (status, True)


@pytest.mark.parametrize(
    ("coding", "body", "status", "words"),
    [
        ("gzip", BODY, 400, "is not gzip"),
        ("deflate", b"\xff\xff\xff", 400, "is not deflate"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-9], 400, "ends too early"),
        ("gzip", b"", 400, "ends too early"),
        ("br", b"x", 415, "compressed as 'br'; send it plain"),
        ("gzip, gzip", b"x", 415, "compressed as 'gzip, gzip'"),
    ],
)
async def test_what_cannot_be_unpacked_is_named(
    coding: str, body: bytes, status: int, words: str
) -> None:
    async with listening() as port:
        reply = await ask(port, post(coding, body))
        assert reply.status == status
        assert words in reply.error
