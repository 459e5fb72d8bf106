"""A client that hangs up cancels what it asked for."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from session_fakes import served
from taxiway.core.config import Config
from taxiway.web import patience
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
    async with served(app(work)) as port, asyncio.timeout(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        await work.began.wait()
        writer.close()
        await work.ended.wait()
    assert work.was_cancelled


async def test_who_waits_gets_the_answer_also_after_long(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    async with served(app(work)) as port, asyncio.timeout(20):
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


async def test_an_answer_that_comes_at_once_is_not_watched_for() -> None:
    work = Work()
    work.goes_on.set()
    async with served(app(work)) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()
