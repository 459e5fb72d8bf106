"""How answers leave: a header does not travel alone."""

import asyncio
from typing import Any

from taxiway.web.connection import Joined

HEADER = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire:
    """A transport that notes each call of the system."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.calls.append(b"".join(pieces))

    def close(self) -> None:
        self.calls.append(b"closed")


def joined() -> tuple[Joined, list[bytes]]:
    wire: Any = Wire()
    return Joined(wire, asyncio.get_running_loop()), wire.calls


async def test_a_header_goes_with_the_body_that_follows_at_once() -> None:
    transport, calls = joined()
    transport.write(HEADER)
    transport.write(b"body")
    transport.write(b"more")
    await asyncio.sleep(0)
    assert calls == [HEADER + b"body", b"more"]


async def test_a_header_alone_goes_a_moment_later() -> None:
    transport, calls = joined()
    transport.write(HEADER)
    assert calls == []
    await asyncio.sleep(0)
    assert calls == [HEADER]
    transport.write(b"body")
    assert calls == [HEADER, b"body"]


async def test_nothing_is_lost_when_the_connection_is_closed() -> None:
    transport, calls = joined()
    transport.write(HEADER)
    transport.close()
    await asyncio.sleep(0)
    assert calls == [HEADER, b"closed"]


async def test_an_answer_before_the_answer_stays_before_it() -> None:
    transport, calls = joined()
    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    transport.write(HEADER)
    transport.write(b"body")
    await asyncio.sleep(0)
    assert b"".join(calls) == b"HTTP/1.1 100 Continue\r\n\r\n" + HEADER + b"body"
