"""The tutorial in both p5's, the mixing console and the random walk, in a real Chromium."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from examples.conftest import EXAMPLES, P5_URLS
from examples.pictures import SAME, answered, decoded, difference

pytestmark = pytest.mark.browser

CANVAS = "() => document.querySelector('canvas').toDataURL()"
DESK = "() => get(0, 0, 512, 512).canvas.toDataURL()"


def shown(page: Page, address: str, script: str = CANVAS) -> None:
    """Wait until the page shows the server's current output."""
    for _ in range(100):
        if difference(decoded(page.evaluate(script)), answered(address)) < SAME:
            return
        page.wait_for_timeout(50)
    raise AssertionError("The page does not show what the server answered.")


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_tutorials_button_brings_a_rainbow(
    page: Page, elsewhere: str, address: str, version: str
) -> None:
    assert (
        P5_URLS["p5-2" if version == "2" else "p5"]
        in (EXAMPLES / "rainbow-tutorial" / f"p5-{version}" / "index.html").read_text()
    )
    page.goto(f"{elsewhere}/rainbow-tutorial/p5-{version}/")
    button = page.get_by_role("button", name="A rainbow, please")
    with page.expect_response("**/query") as asking:
        button.click()
    assert asking.value.status == 200
    shown(page, address)
    page.route("**/query", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        button.click()
    grey = "() => { loadPixels(); return pixels[0] === 225 && pixels.some((each) => each < 100); }"
    page.wait_for_function(grey)  # with words on it


def test_the_console_plays_every_fader_that_a_stroke_crosses(
    page: Page, elsewhere: str, address: str
) -> None:
    assert len((EXAMPLES / "mixing-console" / "sketch.js").read_text().splitlines()) <= 40
    with page.expect_response("**/query"):
        page.goto(f"{elsewhere}/mixing-console/")
    page.get_by_role("button", name="Zero").click()
    page.wait_for_function("() => faders.every((each) => each === 0) && !isNew && !isWaiting")
    left, top = page.locator("canvas").evaluate("(each) => [each.offsetLeft, each.offsetTop]")
    page.mouse.move(left + 400, top + 662)
    page.mouse.down()
    page.mouse.move(left + 100, top + 522, steps=2)  # leftwards, and faster than the eye
    page.mouse.up()
    page.wait_for_function("() => faders[100] > 2 && !isNew && !isWaiting")
    faders = np.array(page.evaluate("() => faders"))
    assert np.all(np.diff(faders[100:401]) < 0)
    assert faders[100] > 2.5
    assert faders[400] < -2.5
    assert not faders[:100].any()
    assert not faders[401:].any()
    shown(page, address, DESK)


BEGINS_IN_THE_CORNER = """
  let state = 32;
  Math.random = () => (state = (state * 16807) % 2147483647) / 2147483647;
"""
"""Random numbers (Park and Miller, 1988) of a way that begins where the test points at, and does
not come there again: what is pointed at is never where one is, which would ask for nothing."""


def test_a_walk_keeps_its_length_and_its_way_can_be_gone_back(
    page: Page, elsewhere: str, address: str
) -> None:
    places = []
    page.on("request", lambda each: each.url.endswith("/query") and places.append(each.post_data))
    page.add_init_script(BEGINS_IN_THE_CORNER)
    page.goto(f"{elsewhere}/random-walk/")
    for _ in range(12):
        with page.expect_response("**/query"):
            pass
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.wait_for_timeout(200)
    shown(page, address)
    way = np.array([json.loads(each)["z"] for each in places])
    lengths = np.linalg.norm(way, axis=1) / np.sqrt(512)
    assert 0.8 < lengths.min() < lengths.max() < 1.2
    assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() < 0.3 * np.sqrt(512)
    with page.expect_response("**/query"):
        page.locator("#path").hover(position={"x": 5, "y": 5})
    shown(page, address)
    assert any(np.array_equal(json.loads(places[-1])["z"], each) for each in way[:-1])
