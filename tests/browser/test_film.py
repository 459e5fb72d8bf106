"""The Film screen: a film is chosen, clicked at, followed and written, as a person does."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser.conftest import Server, new_context
from chromium import PATIENCE_MS
from taxiway.film.writer import Manner, write_film

COUNT = 6
JOB_MS = 4 * PATIENCE_MS
"""For what a job does, which begins with a process of its own."""
HOLD = """() => {
  const fetched = window.fetch;
  window.fetch = async (address, options) => {
    const answer = await fetched(address, options);
    const isFilm = options?.method === "GET" && /\\/films\\/[^/]+$/.test(String(address));
    if (isFilm && !window.release) await new Promise((go) => (window.release = go));
    return answer;
  };
}"""
"""Have the page wait for the next answer about a film until `release` is called."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a data folder of its own, and a model that cuts out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAXIWAY_DATA", str(tmp_path_factory.mktemp("data")))
        running = Server("reddish:Reddish")
    yield running
    running.stop()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The studio of a model that is asked, not played."""
    context = new_context(browser, server)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def test_a_film_is_cut_out_by_hand(page: Page, tmp_path: Path) -> None:
    draw(tmp_path / "square.mp4")
    page.click("#tab-film")
    panel = page.locator("#panel-film")
    message = panel.locator(".film-message")
    panel.locator("#film-file").set_input_files(tmp_path / "square.mp4")
    expect(message).to_have_text("Click at what you want of it, on any frame.", timeout=JOB_MS)
    expect(panel.locator("#film-follow")).to_be_disabled()
    box = panel.locator("canvas.film-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"]
    page.mouse.click(x, y)
    expect(message).to_contain_text("1 of 6 frames have their mask")
    canvas = panel.get_by_role("img", name="Frame 1 of 6, with its mask, 1 click", exact=True)
    expect(canvas).to_be_visible()
    page.mouse.click(box["x"] + 5, box["y"] + 5, button="right")
    take_back(page, panel, (x + 5, y))
    expect(canvas).to_be_visible()
    choose_the_model(panel)
    panel.locator("#film-follow").click()
    expect(message).to_contain_text("Every frame has its mask", timeout=JOB_MS)
    panel.locator("#film-frame").fill("5")
    expect(panel.get_by_role("img", name="Frame 6 of 6, with its mask")).to_be_visible()
    panel.get_by_role("button", name="Cut out").click()
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector(".film-canvas").getContext("2d");
            const [ground, square] = [[5, 5], [80, 60]]
                .map(([x, y]) => [...canvas.getImageData(x, y, 1, 1).data]);
            return ground.join() === "0,255,0,255" && square[0] > 150;
        }"""
    )
    panel.get_by_text("Write a film", exact=True).click()
    panel.get_by_role("button", name="Write it").click()
    expect(message).to_contain_text("'green.mp4' is written", timeout=JOB_MS)
    write_masks(page, panel)
    page.reload()
    page.click("#tab-film")
    expect(panel.get_by_role("button", name="square.mp4")).to_be_visible()
    expect(canvas).to_be_visible()


def take_back(page: Page, panel: Locator, place: tuple[float, float]) -> None:
    """Clear the frame and take that back, click once more and take back two clicks, the newest
    first, though that was one in it."""
    expect(panel.get_by_role("img", name="2 clicks")).to_be_visible()
    expect(panel.locator(".film-message")).not_to_have_text("Looks at it.")
    page.evaluate(HOLD)
    panel.get_by_role("button", name="Clear frame").click()
    expect(panel.get_by_role("img", name="clicks")).to_have_count(0)
    page.wait_for_function("() => window.release")
    panel.get_by_role("button", name="Take back").click()
    expect(panel.get_by_role("img", name="2 clicks")).to_be_visible()
    page.evaluate("() => window.release()")
    page.evaluate("() => new Promise((done) => setTimeout(done))")  # it has been heard now
    page.mouse.click(*place)
    expect(panel.get_by_role("img", name="3 clicks")).to_be_visible()
    panel.get_by_role("button", name="Take back").click()
    expect(panel.get_by_role("img", name="2 clicks")).to_be_visible()
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector(".film-canvas").getContext("2d");
            const [red, green] = canvas.getImageData(1, 2, 1, 1).data;
            return red > 2 * green;
        }"""
    )
    panel.get_by_role("button", name="Take back").click()


def write_masks(page: Page, panel: Locator) -> None:
    """Write the masks alone, and download them."""
    message = panel.locator(".film-message")
    panel.get_by_label("Form", exact=True).select_option("masks")
    panel.get_by_role("button", name="Write it").click()
    expect(message).to_contain_text("'masks.zip' is written", timeout=JOB_MS)
    with page.expect_download() as downloaded:
        panel.get_by_role("button", name="Download").nth(1).click()
    with ZipFile(downloaded.value.path()) as archive:
        assert archive.namelist() == [f"{index:05d}.png" for index in range(COUNT)]


def draw(path: Path) -> None:
    """A film of a red square that moves over blue."""
    frames = []
    for index in range(COUNT):
        frame = np.full((120, 160, 3), [20, 40, 160], np.uint8)
        frame[40:80, 40 + 4 * index : 80 + 4 * index] = [200, 30, 30]
        frames.append(frame)
    write_film(path, frames, COUNT, Manner(fps=10))


def choose_the_model(panel: Locator) -> None:
    """Have the model that runs cut out what was clicked, and follow it."""
    cutter = panel.get_by_label("What cuts it out")
    expect(cutter).to_have_value("")
    cutter.select_option("Lantern")
    expect(panel.locator(".film-message")).to_contain_text("1 of 6 frames have their mask")
    expect(cutter).to_be_enabled()
    expect(cutter).to_have_value("lantern")
