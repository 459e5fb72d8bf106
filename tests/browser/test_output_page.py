"""The page with the picture and nothing else, at several sizes, through keys and restarts."""

import base64
import io
import re
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import Server, new_context, open_studio

SHOWN = "() => document.querySelector('canvas').width > 1"
DATA = "document.querySelector('canvas').toDataURL()"
WINDOWS = [(400, 150), (120, 300), (64, 64), (1280, 720)]


@pytest.fixture(scope="module")
def output(browser: Browser, server: Server) -> Iterator[Page]:
    context = new_context(browser, server)
    yield context.new_page()
    context.close()


def show(page: Page, query: str = "") -> None:
    page.goto(f"/output{query}")
    page.wait_for_function(SHOWN)


def seen(page: Page) -> Image.Image:
    """What another program gets of the page: uint8 RGBA, clear where nothing is drawn."""
    return Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA")


def drawn(page: Page) -> Image.Image:
    """The picture itself."""
    data: str = page.evaluate(DATA)
    return Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGBA")


def expected(picture: Image.Image, view: str, size: tuple[int, int]) -> Image.Image:
    if view == "fill":
        return picture.resize(size)
    if view == "crop":
        return ImageOps.fit(picture, size)
    return ImageOps.pad(picture, size, color=(0, 0, 0, 0))


@pytest.mark.parametrize("view", ["fit", "crop", "fill"])
def test_the_picture_lies_as_asked_on_a_clear_ground(output: Page, view: str) -> None:
    show(output, f"?view={view}")
    for width, height in WINDOWS:
        output.set_viewport_size({"width": width, "height": height})
        found = np.asarray(seen(output), np.int16)
        wanted = np.asarray(expected(drawn(output), view, (width, height)), np.int16)
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).mean() < 3
        assert (found[0, 0, 3] == 0) == (view == "fit" and width != height)


def test_keys_change_what_the_address_says(output: Page) -> None:
    show(output, "?ground=black")
    canvas = output.locator("canvas")
    for key, view in (("2", "crop"), ("3", "fill"), ("1", "fit"), ("2", "crop")):
        output.keyboard.press(key)
        expect(canvas).to_have_class(view)
    output.keyboard.press("m")
    expect(canvas).to_have_class("crop mirror")
    output.reload()
    expect(canvas).to_have_class("crop mirror")
    output.wait_for_function(SHOWN)
    assert np.asarray(seen(output))[:, :, :3].any()
    output.keyboard.press("b")
    assert not np.asarray(seen(output))[:, :, :3].any()
    assert np.asarray(seen(output))[:, :, 3].all()
    output.keyboard.press("b")
    assert np.asarray(seen(output))[:, :, :3].any()
    output.keyboard.press("f")
    output.wait_for_function("() => document.fullscreenElement === document.documentElement")
    output.keyboard.press("f")
    output.wait_for_function("() => document.fullscreenElement === null")


def test_it_has_nothing_of_the_owners_and_keeps_the_screen_lit(context: BrowserContext) -> None:
    context.add_init_script("""
      globalThis.lit = 0;
      navigator.wakeLock.request = async () => globalThis.lit++;
      sessionStorage.setItem("taxiway-owner", "not-a-token");
    """)
    page = context.new_page()
    with page.expect_websocket() as opened:
        show(page, "?view=nonsense&ground=nonsense")
    page.wait_for_function("() => lit === 1")
    assert opened.value.url.endswith("/studio/socket")
    assert "taxiway-owner" not in page.content()
    expect(page.locator("canvas")).to_have_class("fit")


def test_the_studio_opens_it_and_plays_it_in_one_window(context: BrowserContext) -> None:
    studio = open_studio(context)
    with studio.expect_popup() as opened:
        studio.keyboard.press("o")
    popup = opened.value
    popup.wait_for_function(SHOWN)
    expect(popup).to_have_title("Lantern")
    before = popup.evaluate(DATA)
    studio.keyboard.press("r")
    popup.wait_for_function(f"(before) => {DATA} !== before", arg=before)
    with popup.expect_event("domcontentloaded"):
        studio.click("#tool-window")


def test_a_blackout_of_the_studio_is_for_the_output(context: BrowserContext) -> None:
    studio = open_studio(context)
    bare = context.new_page()
    show(bare, "?view=fill")
    assert np.asarray(seen(bare))[:, :, :3].any()
    studio.bring_to_front()
    studio.keyboard.press("b")
    studio.get_by_text("The outputs are black.").wait_for()
    expect(studio.locator("#tool-dark")).to_have_attribute("aria-pressed", "true")
    bare.locator("html.blackout").wait_for()
    assert not np.asarray(seen(bare))[:, :, :3].any()
    later = context.new_page()
    later.goto("/output")
    later.locator("html.blackout").wait_for()
    studio.bring_to_front()
    studio.get_by_role("button", name="Show them").click()
    studio.get_by_text("The outputs are black.").wait_for(state="hidden")
    bare.locator("html:not(.blackout)").wait_for()
    assert np.asarray(seen(bare))[:, :, :3].any()


def test_what_is_clear_stays_clear_and_a_restart_is_survived(browser: Browser) -> None:
    server = Server("lantern:Glass")
    context = new_context(browser, server)
    page = context.new_page()
    try:
        page.set_viewport_size({"width": 64, "height": 64})
        show(page, "?view=fill")
        opacity = np.asarray(seen(page))[:, :, 3]
        assert not opacity[:, :28].any()
        assert opacity[:, 36:].all()
        before = page.evaluate(DATA)
        with page.expect_event("websocket", timeout=60_000) as again:
            server.stop()
            assert page.evaluate(DATA) == before
            server.start()
        again.value.wait_for_event("framereceived")
        httpx.post(f"{server.url}query", json={"seed": 7}, timeout=60)
        page.wait_for_function(f"(before) => {DATA} !== before", arg=before)
    finally:
        context.close()
        server.stop()


def test_a_test_picture_lies_where_the_picture_does(output: Page) -> None:
    show(output, "?view=fill")
    output.set_viewport_size({"width": 320, "height": 160})
    output.keyboard.press("t")
    bars = output.get_by_label("Colour bars")
    expect(bars).to_be_visible()
    expect(output).to_have_url(re.compile("test=1"))
    assert bars.evaluate("bars => bars.width === document.querySelector('canvas').width")
    found = seen(output)
    assert [found.getpixel((x, 40)) for x in (60, 220)] == [(255, 255, 0, 255), (255, 0, 0, 255)]
    output.keyboard.press("m")
    assert seen(output).getpixel((260, 40)) == (255, 255, 0, 255)
    output.keyboard.press("t")
    expect(bars).to_be_hidden()
    expect(output.get_by_label("The generated picture")).to_be_visible()
