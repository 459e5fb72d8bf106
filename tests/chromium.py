"""One Chromium for all tests of a worker, for which published addresses lead where a test says."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # importing it takes longer than many a test
    from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PATIENCE_MS = 30_000
TOLD = (
    "localhost:8000",
    "localhost:3000",
    "localhost:5142",
    "localhost:8080",
    "*.hosted-models.runwayml.cloud:80",
)
"""Addresses in sketches, in what we publish, and in Runway's own SDK."""


def chromium() -> str | None:
    """The one that scripts/test.py found, else the system's; None for Playwright's own."""
    found = map(shutil.which, ("chromium-headless-shell", "chromium"))
    return os.environ.get("TAXIWAY_CHROMIUM") or next(filter(None, found), None)


class Door(ThreadingTCPServer):
    """What comes to its port goes on to `target`, a port of this machine; 0 refuses it."""

    daemon_threads = True
    target = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Passing)


class Passing(BaseRequestHandler):
    """One connection, both ways."""

    server: Door

    def handle(self) -> None:
        target = ("127.0.0.1", self.server.target)
        with contextlib.suppress(OSError), socket.create_connection(target) as there:
            back = Thread(target=pump, args=[there, self.request], daemon=True)
            back.start()
            pump(self.request, there)
            back.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on bytes until one side ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="session")
def doors() -> Iterator[Mapping[str, Door]]:
    """For each address that is told everywhere, what decides where it leads."""
    made = {told: Door() for told in TOLD}
    for door in made.values():
        Thread(target=door.serve_forever, args=[0.05], daemon=True).start()
    yield made
    for door in made.values():
        door.shutdown()
        door.server_close()


@pytest.fixture(scope="session")
def playwright() -> Iterator["Playwright"]:
    """Its event loop counts as running, in the way of asyncio's tests, only `within` a fixture."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield running
        asyncio._set_running_loop(loop)


@contextlib.contextmanager
def within(playwright: "Playwright") -> Iterator[None]:
    """Play in the browsers of a Playwright until the block ends."""
    asyncio._set_running_loop(playwright._impl_obj._connection._loop)
    yield
    asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def chrome(playwright: "Playwright", doors: Mapping[str, Door]) -> Iterator["Browser"]:
    """The one for all files."""
    rules = ",".join(
        f"MAP {told} 127.0.0.1:{door.server_address[1]}" for told, door in doors.items()
    )
    with within(playwright):
        running = playwright.chromium.launch(
            executable_path=chromium(), args=[*ARGUMENTS, f"--host-resolver-rules={rules}"]
        )
    yield running
    with within(playwright):
        running.close()
