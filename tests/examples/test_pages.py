"""The p5 sketch and the plain page, in a real Chromium, asking a real server."""

import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Response

from examples.conftest import EXAMPLES, P5_URL
from examples.pictures import SAME, answered, decoded, difference

pytestmark = pytest.mark.browser

SHOWN = {
    "p5-rainbow": "() => document.querySelector('canvas').toDataURL()",
    "plain-js": "() => document.querySelector('img').src",
}
"""What a page shows, as a data URI; the plain page's is empty at first."""

pages = pytest.mark.parametrize("example", SHOWN)


@pages
def test_a_page_shows_the_very_picture_that_was_answered(
    page: Page, elsewhere: str, address: str, example: str
) -> None:
    with page.expect_response("**/query"):
        page.goto(f"{elsewhere}/{example}/")
    first = at_rest(page, address, example)
    with page.expect_response("**/query"):
        page.get_by_role("button").click()
    second = at_rest(page, address, example)
    assert difference(first, second) > 8 * SAME


@pages
def test_a_walk_goes_on_in_small_steps_until_it_is_stopped(
    page: Page, elsewhere: str, address: str, example: str
) -> None:
    with page.expect_response("**/query") as asking:
        page.goto(f"{elsewhere}/{example}/")
    places = [place(asking.value)]
    first = at_rest(page, address, example)
    page.get_by_role("checkbox").check()
    for _ in range(10):
        with page.expect_response("**/query") as asking:
            pass
        places.append(place(asking.value))
    page.get_by_role("checkbox").uncheck()
    last = at_rest(page, address, example)
    assert difference(first, last) > SAME
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.min() > 0
    assert steps.max() < 0.5 * np.sqrt(512)


def test_the_sketch_without_a_server_says_so(page: Page, elsewhere: str) -> None:
    page.route("**/query", lambda route: route.abort())
    page.goto(f"{elsewhere}/p5-rainbow/")
    page.wait_for_function("() => waiting === false")
    written = "() => { loadPixels(); return pixels.some((level) => level > 0); }"
    assert page.evaluate(written)


def test_the_plain_page_without_a_server_says_so(page: Page, elsewhere: str) -> None:
    page.route("**/query", lambda route: route.abort())
    with page.expect_event("dialog") as said:
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{elsewhere}/plain-js/")
    assert "Is Taxiway running at http://localhost:8000?" in said.value.message


def test_the_p5_that_is_tested_is_the_one_that_the_page_loads() -> None:
    assert P5_URL in (EXAMPLES / "p5-rainbow" / "index.html").read_text()


def place(response: Response) -> list[float]:
    """The z that was asked for."""
    numbers: list[float] = json.loads(response.request.post_data or "")["z"]
    return numbers


def at_rest(page: Page, address: str, example: str) -> Image.Image:
    """What the page shows once it is the server's current output."""
    for _ in range(100):
        uri = page.evaluate(SHOWN[example])
        if uri and difference(decoded(uri), answered(address)) < SAME:
            return decoded(uri)
        page.wait_for_timeout(50)
    raise AssertionError("The page does not show what the server answered.")
