"""Movement on the page: a modulator's second mark, the walk by key, and one stop for all."""

from playwright.sync_api import Page, expect

from browser.watching import stored, wait_for_store


def test_a_modulator_shows_its_mark_and_escape_stops_all(page: Page) -> None:
    page.click("#tab-movement")
    page.click("#modulator-add")
    page.get_by_label("Let it move").select_option("truncation")
    wait_for_store(page, "'truncation' in store.get('modulated')")
    page.locator("#modulator-1-seconds").fill("2")
    wait_for_store(page, "store.get('movement').modulators[0].settings.seconds === 2")
    page.select_option("#modulator-1-kind", "noise")
    wait_for_store(page, "store.get('movement').modulators[0].kind === 'noise'")
    expect(page.locator(".modulator summary")).to_have_text("1 Noise: Truncation")
    page.click("#tab-controls")
    mark = page.locator(".line", has=page.locator("#input-truncation")).locator(".slider-mark")
    expect(mark).to_be_visible()
    assert "truncation" not in stored(page, "values")
    page.click("#picture-canvas")
    page.keyboard.press("Space")
    wait_for_store(page, "store.get('walk')")
    expect(page.locator("#tool-play")).to_have_attribute("aria-pressed", "true")
    output = page.context.new_page()
    output.goto("/output")
    for press, begin in (
        (page.locator("#input-truncation").press, False),
        (page.locator(".models > button").press, True),
        (output.locator("body").press, True),
    ):
        if begin:
            page.click("#tool-play")
            wait_for_store(page, "store.get('walk')")
        press("Escape")
        wait_for_store(page, "!store.get('walk')")
    output.close()
    expect(mark).to_be_hidden()
    # One that closes a dialog does no more.
    page.click("#tool-play")
    wait_for_store(page, "store.get('walk')")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys")).to_be_hidden()
    wait_for_store(page, "store.get('walk')")
    page.keyboard.press("Escape")
    wait_for_store(page, "!store.get('walk')")
    page.click("#tab-movement")
    expect(page.locator("#movement-stop")).to_be_disabled()
    page.locator(".modulator").get_by_role("button", name="Remove").click()
    expect(page.locator(".modulator")).to_have_count(0)
