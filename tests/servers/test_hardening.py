"""Hostile clients on raw sockets: each gets its 4xx, and the server lives on, its memory flat."""

import asyncio
import base64
import json
import random
import re
import struct
import zlib
from collections.abc import AsyncIterator, Iterator

import pytest

from servers.sockets import GET, POST, Line, Reply, ask, line, listening
from servers.toy import Toy, linux, serving

PARSERS = ("httptools", "h11")
HUGE = 120 * 2**20
PIECE = bytes(2**20)
END = b"0\r\n\r\n"


@pytest.fixture(params=PARSERS)
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    """A server that must still answer when the test is done."""
    async with listening(parser=request.param) as port:
        yield port
        assert (await ask(port, GET)).status == 200


def with_length(length: int) -> bytes:
    return POST + b"Content-Length: %d\r\n\r\n" % length


def query(body: bytes) -> bytes:
    return with_length(len(body)) + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def pour(own: Line, piece: bytes, times: int) -> Reply:
    """Send until there is an answer; a client like curl keeps sending while it waits."""
    answering = asyncio.create_task(own.reply())
    for _ in range(times):
        if answering.done():
            break
        await own.send(piece)
        await asyncio.sleep(0)
    return await answering


@pytest.mark.smoke
async def test_a_declared_120_megabytes_are_refused_before_they_come(port: int) -> None:
    reply = await ask(port, with_length(HUGE))
    assert reply.status == 413
    assert reply.error == "The body is too large; at most 64 MB are taken."
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_who_asks_first_whether_to_send_is_told_no(port: int) -> None:
    reply = await ask(port, POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % HUGE)
    assert reply.status == 413


async def test_who_asks_first_whether_to_send_is_told_to_go_on(port: int) -> None:
    async with line(port) as own:
        await own.send(POST + b"Expect: 100-continue\r\nContent-Length: 11\r\n\r\n")
        assert (await own.reply()).status == 100
        assert (await own.ask(b'{"seed": 1}')).status == 200


async def test_who_sends_all_the_same_gets_to_read_why(port: int) -> None:
    async with line(port) as own:
        await own.send(with_length(HUGE))
        for _ in range(HUGE // len(PIECE)):
            await own.send(PIECE)
        assert (await own.reply()).status == 413


async def test_120_megabytes_in_chunks_are_refused_at_the_limit(port: int) -> None:
    async with line(port) as own:
        await own.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        assert (await pour(own, chunk(PIECE), 120)).status == 413


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_body_that_never_ends_is_cut_after_its_refusal(parser: str) -> None:
    async with listening(parser=parser, body_limit=2**20) as port, line(port) as own:
        await own.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            await own.send(chunk(PIECE) * 200)
        assert (await ask(port, GET)).status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000,
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 40_000,
        b"GET /" + b"y" * 200_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 200_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 40_000,
    ],
    ids=["one long header", "many headers", "a long address", "a chunk's extension", "trailers"],
)
async def test_a_header_of_any_kind_that_goes_on_is_refused(port: int, head: bytes) -> None:
    async with line(port) as own:
        own.writer.write(head)
        said = await own.rest()
    status = said.split(b" ")[1] if said else b"cut"
    assert status in (b"400", b"431", b"cut")


GARBAGE = [
    b"\x00" * 100,
    b"\xff" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"hello\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n: empty\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
    b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
    b"\r\n" * 10 + b"nonsense\r\n\r\n",
    POST + b"Content-Length: -1\r\n\r\n",
    POST + b"Content-Length: 1e9\r\n\r\n",
    POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    POST + b"Transfer-Encoding: nonsense\r\n\r\n{}",
]


@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
async def test_what_is_no_http_is_refused_and_closed(port: int, data: bytes) -> None:
    async with line(port) as own:
        await own.send(data)
        own.writer.write_eof()
        said = await own.rest()
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", said)
    assert all(status.startswith(b"4") or status == b"501" for status in statuses), said


async def test_a_body_with_two_ways_to_end_smuggles_nothing(port: int) -> None:
    """Neither reading lets a second request through (RFC 9112, section 6.3)."""
    inner = b"GET /info HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % (len(END + inner))
    async with line(port) as own:
        await own.send(head + END + inner)
        own.writer.write_eof()
        said = await own.rest()
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


async def test_random_bytes_on_many_connections_hurt_nobody(port: int) -> None:
    chance = random.Random(1)
    for number in range(150):
        begin = chance.choice([b"", b"GET ", POST, POST + b"Content-Length: 9\r\n\r\n", GET])
        data = begin + chance.randbytes(chance.randrange(1, 400))
        async with line(port) as own:
            own.writer.write(data)
            if number % 3:
                own.writer.write_eof()
                said = await own.rest()
                assert b"HTTP/1.1 5" not in said


async def test_garbage_after_a_good_request_does_not_harm_the_next_client(port: int) -> None:
    async with line(port) as own:
        reply = await own.ask(GET + b"\x00\x01\x02garbage\r\n\r\n")
        assert reply.status in (200, 400)
        await own.rest()


@pytest.mark.parametrize(
    "begun", [b"GET /hea", POST, with_length(100) + b"{", query(b'{"seed":1}')]
)
async def test_clients_that_hang_up_leave_nothing_behind(port: int, begun: bytes) -> None:
    for _ in range(20):
        async with line(port) as own:
            await own.send(begun)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"//query", 405),
        (b"/query/", 405),
        (b"/%00", 404),
        (b"/%ff%fe", 404),
        (b"/../../etc/passwd", 404),
        (b"/..%2f..%2fetc%2fpasswd", 404),
        (b"/{path}{0}", 404),
        (b"/healthz?%zz&=&a=%ff", 200),
        (b"/generate.png?seed=1&seed=2", 200),
    ],
)
async def test_odd_addresses_are_found_or_not(port: int, target: bytes, status: int) -> None:
    reply = await ask(port, b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % target)
    assert reply.status == status
    assert "location" not in reply.headers
    if status != 200:
        assert reply.error


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"z": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"z": "\xff\xc0\xaf"}',
        b'{"z": [' + b"NaN," * 511 + b"NaN]}",
        b'{"z": [1e999]}',
    ],
    ids=["deep", "deep and whole", "bad UTF-8", "NaN", "1e999"],
)
async def test_hostile_json_is_a_400_on_a_connection_that_stays(port: int, body: bytes) -> None:
    async with line(port) as own:
        assert (await own.ask(query(body))).status == 400
        assert (await own.ask(query(b'{"seed": 1}'))).status == 200


async def test_an_old_client_without_keep_alive_is_answered_and_closed(port: int) -> None:
    async with line(port) as own:
        reply = await own.ask(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert reply.status == 200
        assert await own.rest() == b""


@pytest.fixture(scope="module")
def toy() -> Iterator[Toy]:
    with serving("Looker") as toy:
        yield toy


def bomb(size: int) -> bytes:
    """A whole PNG of `size` x `size` black pixels, one bit each."""
    press = zlib.compressobj(1)
    row = bytes(1 + size // 8)
    pressed = b"".join(press.compress(row * 1000) for _ in range(size // 1000)) + press.flush()
    header = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", header), (b"IDAT", pressed), (b"IEND", b""))
    )


def photo(data: bytes) -> bytes:
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    return query(json.dumps({"picture": uri}).encode())


@linux
async def test_memory_stays_flat_under_bodies_of_120_megabytes(toy: Toy) -> None:
    with toy.grows_at_most(30):
        for _ in range(5):
            async with line(toy.port) as own:
                await own.send(with_length(HUGE))
                for _ in range(120):
                    await own.send(PIECE)
                assert (await own.reply()).status == 413


@linux
async def test_a_picture_of_50000_by_50000_pixels_is_refused_unread(toy: Toy) -> None:
    assert (await ask(toy.port, photo(bomb(1000)))).status == 200
    request = photo(bomb(50_000))
    with toy.grows_at_most(30):
        reply = await ask(toy.port, request)
    assert (reply.status, json.loads(reply.body)["input"]) == (400, "picture")
    assert "more than 40 million pixels" in reply.error


@linux
async def test_values_without_number_are_not_unpacked(toy: Toy) -> None:
    """20 million empty lists fit in the largest body, and would take over a gigabyte."""
    request = query(b'{"picture": [' + b"[]," * (20 * 10**6) + b"[]]}")
    with toy.grows_at_most(3 * 64):
        reply = await ask(toy.port, request)
    assert reply.status == 400
    assert "too many values" in reply.error


@linux
async def test_endless_chunks_take_one_body_of_memory_however_often_they_come(toy: Toy) -> None:
    with toy.grows_at_most(2 * 64):
        for _ in range(5):
            async with line(toy.port) as own:
                await own.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
                assert (await pour(own, chunk(PIECE), 120)).status == 413
