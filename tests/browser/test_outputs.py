"""The Outputs panel: every sink and source with its form, its state and its trouble."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from browser.conftest import Server, new_context, show_studio
from browser.watching import hold_studio, wait_for_store
from taxiway.core.images import encode_png, to_data_uri


@pytest.fixture
def panel(page: Page) -> Locator:
    page.click("#tab-outputs")
    panel = page.locator("#panel-outputs")
    panel.locator("#outputs-folder").wait_for()
    show_settings(panel)
    return panel


def show_settings(panel: Locator) -> None:
    for summary in panel.locator("details > summary").all():
        if summary.is_visible() and summary.locator("..").get_attribute("open") is None:
            summary.click()


@pytest.fixture(scope="module")
def form_page(browser: Browser) -> Iterator[Page]:
    """The studio of a model that takes a picture."""
    server = Server("everything:Everything")
    context = new_context(browser, server)
    page = context.new_page()
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('state').name === 'running'")
    yield page
    context.close()
    server.stop()


def test_pictures_are_written_into_a_folder(page: Page, panel: Locator, tmp_path: Path) -> None:
    folder = panel.locator("#outputs-folder")
    expect(folder).to_have_attribute("data-way", "off")
    page.fill("#outputs-folder-path", str(tmp_path / "out"))
    page.fill("#outputs-folder-limit", "3")
    page.locator("#outputs-folder-limit").blur()
    folder.get_by_label("Start Folder").click()
    expect(folder).to_have_attribute("data-way", "on")
    expect(folder.locator("code")).to_have_text(str(tmp_path / "out"))
    for _ in range(3):
        page.keyboard.press("r")
        page.wait_for_timeout(150)
    expect(folder).to_have_attribute("data-way", "off")
    expect(folder).to_contain_text(f"3 pictures are in {tmp_path / 'out'}.")
    assert sorted(os.listdir(tmp_path / "out")) == [f"frame00000{k}.png" for k in (1, 2, 3)]


def test_a_sink_that_fails_says_so_until_it_is_mended(
    page: Page, panel: Locator, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    folder = panel.locator("#outputs-folder")
    page.fill("#outputs-folder-path", str(tmp_path / "file"))
    page.fill("#outputs-folder-limit", "")
    page.locator("#outputs-folder-limit").blur()
    folder.get_by_label("Start Folder").click()
    expect(folder).to_have_attribute("data-way", "failed")
    expect(folder.get_by_role("alert")).to_have_text(f"File exists: {tmp_path / 'file'}.")
    page.wait_for_timeout(1500)
    expect(folder.get_by_role("alert")).to_be_visible()
    page.fill("#outputs-folder-path", str(tmp_path / "out"))
    folder.get_by_label("Start Folder").click()
    expect(folder).to_have_attribute("data-way", "on")
    expect(folder.get_by_role("alert")).to_be_hidden()
    folder.get_by_label("Stop Folder").click()
    expect(folder).to_have_attribute("data-way", "off")


def test_what_is_refused_is_said_until_the_next_try(page: Page, panel: Locator) -> None:
    folder = panel.locator("#outputs-folder")
    page.fill("#outputs-folder-path", " ")
    folder.get_by_label("Start Folder").click()
    expect(folder.get_by_role("alert")).to_have_text("'path' takes a folder, got nothing.")


def test_the_stream_is_an_image_of_any_page(
    page: Page, panel: Locator, server: Server, browser: Browser
) -> None:
    address = panel.locator("#outputs-mjpeg code")
    expect(address).to_have_text(f"{server.url}stream.mjpg")
    other = browser.new_context().new_page()
    other.set_content(f'<img src="{address.inner_text()}">')
    other.wait_for_function("() => document.querySelector('img').naturalWidth === 64")
    expect(panel.locator("#outputs-mjpeg")).to_contain_text("1 receiver")
    other.context.close()
    expect(panel.locator("#outputs-mjpeg")).to_contain_text("0 receivers")
    picture = Image.open(io.BytesIO(httpx.get(f"{server.url}frame.jpg", timeout=60).content))
    assert picture.size == (64, 64)


def test_a_test_picture_is_sent(page: Page, panel: Locator, tmp_path: Path) -> None:
    folder = panel.locator("#outputs-folder")
    page.fill("#outputs-folder-path", str(tmp_path))
    page.fill("#outputs-folder-limit", "4")
    page.locator("#outputs-folder-limit").blur()
    folder.get_by_label("Start Folder").click()
    folder.get_by_label("Send a test picture to Folder").click()
    expect(folder).to_contain_text(f"4 pictures are in {tmp_path}.")
    yellow = Image.open(tmp_path / "frame000004.png").convert("RGB").getpixel((11, 50))
    assert yellow == (255, 255, 0)


def test_the_page_of_the_picture_is_named_for_other_programs(
    panel: Locator, server: Server
) -> None:
    expect(panel.locator("#outputs-page code")).to_have_text(f"{server.url}output")
    expect(panel.locator("#outputs-page .way-figures")).to_contain_text("0 receivers")
    with panel.page.expect_popup() as opened:
        panel.get_by_label("Open the page of the picture").click()
    bare = opened.value
    assert bare.url.startswith(f"{server.url}output?")
    expect(panel.locator("#outputs-page .way-figures")).to_contain_text("1 receiver")
    panel.get_by_label("Send a test picture to Page").click()
    bars = bare.get_by_label("Colour bars")
    expect(bars).to_be_visible()
    expect(bars).to_be_hidden(timeout=30_000)  # after five seconds
    bare.close()
    expect(panel.locator("#outputs-page .way-figures")).to_contain_text("0 receivers")


def test_a_stream_within_the_server_follows_the_hand(page: Page, server: Server) -> None:
    """The same, on a page whose pixels may be read."""
    stream = page.context.new_page()
    stream.goto(f"{server.url}healthz")
    stream.evaluate("document.body.innerHTML = '<img src=/stream.mjpg>'")
    stream.wait_for_function("() => document.querySelector('img').naturalWidth === 64")
    shown = """() => {
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d");
      context.drawImage(document.querySelector("img"), 0, 0, 8, 8);
      return Array.from(context.getImageData(0, 0, 8, 8).data).join();
    }"""
    before = stream.evaluate(shown)
    page.keyboard.press("r")
    stream.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    stream.close()


def test_a_folder_of_pictures_plays_a_model(form_page: Page, tmp_path: Path) -> None:
    for level in (20, 220):
        picture = encode_png(np.full((6, 8, 3), level, np.uint8))
        (tmp_path / f"{level}.png").write_bytes(picture)
    form_page.click("#tab-outputs")
    frames = form_page.locator("#sources-frames")
    frames.wait_for()
    show_settings(frames)
    form_page.fill("#sources-frames-path", str(tmp_path))
    frames.get_by_label("Start Frames").click()
    expect(frames).to_have_attribute("data-way", "on")
    expect(frames).to_contain_text("given")
    frames.get_by_label("Stop Frames").click()
    expect(frames).to_have_attribute("data-way", "off")


def test_the_page_of_the_picture_shows_what_a_form_was_answered(form_page: Page) -> None:
    bare = form_page.context.new_page()
    bare.goto("/output")
    photo = to_data_uri(np.full((6, 8, 3), (250, 0, 0), np.uint8), "PNG")
    places = {"point": [0.5, 0.5], "box": [0, 0, 1, 1], "face": [[0, 0], [0, 1], [1, 1]]}
    others = {"layout": photo, "code": [0] * 128, "words": [], **places}
    httpx.post(
        f"{form_page.url}query", json={"photo": photo, **others}, timeout=60
    ).raise_for_status()
    bare.wait_for_function("() => document.querySelector('canvas').width === 8")
    middle = Image.open(io.BytesIO(bare.screenshot())).getpixel((640, 400))
    assert middle[0] > 200 > 50 > middle[1]
    bare.close()


def test_a_model_without_pictures_says_so(page: Page, panel: Locator, tmp_path: Path) -> None:
    page.fill("#sources-frames-path", str(tmp_path))
    frames = panel.locator("#sources-frames")
    frames.get_by_label("Start Frames").click()
    expect(frames.get_by_role("alert")).to_have_text(
        "'frames' gives pictures, and 'lantern' takes none."
    )


def test_it_is_reached_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    show_studio(page)
    page.click("#tab-outputs")
    page.locator("#outputs-mjpeg").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
