"""The studio in other languages: chosen, complete, numbers, plural forms, from right to left."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import Server, new_context
from browser.watching import hold_studio, wait_for_store

PLAIN = """
  () => {
    const LEFT = "code, pre, noscript, option, [lang=en], [translate=no], .address-list";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node; (node = walker.nextNode()); ) {
      const words = node.data.trim();
      const isPlain = /[A-Za-z]{3}/.test(words) && !/[áéíóúýçñšžÁÉÍÓÚÝÇÑŠŽ]/.test(words);
      if (isPlain && !node.parentElement.closest(LEFT)) found.push(words);
    }
    return found;
  }
"""
CUT = """
  () => [...document.querySelectorAll(".panel:not([hidden]) *, .bar *, .tabs *")]
    .filter((each) => each.checkVisibility())
    .filter((each) => !each.closest("pre, code, canvas, svg, .panel-map, .past"))
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([, box]) => box.width > 2 && (box.right > innerWidth + 1 || box.left < -1))
    .filter(([each]) => !each.closest(".tabs") || innerWidth > 719)
    .map(([each]) => each.outerHTML.slice(0, 120))
"""
NAMES = {"Taxiway", "Lantern", "px"}
"""What is called the same in every language."""


def show(context: BrowserContext, language: str | None) -> Page:
    if language is not None:
        context.add_init_script(f"localStorage.setItem('taxiway language', '{language}')")
    page = context.new_page()
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('picture') !== null")
    return page


@pytest.fixture
def german(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser whose reader prefers the German of Austria."""
    context = new_context(browser, server, locale="de-AT")
    yield context
    context.close()


def said(page: Page, script: str) -> Any:
    return page.evaluate(
        f"async () => {{ const w = await import('/studio/words.js'); return {script}; }}"
    )


def test_the_browsers_language_is_spoken_until_another_is_chosen(german: BrowserContext) -> None:
    page = show(german, None)
    expect(page.locator("html")).to_have_attribute("lang", "de-AT")
    expect(page.locator("#tab-controls")).to_have_text("Regler")
    expect(page.get_by_title("Vollbild")).to_be_visible()
    assert said(page, "w.t('{n} box | {n} boxes', { n: 1 })") == "1 Box"
    assert said(page, "w.t('{n} box | {n} boxes', { n: 0 })") == "0 Boxen"
    assert said(page, "w.number(0.5, 2)") == "0,50"
    with page.expect_navigation():
        page.locator(".tools .language").select_option("en")
    expect(page.locator("#tab-controls")).to_have_text("Controls")
    assert said(page, "w.t('{n} box | {n} boxes', { n: 1 })") == "1 box"


def test_a_decimal_comma_is_taken_in_an_english_browser(
    browser: Browser, context: BrowserContext
) -> None:
    page = show(context, "de")
    page.locator("#tab-controls").click()
    box = page.locator(".slider input[type=number]").first
    box.fill("")
    box.press_sequentially("0,5")
    box.press("Enter")
    expect(box).to_have_value("0.5")
    expect(page.locator("#figure-size")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_every_word_is_translated_and_has_room(
    context: BrowserContext, size: tuple[int, int]
) -> None:
    page = show(context, "en-XA")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for tab in ("controls", "presets", "movement", "network"):
        page.evaluate(f"document.getElementById('tab-{tab}').click()")
        expect(page.locator(f"#panel-{tab}")).to_be_visible()
        assert page.evaluate(CUT) == []
    assert set(page.evaluate(PLAIN)) <= NAMES


def test_from_right_to_left_only_what_has_a_direction_keeps_it(context: BrowserContext) -> None:
    page = show(context, "ar-XB")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    sign, tools = (page.locator(each).bounding_box() for each in (".sign", ".tools"))
    assert sign is not None
    assert tools is not None
    assert sign["x"] > tools["x"]
    assert page.evaluate(CUT) == []
    bank = page.locator(".mixer-bank")
    assert bank.evaluate("(each) => getComputedStyle(each).direction") == "ltr"
    page.locator("#tab-controls").click()
    page.locator("#tab-controls").press("ArrowDown")
    expect(page.locator("#tab-presets")).to_have_attribute("aria-selected", "true")
