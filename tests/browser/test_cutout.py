"""Cutting out by hand: nothing is said at first, clicks say it, and each is taken back."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures
from playwright.sync_api import Browser, Locator, Page, Position, expect

from browser.conftest import Server, new_context
from browser.watching import hold_studio, stored, wait_for_store
from taxiway.core.images import encode_png, from_data_uri


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server("cutout")
    yield running
    running.stop()


def test_clicks_and_a_box_say_what_to_cut_out(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
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
    look_at_the_mask(page, tmp_path)
    page.locator("[data-input=include]").get_by_role("button", name="Clear").click()
    assert stored(page, "form")["include"] == []
    context.close()


def look_at_the_mask(page: Page, folder: Path) -> None:
    """It lies over the picture that was sent, can be hidden, seen alone and saved."""
    view = page.locator("#output-mask")
    canvas, entry = view.locator("canvas"), view.locator(".mask-legend button")
    expect(entry).to_contain_text(re.compile(r"In it(8|9)\.\d %"))
    assert pixel(canvas, 10, 5)[:3] == [20, 40, 160]
    red, green, blue, _ = pixel(canvas, 20, 30)
    assert red > 200
    assert blue > 45
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "false")
    assert pixel(canvas, 20, 30)[:3] == [200, 30, 30]
    entry.click()
    with page.expect_download() as seen:
        view.get_by_role("button", name="Save").click()
    seen.value.save_as(folder / "seen.png")
    assert np.asarray(opened(folder / "seen.png"))[30, 20, :3].tolist() == [red, green, blue]
    view.get_by_role("button", name="Alone").click()
    with page.expect_download() as alone:
        view.get_by_role("button", name="Save").click()
    alone.value.save_as(folder / "mask.png")
    assert opened(folder / "mask.png").mode == "L"


def opened(path: Path) -> Pictures.Image:
    """A picture that was saved."""
    with Pictures.open(path) as picture:
        return picture.copy()


def pixel(canvas: Locator, x: int, y: int) -> list[int]:
    """What a canvas shows at a place."""
    look = "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data]"
    found: list[int] = canvas.evaluate(look, [x, y])
    return found


def place(canvas: Locator, x: float) -> Position:
    """A place half way down a canvas, as Playwright clicks at it."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return {"x": x * box["width"], "y": 0.5 * box["height"]}
