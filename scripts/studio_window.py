"""A studio of its own, played in Chromium for scripts/screenshots.py: windows, and what is seen."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
GAP = 12
SEED = "22"
PATIENCE_MS, REST_MS = 120_000, 4000
OURS = ("--port", "0", "--socketio-port", "off", "--osc-port", "off", "--hub-port", "off")


class Stage(NamedTuple):
    """A browser, and a Taxiway for it: its address and its data folder."""

    browser: Browser
    url: str
    data: Path


ASK = """async ([method, path, content]) =>
    (await import('/studio/control.js')).ask(studio.connection.token, method, path, content)"""


def ask(page: Page, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
    """Ask the server as the studio does, with its token."""
    return page.evaluate(ASK, [method, path, content])


def perform(page: Page, action: str, inputs: dict[str, Any]) -> None:
    """Have the studio do what one of its buttons does."""
    page.evaluate("([action, inputs]) => studio.session.perform(action, inputs)", [action, inputs])


def drag(page: Page, canvas: str, way: list[tuple[float, float]]) -> None:
    """Press the mouse along points of a canvas, each from 0 to 1."""
    page.locator(canvas).scroll_into_view_if_needed()
    box = page.locator(canvas).bounding_box()
    assert box is not None
    for number, (x, y) in enumerate(way):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def visited(stage: Stage, size: tuple[int, int], part: str = "") -> Page:
    """The studio in a new window."""
    width, height = size
    context = stage.browser.new_context(viewport={"width": width, "height": height}, locale="en")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(stage.url + part)
    page.evaluate("async () => (globalThis.studio = (await import('/studio/main.js')).studio)")
    return page


def opened(stage: Stage, size: tuple[int, int]) -> Page:
    """The studio in a new window, at rest with its picture."""
    page = visited(stage, size)
    page.wait_for_function("() => studio.store.get('picture') !== null")
    page.evaluate(f"studio.session.goToSeed({SEED})")
    page.wait_for_load_state("networkidle")
    return page


def panel(page: Page, name: str) -> Image.Image:
    """A panel by itself."""
    page.click(f"#tab-{name}")
    return seen(page, f"#panel-{name}")


def seen(page: Page, part: str = "body") -> Image.Image:
    """What stands there once it has stopped changing: the map's tiles come one by one."""
    before, after = None, now(page, part)
    while before != after:
        page.wait_for_timeout(REST_MS)
        before, after = after, now(page, part)
    return after


def now(page: Page, part: str = "body") -> Image.Image:
    """What stands there at this moment, though it may go on changing."""
    return Image.open(io.BytesIO(page.locator(part).screenshot())).convert("RGB")


def beside(*pictures: Image.Image) -> Image.Image:
    """Several as one."""
    width = sum(each.width + GAP for each in pictures) - GAP
    whole = Image.new("RGB", (width, max(each.height for each in pictures)), "white")
    left = 0
    for each in pictures:
        whole.paste(each, (left, 0))
        left += each.width + GAP
    return whole


@contextmanager
def running(model: str) -> Iterator[tuple[str, Path]]:
    """A Taxiway that knows nothing yet; its address and its data folder."""
    paths = os.pathsep.join([str(ROOT / "tests" / "browser"), *sys.path])
    with TemporaryDirectory() as data:
        process = subprocess.Popen(
            [sys.executable, "-m", "taxiway", "run", model, "--no-browser", *OURS],
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "TAXIWAY_DATA": data, "PYTHONPATH": paths},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r" at (http\S+)", line):
                    yield found[1], Path(data)
                    break
        finally:
            process.terminate()
            process.communicate()
