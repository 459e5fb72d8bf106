"""p5 of 2019 and p5 of today, in a real Chromium, on pages opened from a file and from a port."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from interop.conftest import HERE, Ports, opened
from interop.npm import packages

pytestmark = pytest.mark.browser

FAMILY = "toys:Gradient"
LIBRARIES = {"p5-08": ["p5.min.js", "addons/p5.dom.min.js"], "p5": ["p5.min.js"]}
"""What a page of its time loaded; createButton and createImg were an addon once."""

SLOW = pytest.mark.slow
"""Every client is run every day, from the one place or the other."""
every_p5 = pytest.mark.parametrize(
    ("client", "how"),
    [
        ("p5-08", "file"),
        ("p5", "port"),
        pytest.param("p5", "file", marks=SLOW),
        pytest.param("p5-08", "port", marks=SLOW),
    ],
)


def scripts(client: str, sketch: str) -> list[Path]:
    lib = packages() / client / "lib"
    return [*(lib / name for name in LIBRARIES[client]), HERE / "sketches" / sketch]


@every_p5
def test_a_button_brings_a_picture(
    page: Page, server: Ports, tmp_path: Path, client: str, how: str
) -> None:
    with opened(page, tmp_path, how, scripts(client, "button.js")) as wrong:
        page.get_by_role("button").click()
        page.wait_for_selector("img")
        shown = page.evaluate("() => document.querySelector('img').src")
        size = "() => document.querySelector('img').decode().then(() => document.images[0].width)"
        assert page.evaluate(size) == 64
    assert shown == httpx.get(f"{server.url}/data", timeout=60).json()["image"]
    assert wrong == []


@every_p5
def test_a_sketch_that_polls_at_every_frame_sees_what_others_ask(
    page: Page, server: Ports, tmp_path: Path, client: str, how: str
) -> None:
    with opened(page, tmp_path, how, scripts(client, "polling.js")) as wrong:
        page.wait_for_function("() => heard >= 60")
        asked = httpx.post(f"{server.url}/query", json={"seed": 5}, timeout=60).json()
        page.wait_for_function("(image) => shown === image", arg=asked["image"])
        assert page.evaluate("() => failed") == 0
        page.evaluate("() => noLoop()")
        assert wrong == []
