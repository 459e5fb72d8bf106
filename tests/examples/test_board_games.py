"""Generative Board Games: one page, two hosted models."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from chromium import PATIENCE_MS, Door, within
from hosting.process import hosting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BEGINNINGS = [
    "The aim of the game is to",
    "Each player takes",
    "On your turn",
    "The game ends when",
]


@pytest.fixture
def page(
    chrome: Browser, playwright: Playwright, doors: Mapping[str, Door], tmp_path: Path
) -> Iterator[Page]:
    with hosting(tmp_path) as host:
        writer = ("--model", "writer", "--command", "generate_batch")
        host.host("create", "covers", "--model", "painter", "--public")
        host.host("create", "rules", *writer, "--public")
        host.serve()
        doors["localhost:8080"].target = int(host.url.rpartition(":")[2])
        with within(playwright):
            context = chrome.new_context()
            context.set_default_timeout(PATIENCE_MS)
            yield context.new_page()
            context.close()


def test_a_game_has_a_cover_a_name_and_rules_and_its_number_is_the_game(
    page: Page, elsewhere: str
) -> None:
    games = []
    for number in (22, 7, 22):
        page.goto("about:blank")
        page.goto(f"{elsewhere}/board-games/#{number}")
        expect(page.get_by_role("button", name="Another game")).to_be_enabled()
        expect(page.locator("h1")).not_to_be_empty()
        expect(page.locator("output")).to_have_text("")
        cover = page.get_by_alt_text("the cover").get_attribute("src")
        games.append([page.locator("h1").inner_text(), *page.locator("p").all_inner_texts(), cover])
    assert games[0] == games[2]
    assert all(one != other for one, other in zip(games[0], games[1], strict=True))
    for rule, beginning in zip(games[0][1:5], BEGINNINGS, strict=True):
        assert rule is not None
        assert rule.startswith(beginning)
        assert rule[-1] in ".!?"
    page.route("**/v1/query", lambda route: route.abort())
    page.get_by_role("button", name="Another game").click()
    expect(page.locator("output")).to_contain_text("Is taxiway host serve running?")
