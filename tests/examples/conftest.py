"""The command a student starts, and a Chromium that finds it at localhost:8000."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route

from chromium import PATIENCE_MS, Door, within
from interop.npm import packages, version
from paths import ROOT

EXAMPLES = ROOT / "examples"
TOLD = "http://localhost:8000"
"""The address in everything we publish."""
P5_URLS = {
    name: f"https://cdn.jsdelivr.net/npm/p5@{version(name)}/lib/p5.min.js"
    for name in ("p5", "p5-2")
}
"""By what npm's packages are called in `interop`."""
P5_URL = P5_URLS["p5"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a Taxiway of its own process answers, with the painter running."""
    with running("painter") as at:
        yield at


@contextlib.contextmanager
def running(*model: str) -> Iterator[str]:
    """Where a Taxiway of its own process answers until the block ends."""
    command = [sys.executable, "-m", "taxiway", "run", *model, "--no-browser", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        at = ""
        for line in process.stdout:
            if "http://" in line:
                at = "http://" + line.partition("http://")[2].split()[0]
            if "is running" in line:
                break
        assert at, "The server ended before it ran."
        yield at
        process.terminate()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Another origin, which serves examples/ as it is."""
    with serving(EXAMPLES) as origin:
        yield origin


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """An origin of its own for the files of a folder."""
    handler = partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Does not tell of every request."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser(
    chrome: Browser, playwright: Playwright, doors: Mapping[str, Door], address: str
) -> Iterator[Browser]:
    """For it, localhost:8000 is where the server of these tests is: pages run unchanged."""
    for told in (8000, 3000):
        doors[f"localhost:{told}"].target = int(address.rpartition(":")[2])
    with within(playwright):
        yield chrome


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty window that gets p5 from npm."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    with_p5(context)
    yield context.new_page()
    context.close()


def with_p5(context: BrowserContext) -> None:
    """Give the pages of a context the p5 that they name, without a network."""

    names = {url: name for name, url in P5_URLS.items()}

    def answer(route: Route) -> None:
        file = packages() / names[route.request.url] / "lib" / "p5.min.js"
        route.fulfill(path=file, content_type="text/javascript")

    for url in names:
        context.route(url, answer)
