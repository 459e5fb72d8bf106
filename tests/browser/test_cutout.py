"""Cutting out by hand: nothing is said at first, clicks say it, and each is taken back."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Position, expect

from browser.conftest import Server, new_context
from browser.watching import hold_studio, stored, wait_for_store
from taxiway.core.images import encode_png, from_data_uri


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server("cutout")
    yield running
    running.stop()


def test_clicks_and_a_box_say_what_to_cut_out(browser: Browser, server: Server) -> None:
    photo = np.full((60, 80, 3), [20, 40, 160], np.uint8)
    photo[20:40, 10:30] = photo[20:40, 50:70] = [200, 30, 30]
    context = new_context(browser, server)
    page = context.new_page()
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('state').name === 'running'")
    with page.expect_file_chooser() as chooser:
        page.click("#input-image")
    file = {"name": "p.png", "mimeType": "image/png", "buffer": encode_png(photo)}
    chooser.value.set_files(file)  # type: ignore[arg-type]
    canvas = page.locator("[data-input=include] canvas")
    expect(canvas).to_have_js_property("width", 80)
    form = stored(page, "form")
    assert (form["box"], form["include"], form["exclude"]) == (None, [], [])
    for x in (0.25, 0.75):
        canvas.click(position=place(canvas, x))
    assert len(stored(page, "form")["include"]) == 2
    canvas.click(position=place(canvas, 0.75))
    [point] = stored(page, "form")["include"]
    np.testing.assert_allclose(point, [0.25, 0.5], atol=0.02)
    exclude = page.locator("[data-input=exclude] canvas")
    exclude.click(position=place(exclude, 0.75))
    page.click("#run")
    wait_for_store(page, "'mask' in store.get('outputs')")
    mask = np.asarray(from_data_uri(stored(page, "outputs")["mask"], "mask"))
    assert mask[30, 20] > 200
    assert mask[30, 60] < 50
    page.locator("[data-input=include]").get_by_role("button", name="Clear").click()
    assert stored(page, "form")["include"] == []
    context.close()


def place(canvas: Locator, x: float) -> Position:
    """A place half way down a canvas, as Playwright clicks at it."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return {"x": x * box["width"], "y": 0.5 * box["height"]}
