"""The camera's page and the photo booth, with Chromium's fake camera and `lineart`."""

import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from chromium import PATIENCE_MS, Door, within
from examples.conftest import running
from examples.pictures import SAME, answered, decoded, difference

pytestmark = pytest.mark.browser

MM = 72 / 25.4
"""Points of a PDF."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running("lineart") as at:
        yield at


@pytest.fixture
def page(
    chrome: Browser, playwright: Playwright, doors: Mapping[str, Door], address: str
) -> Iterator[Page]:
    doors["localhost:8000"].target = int(address.rpartition(":")[2])
    with within(playwright):
        context = chrome.new_context(permissions=["camera"])
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()
        context.close()


def test_what_the_camera_sees_is_drawn_by_the_model(
    page: Page, elsewhere: str, address: str
) -> None:
    page.goto(f"{elsewhere}/camera/")
    expect(page.locator("output")).to_contain_text("pictures a second")
    page.route("**/query", lambda route: route.abort())
    expect(page.locator("output")).to_contain_text("fetch")
    drawn = decoded(page.evaluate("() => document.querySelectorAll('canvas')[1].toDataURL()"))
    assert difference(drawn, answered(address)) < SAME
    page.route("**/info", lambda route: route.fulfill(json={"inputs": [], "outputs": []}))
    page.reload()
    expect(page.locator("output")).to_contain_text("Try: taxiway run lineart")


def test_the_booth_fills_a_sheet_as_its_printer_takes_it(page: Page, elsewhere: str) -> None:
    page.goto(f"{elsewhere}/photo-booth/?countdown=0")
    page.wait_for_function("() => document.querySelector('video').readyState > 2")
    page.get_by_role("button", name="Four pictures").click()
    expect(page.get_by_role("button", name="Print")).to_be_enabled()
    sources = [each.get_attribute("src") or "" for each in page.locator("#sheet img").all()]
    assert len(sources) == 8
    assert sources[:4] == sources[4:]
    assert all(each.startswith("data:image/") for each in sources)
    sheet = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", sheet)
    assert box is not None
    assert [round(float(each) / MM) for each in box.groups()] == [100, 150]
