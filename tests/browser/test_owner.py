"""A player's page beside the owner's: what each may do, how a link makes an owner of a player."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import Server, new_context
from browser.watching import hold_studio, pixels, wait_for_other_picture, wait_for_store

FAR = {"X-Forwarded-For": "203.0.113.7"}
"""What a proxy says of somebody who is not at this machine."""


@pytest.fixture
def far(browser: Browser, server: Server) -> Iterator[Page]:
    """A page that somebody else has, before it is opened."""
    context = new_context(browser, server, extra_http_headers=FAR)
    context.set_default_timeout(40_000)  # each test loads the page anew, some twice
    yield context.new_page()
    context.close()


def opened(page: Page, mark: str = "") -> Page:
    page.goto(f"/{mark}")
    hold_studio(page)
    wait_for_store(page, "store.get('picture') !== null", 40)
    return page


def token(server: Server) -> str:
    """The owner's, as a page on this machine has it."""
    found = re.search(
        r'name="taxiway-owner" content="([^"]+)"', httpx.get(server.url, timeout=60).text
    )
    assert found is not None
    return found[1]


def test_a_players_page_plays_and_says_what_it_may_not(far: Page) -> None:
    page = opened(far)
    before = pixels(page)
    page.evaluate("() => studio.session.goToSeed(7)")
    wait_for_other_picture(page, before)
    assert page.locator("meta[name=taxiway-owner]").get_attribute("content") == ""
    for panel in ("outputs", "train", "jobs"):
        page.click(f"#tab-{panel}")
        expect(page.locator(f"#panel-{panel}")).to_contain_text("taxiway run --owner-link")
        expect(page.locator(f"#panel-{panel} button")).to_have_count(0)
    page.click("#models")
    menu = page.get_by_role("dialog", name="Models")
    expect(menu).to_contain_text("taxiway run --owner-link")
    assert menu.get_by_role("button").all_inner_texts() == ["All models"]  # to look at
    expect(page.locator("#power").first).to_be_disabled()


def test_by_the_owners_link_it_is_the_owners(far: Page, server: Server) -> None:
    page = opened(far, f"#owner={token(server)}")
    assert page.evaluate("() => location.href") == server.url
    for again in (False, True):
        if again:
            page.reload()
            hold_studio(page)
            wait_for_store(page, "store.get('picture') !== null", 40)
        page.click("#tab-jobs")
        expect(page.get_by_role("button", name="New job")).to_be_visible()
        expect(page.locator("#power").first).to_be_enabled()


def test_a_link_in_a_page_that_is_open_makes_it_the_owners(far: Page, server: Server) -> None:
    page = opened(far)
    page.evaluate("(mark) => { location.hash = mark; }", f"owner={token(server)}")
    page.click("#tab-jobs")
    expect(page.get_by_role("button", name="New job")).to_be_visible()


def test_with_the_link_of_an_earlier_start_it_plays(far: Page) -> None:
    far.goto("/#owner=of-an-earlier-start")
    expect(far.locator("#panel-jobs")).to_contain_text("taxiway run --owner-link")
    hold_studio(far)
    wait_for_store(far, "store.get('picture') !== null", 40)
