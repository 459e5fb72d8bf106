"""Take the studio's pictures of docs/images anew: `python scripts/screenshots.py [NAME ...]`.

A studio of its own is played in Chromium. All are taken if no name is given.
"""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from taxiway.core.files import write_whole

OUT = Path(__file__).resolve().parent.parent / "docs" / "images"
SCREEN, WINDOW, PHONE = (1440, 900), (1024, 768), (390, 844)
GAP = 12
SEED = "22"
PATIENCE_MS, REST_MS = 60_000, 4000
OURS = ("--port", "0", "--socketio-port", "off", "--osc-port", "off", "--hub-port", "off")
SHOTS: dict[str, Callable[[Browser, str], Image.Image]] = {}


def shot(take: Callable[[Browser, str], Image.Image]) -> Callable[[Browser, str], Image.Image]:
    """Have what a function takes among the pictures, under its name."""
    SHOTS[take.__name__.replace("_", "-")] = take
    return take


@shot
def studio(browser: Browser, url: str) -> Image.Image:
    """The map, the picture, the controls, the faders."""
    return seen(opened(browser, url, SCREEN))


@shot
def studio_network(browser: Browser, url: str) -> Image.Image:
    """The Network panel."""
    page = opened(browser, url, WINDOW)
    page.click("#tab-network")
    page.get_by_text("Python", exact=True).click()
    return seen(page)


@shot
def studio_phone(browser: Browser, url: str) -> Image.Image:
    """Mixer, and map."""
    page = opened(browser, url, PHONE)
    mixer = seen(page)
    page.get_by_role("tab", name="Map", exact=True).click()
    return beside(mixer, seen(page))


@shot
def presets_panel(browser: Browser, url: str) -> Image.Image:
    """A preset that was stored, and the pictures of before."""
    page = opened(browser, url, SCREEN)
    page.keyboard.press("Shift+Digit1")
    return panel(page, "presets")


def opened(browser: Browser, url: str, size: tuple[int, int]) -> Page:
    """The studio in a new window, at rest with its picture."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.evaluate("async () => (globalThis.studio = (await import('/studio/main.js')).studio)")
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
    before, now = b"", page.locator(part).screenshot()
    while before != now:
        page.wait_for_timeout(REST_MS)
        before, now = now, page.locator(part).screenshot()
    return Image.open(io.BytesIO(now)).convert("RGB")


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
def running(model: str) -> Iterator[str]:
    """A Taxiway that knows nothing yet; its address."""
    with TemporaryDirectory() as data:
        process = subprocess.Popen(
            [sys.executable, "-m", "taxiway", "run", model, "--no-browser", *OURS],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "TAXIWAY_DATA": data},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r" at (http\S+)", line):
                    yield found[1]
                    break
        finally:
            process.terminate()
            process.communicate()


def main() -> None:
    """Take what is asked for."""
    names = sys.argv[1:] or list(SHOTS)
    if unknown := set(names) - set(SHOTS):
        sys.exit(f"There is no picture {unknown.pop()}; there are {', '.join(SHOTS)}.")
    with running("painter") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("TAXIWAY_CHROMIUM"), args=["--no-sandbox"]
        )
        for name in names:
            file = io.BytesIO()
            SHOTS[name](browser, url).save(file, "JPEG", quality=88, optimize=True)
            write_whole(OUT / f"{name}.jpg", file.getvalue())
            print(name)


if __name__ == "__main__":
    main()
