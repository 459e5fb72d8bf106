"""A way to a worker on a cluster: bytes to and fro, who is gone, and which addresses mean one."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator

import pytest

from taxiway import cli
from taxiway.core.errors import InvalidArgument
from taxiway.engine.cluster import post
from taxiway.engine.cluster.way import carry
from taxiway.engine.places import ClusterPlace, place_of

SESSION = "0" * 32


@pytest.fixture
async def echo(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[post.Post]:
    """A post whose worker says what it hears."""
    monkeypatch.setattr(post, "COMMAND", ("cat",))
    monkeypatch.setattr(post, "LOOK_SECONDS", 0.05)
    made = post.Post(SESSION, silent=0.3)
    monkeypatch.setattr(made, "_watch", lambda: asyncio.sleep(0))
    return made


def test_a_job_goes_to_one_machine_of_a_cluster() -> None:
    place = place_of("ray://10.0.0.1?gpus=0.5", SESSION, "photos-1")
    assert isinstance(place, ClusterPlace)
    assert place.host == "the cluster of 10.0.0.1:6379"
    assert place.line()[-6:] == [
        "--connect", "ray://10.0.0.1?gpus=0.5", "--session", SESSION, "--name", "photos-1",
    ]  # fmt: skip
    with pytest.raises(InvalidArgument, match="A job takes one machine of a cluster"):
        place_of("ray?replicas=2")
    with pytest.raises(InvalidArgument, match="'on' takes ray or ray://HEAD:PORT"):
        place_of("ray://h/x")


def test_without_ray_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("taxiway.core.extras.is_here", lambda module: False)
    words = ["worker", "--connect", "ray", "--session", SESSION, "--name", "x"]
    assert cli.main(words) != 0
    assert "A job on a cluster needs Ray" in capfd.readouterr().err


async def test_bytes_come_as_they_are(echo: post.Post) -> None:
    number = await echo.open()
    assert await echo.take(number) is None
    await echo.give(number, b"hello")
    assert await echo.take(number) == b"hello"
    await echo.give(number, b"")
    assert await echo.take(number) == b""
    assert await echo.take(number) == b""
    await echo.give(number, b"late")


async def test_a_worker_ends_when_nobody_asks_for_what_it_says(echo: post.Post) -> None:
    number = await echo.open()
    process, _ = echo._ways[number]
    async with asyncio.timeout(60):
        assert await process.wait() < 0
    assert await echo.take(number) == b""


async def test_a_way_carries_until_its_end(echo: post.Post) -> None:
    loop = asyncio.get_running_loop()

    class Far:
        def open(self) -> int:
            return asyncio.run_coroutine_threadsafe(echo.open(), loop).result()

        def give(self, number: int, data: bytes) -> None:
            asyncio.run_coroutine_threadsafe(echo.give(number, data), loop).result()

        def take(self, number: int) -> bytes | None:
            return asyncio.run_coroutine_threadsafe(echo.take(number), loop).result()

    source, given = os.pipe()
    come, out = os.pipe()
    sent = os.urandom(300_000)

    def send() -> None:
        with open(given, "wb") as file:
            file.write(sent)

    def hear() -> bytes:
        with open(come, "rb") as file:
            return file.read()

    threading.Thread(target=send).start()
    hearing = asyncio.ensure_future(asyncio.to_thread(hear))
    await asyncio.to_thread(carry, Far(), source, out)
    os.close(out)
    assert await hearing == sent
    os.close(source)
