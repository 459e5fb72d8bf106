"""A real Taxiway in a process of its own, and a Chromium for which it is at Runway's ports."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Playwright

from chromium import PATIENCE_MS, Door, within
from examples.conftest import serving
from interop.collected import COLLECTED

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The slow ones repeat what another does, elsewhere."""
    ours = [item for item in items if HERE in item.path.parents]
    names = [item.nodeid for item in ours if not item.get_closest_marker("slow")]
    config.stash[COLLECTED] = [name.rpartition("interop/")[2] for name in names]


class Ports(NamedTuple):
    """Where a Taxiway answers; HTTP and Socket.IO share a port."""

    model: int
    hub: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.model}"


@contextlib.contextmanager
def taxiway(*arguments: str) -> Iterator[Ports]:
    """Run what serve.py makes of these until the block ends."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "serve.py"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    ) as process:
        assert process.stdout is not None
        ports = next((line for line in process.stdout if line.startswith("ports ")), None)
        assert ports is not None, "The server ended before it listened."
        yield Ports(*map(int, ports.split()[1:]))
        process.communicate()


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Ports]:
    """It runs what the module calls FAMILY."""
    with taxiway(request.module.FAMILY) as ports:
        yield ports


@pytest.fixture(scope="module")
def browser(
    chrome: Browser, playwright: Playwright, doors: Mapping[str, Door], server: Ports
) -> Iterator[Browser]:
    """Sketches run in it unchanged: for it, the server of these tests is at 8000, 3000 and 5142."""
    for told, port in ((8000, server.model), (3000, server.model), (5142, server.hub)):
        doors[f"localhost:{told}"].target = port
    with within(playwright):
        yield chrome


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty window."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@contextlib.contextmanager
def opened(page: Page, folder: Path, how: str, files: list[Path]) -> Iterator[list[str]]:
    """A page of these scripts: by a double click ("file"), or served from another port ("port").

    The block gets what goes wrong in the page.
    """
    scripts = "".join(f"<script src='{file.name}'></script>" for file in files)
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><body>{scripts}")
    for file in files:
        (folder / file.name).symlink_to(file)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"{request.url} {request.failure}"))
    if how == "file":
        page.goto((folder / "index.html").as_uri())
        yield wrong
    else:
        with serving(folder) as origin:
            page.goto(origin)
            yield wrong
            page.goto("about:blank")
