"""A real server with a light model, and a real Chromium that looks at it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from browser.watching import hold_studio, wait_for_store
from chromium import PATIENCE_MS, within
from taxiway.latent.sample import z_of_seed

expect.set_options(timeout=PATIENCE_MS)

HERE = Path(__file__).parent
SHARED = os.environ["TAXIWAY_DATA"]
"""Of all processes that run tests: presets and history of one server there are another's too."""
DATA = tempfile.TemporaryDirectory(prefix="taxiway-browser-")
VIEWPORT: Any = {"width": 1280, "height": 800}
SIZES = {
    "phone": (360, 740),
    "phone on its side": (740, 360),
    "tablet": (768, 1024),
    "laptop": (1366, 768),
    "screen": (1920, 1080),
}
FORGET = """
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith("taxiway ")) sessionStorage.removeItem(name);
    }
  } catch {}
"""
FIRST_OF_SEED_0 = z_of_seed(0)[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


class Server:
    """A Taxiway in a process of its own, at a port it keeps when started again."""

    def __init__(
        self,
        family: str = "lantern:Lantern",
        config: Mapping[str, object] | None = None,
        **options: object,
    ) -> None:
        self._family = family
        self._config = {"open_folders": ["/"], **(config or {})}
        self._options = options
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        settings = (json.dumps(each) for each in (self._options, self._config))
        arguments = [str(self.port), self._family, *settings]
        data, paths = os.environ["TAXIWAY_DATA"], os.pathsep.join([str(HERE), *sys.path])
        ours = {"TAXIWAY_DATA": DATA.name if data == SHARED else data, "PYTHONPATH": paths}
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "serve.py"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ours},
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("at "):
                self.port = int(line.split()[1])
                return
        raise AssertionError("The server ended before it listened.")

    def stop(self) -> None:
        self._process.communicate()

    def kill_workers(self) -> None:
        """Kill the model's process: of the server's descendants those that are nobody's parent."""
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # one that was just ending
                if not process.children() and "resource_tracker" not in " ".join(process.cmdline()):
                    process.kill()


@pytest.fixture(scope="module")
def browser(chrome: Browser, playwright: Playwright) -> Iterator[Browser]:
    """The session's, while the tests of a file run."""
    with within(playwright):
        yield chrome


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser that has never been anywhere."""
    fresh = new_context(browser, server)
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def window(browser: Browser, server: Server) -> Iterator[Page]:
    """One window for many tests: opening one takes longer than loading the studio anew."""
    context = new_context(browser, server)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(window: Page) -> Iterator[Page]:
    """The studio, loaded anew, with its first picture: seed 0 and the default values."""
    window.set_viewport_size(VIEWPORT)
    yield show_studio(window)
    for other in window.context.pages:
        if other is not window:
            other.close()


def new_context(
    browser: Browser, server: Server, remembers: bool = False, **options: Any
) -> BrowserContext:
    settings = {"viewport": VIEWPORT, "base_url": server.url, **options}
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE_MS)
    if not remembers:
        # Tests that share a window begin like one that was just opened.
        context.add_init_script(FORGET)
    return context


def open_studio(context: BrowserContext) -> Page:
    return show_studio(context.new_page())


def show_studio(page: Page) -> Page:
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('picture') !== null")
    page.evaluate(
        """() => {
          for (const name of Object.keys(studio.store.get("values"))) {
            studio.session.setValue(name, null);
          }
          studio.session.goToSeed(0);
        }"""
    )
    wait_for_store(page, f"Math.abs(store.get('vector')[0] - {FIRST_OF_SEED_0}) < 1e-6")
    return page
