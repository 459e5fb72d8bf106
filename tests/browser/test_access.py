"""The page for people who see little, see other colours, enlarge it, or must see no flashes."""

import pytest
from playwright.sync_api import Page

from browser.access import serious
from browser.test_states import PAINT

WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}
TWICE = (720, 450)
"""What a browser at 200 % makes of 1440 x 900."""


@pytest.mark.parametrize(
    "size",
    [pytest.param(WIDTHS["wide"], marks=pytest.mark.slow), WIDTHS["phone"]],
    ids=list(WIDTHS),
)
def test_axe_finds_nothing_serious_on_any_panel(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = {"around": serious(page, {"exclude": ["[role=tabpanel]"]})}
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            found[tab.inner_text()] = serious(page, f"#{tab.get_attribute('aria-controls')}")
    page.click("#models")
    page.get_by_role("dialog", name="Models").get_by_text("Running").first.wait_for()
    found["models"] = serious(page, "dialog")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 7


def test_everything_fits_at_200_per_cent(page: Page) -> None:
    page.set_viewport_size({"width": TWICE[0], "height": TWICE[1]})
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            assert page.evaluate(
                """() => [...document.querySelectorAll("main > *, .bar, .bar > *")]
                    .filter((element) => element.offsetParent)
                    .map((element) => element.getBoundingClientRect())
                    .every(({ left, right, bottom }) =>
                      left >= 0 && right <= innerWidth + 0.5 && bottom <= innerHeight + 0.5)"""
            ), tab.inner_text()


def test_with_forced_colours_sliders_switches_and_choices_are_seen(page: Page) -> None:
    """A slider is drawn: where it stands the page is not of one colour."""
    page.emulate_media(forced_colors="active")
    try:
        for name in ("#input-truncation", "#similarity", "#input-mirrored"):
            element = page.locator(name)
            element.scroll_into_view_if_needed()
            assert element.evaluate("(element) => getComputedStyle(element).appearance") == "auto"
        outlines = page.locator("[aria-selected=true], [aria-pressed=true]").evaluate_all(
            """(chosen) => chosen.filter((element) => element.offsetParent)
                .map((element) => getComputedStyle(element).outlineStyle)"""
        )
        assert outlines
        assert set(outlines) == {"solid"}
    finally:
        page.emulate_media(forced_colors="none")


FLASH = (
    "async () => {"
    + PAINT
    + """
      studio.connection.sendBinary = () => {};
      const payloads = [await paint("#ffffff", 64), await paint("#000000", 64)];
      const shown = [];
      const seen = () => shown.push([performance.now(), colour()[0] > 128]);
      studio.store.addEventListener("picture", seen);
      const began = performance.now();
      for (let number = 0; performance.now() - began < 2200; number++) {
        show(3e6 + number, payloads[number % 2]);
        await new Promise((done) => setTimeout(done, 40));
      }
      show(4e6, payloads[0]);
      await new Promise((done) => setTimeout(done, 1300));
      studio.store.removeEventListener("picture", seen);
      const changes = shown.filter(([, light], k) => k && light !== shown[k - 1][1]);
      const most = Math.max(...changes.map(([time]) =>
        changes.filter(([other]) => other >= time && other < time + 990).length));
      return { most, last: colour()[0] > 128 };
    }"""
)


def test_no_more_than_three_large_changes_of_brightness_a_second_are_shown(page: Page) -> None:
    """Twenty-five flashes a second come in; the newest picture is shown in the end all the same."""
    seen = page.evaluate(FLASH)
    assert 1 <= seen["most"] <= 3
    assert seen["last"]
    page.locator("#flash-guard").uncheck()
    assert page.evaluate(FLASH.replace("3e6", "5e6").replace("4e6", "6e6"))["most"] > 3
