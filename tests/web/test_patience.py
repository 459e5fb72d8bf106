"""A client that hangs up cancels what it asked for; one that only ends sending gets its answer."""

import asyncio
import socket
import struct
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from servers.sockets import listening
from taxiway.core.config import Config
from taxiway.web import connection, patience
from taxiway.web.application import application

ASK = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"


class Work:
    """Takes until it is told to end, and knows whether it was cancelled."""

    def __init__(self) -> None:
        self.began, self.goes_on, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.was_cancelled = False

    async def __call__(self) -> str:
        self.began.set()
        try:
            await self.goes_on.wait()
            return "done"
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        finally:
            self.ended.set()


def app(work: Work) -> Any:
    async def ask(request: Request) -> PlainTextResponse:
        await request.body()
        return PlainTextResponse(await patience.while_connected(request, work()))

    return application([Route("/ask", ask, methods=["POST"])], Config())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "UNWATCHED_SECONDS", 0.01)


async def test_who_hangs_up_cancels_the_work() -> None:
    work = Work()
    async with listening(app(work)) as port, asyncio.timeout(60):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        await work.began.wait()
        writer.close()
        await work.ended.wait()
    assert work.was_cancelled


async def test_who_waits_gets_the_answer_also_after_long(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    async with listening(app(work)) as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        await work.began.wait()
        await asyncio.sleep(0.05)  # longer than it is left unwatched
        work.goes_on.set()
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(4) == b"done"
        writer.close()
    assert not work.was_cancelled


@pytest.mark.parametrize("parser", ["httptools", "h11"])
async def test_who_only_ends_sending_gets_the_answer(parser: str) -> None:
    work = Work()
    async with listening(app(work), parser=parser) as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        writer.write_eof()
        await work.began.wait()
        # So the server has seen the end, and has found out that the client is there.
        assert await reader.readexactly(9) == b"HTTP/1.1 "
        await asyncio.sleep(connection.PROBE_SECONDS * 2)
        work.goes_on.set()
        whole = await reader.read()
        writer.close()
    assert whole.startswith(b"200 OK\r\n")
    assert whole.endswith(b"\r\n\r\ndone")
    assert not work.was_cancelled


@pytest.mark.parametrize("parser", ["httptools", "h11"])
async def test_who_ends_sending_and_then_resets_cancels_the_work(parser: str) -> None:
    work = Work()
    async with listening(app(work), parser=parser) as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        writer.write_eof()
        await reader.readexactly(9)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()
        await work.ended.wait()
    assert work.was_cancelled


async def test_all_that_was_asked_before_the_end_is_answered() -> None:
    work = Work()
    work.goes_on.set()
    async with listening(app(work)) as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK * 3)
        writer.write_eof()
        whole = await reader.read()
        writer.close()
    assert whole.count(b"HTTP/1.1 200 OK") == whole.count(b"\r\n\r\ndone") == 3


async def test_a_body_that_ends_early_is_said() -> None:
    async with listening(app(Work())) as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK[:-1])
        writer.write_eof()
        whole = await reader.read()
        writer.close()
    assert whole.startswith(b"HTTP/1.1 400")
    assert b"The request ended before its body was whole." in whole


async def test_an_answer_that_comes_at_once_is_not_watched_for() -> None:
    work = Work()
    work.goes_on.set()
    async with listening(app(work)) as port, asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()
