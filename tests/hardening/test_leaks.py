"""What many clients leave behind: nothing; and what those who do not read may pile up: little."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Iterator

import psutil
import pytest
from websockets.asyncio.client import connect

from interop.engineio_clients import socket, until
from servers.sockets import GET, POST, ask, line, listening
from servers.toy import Toy, linux, serving
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine, running

QUERY = POST + b'Content-Length: 11\r\n\r\n{"seed": 1}'
HANDSHAKE = GET.replace(b"/healthz", b"/socket.io/?EIO=4&transport=polling")
DATA = b"GET /data HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def gradient() -> Iterator[Toy]:
    with serving("Gradient") as toy:
        yield toy


@pytest.fixture(scope="module")
def poster() -> Iterator[Toy]:
    with serving("hardening.models:Poster") as toy:
        yield toy


async def queries(port: int, clients: int, each: int) -> None:
    async def client() -> None:
        async with line(port) as own:
            for _ in range(each):
                assert (await own.ask(QUERY)).status == 200

    await asyncio.gather(*(client() for _ in range(clients)))


async def sockets(port: int, times: int) -> None:
    """Come and go in every way: politely, by hanging up, before a word, in the middle of one."""
    for number in range(times):
        if number % 4 == 0:
            async with socket(f"127.0.0.1:{port}") as client:
                await client.ask({"seed": 1})
        elif number % 4 == 1:
            url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
            async with connect(url) as client:
                client.transport.abort()
        elif number % 4 == 2:
            async with line(port) as own:
                await own.send(QUERY[:-5])
        else:
            await ask(
                port, b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )


@linux
async def test_two_thousand_queries_and_two_hundred_sockets_leave_nothing(gradient: Toy) -> None:
    await queries(gradient.port, 4, 100)
    await sockets(gradient.port, 8)
    before, memory = gradient.holds(), gradient.memory()
    await queries(gradient.port, 4, 500)
    await sockets(gradient.port, 200)
    await ask(gradient.port, GET)
    for _ in range(500):
        if gradient.holds() == before:
            break
        await asyncio.sleep(0.02)
    assert gradient.holds() == before
    assert (gradient.memory() - memory) / 2**20 < 12


async def test_clients_that_have_gone_leave_no_task_behind() -> None:
    async with listening() as port:
        await ask(port, GET)
        before = len(asyncio.all_tasks())
        for _ in range(20):
            async with contextlib.AsyncExitStack() as stack:
                for begun in (b"GET /hea", QUERY, QUERY[:-5], GET + GET + QUERY):
                    own = await stack.enter_async_context(line(port))
                    await own.send(begun)
        await ask(port, GET)
        async with asyncio.timeout(60):
            while len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0)


@linux
async def test_workers_that_come_and_go_leave_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CRASHES", 100)
    spec = ModelSpec(name="toy", family="toys:Gradient")
    async with Engine() as engine:
        await engine.start(spec)
        await engine.ready("toy")
        process = psutil.Process()
        gc.collect()
        gc.disable()
        try:
            before = process.num_fds()
            for number in range(8):
                pid = engine.running["toy"].pid
                assert pid is not None
                if number % 2:
                    await engine.stop("toy")
                    await engine.start(spec)
                else:
                    os.kill(pid, signal.SIGKILL)
                await until(lambda: engine.running["toy"].pid not in (None, pid))  # noqa: B023
                await engine.ready("toy")
            assert process.num_fds() == before
        finally:
            gc.enable()


@linux
async def test_sixty_clients_that_do_not_read_pile_up_little_and_delay_nobody(
    poster: Toy,
) -> None:
    """Each asks for 31 pictures of 300 kB, half a gigabyte in all."""
    size = len((await ask(poster.port, POST + b"Content-Length: 2\r\n\r\n{}")).body)
    assert size > 250_000
    async with contextlib.AsyncExitStack() as stack:
        with poster.grows_at_most(64):
            for _ in range(60):
                deaf = await stack.enter_async_context(line(poster.port))
                deaf.writer.transport.pause_reading()
                await deaf.send(DATA * 31)
            for _ in range(20):
                assert (await ask(poster.port, DATA)).status == 200
