"""Presets and history on the page: by key and press, undone, and back after a reload."""

from playwright.sync_api import Page, expect

from browser.watching import hold_studio, vector, wait_for_store


def test_presets_and_history_lead_back_and_outlive_a_reload(page: Page) -> None:
    page.click("#tab-presets")
    page.keyboard.press("r")
    first = vector(page)
    page.keyboard.press("Shift+Digit2")
    tile = page.get_by_role("button", name="Preset 2", exact=True)
    expect(tile.locator("img")).to_be_visible()
    wait_for_store(page, "store.get('presets').history.length > 0")
    page.keyboard.press("r")
    second = vector(page)
    page.keyboard.press("Digit2")
    wait_for_store(page, f"store.get('vector')[3] === Math.fround({first[3]!r})")
    assert vector(page) == first
    page.keyboard.press("Control+z")
    assert vector(page) == second
    page.get_by_role("button", name="Store").click()
    page.get_by_role("button", name="Preset 7 is empty").click()
    expect(page.get_by_role("button", name="Preset 7", exact=True)).to_be_visible()
    page.get_by_role("button", name="Name", exact=True).click()
    page.get_by_role("button", name="Preset 7", exact=True).click()
    page.get_by_label("Name of preset 7").fill("dusk")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Preset 7: dusk")).to_have_text("7 dusk")
    page.select_option("#fade-curve", "even")
    wait_for_store(page, "store.get('presets').curve === 'even'")
    page.reload()
    hold_studio(page)
    wait_for_store(page, "store.get('presets').presets.length === 2")
    wait_for_store(page, "store.get('state').name === 'running'")
    page.click("#tab-presets")
    before = vector(page)
    page.get_by_role("button", name="Back to this picture").last.click()
    wait_for_store(page, f"store.get('vector')[3] !== Math.fround({before[3]!r})")
    for name in ("Preset 2", "Preset 7: dusk"):
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name=name, exact=True).click()
    wait_for_store(page, "store.get('presets').presets.length === 0")
    expect(page.get_by_role("button", name="Preset 2 is empty")).to_be_visible()


def make_timeline(page: Page) -> list[float]:
    """Two keys; the vector of the second."""
    page.click("#tab-presets")
    page.locator(".panel-presets summary", has_text="Timeline").click()
    for number in (1, 2):
        page.keyboard.press("r")
        page.get_by_role("button", name="Add what is seen").click()
        wait_for_store(page, f"store.get('presets').timeline.keys.length === {number}")
    return vector(page)


def take_away(page: Page) -> None:
    """Both keys."""
    for left in (1, 0):
        page.get_by_label("Take key 1 away").click()
        expect(page.locator(".timeline-keys li")).to_have_count(left)


def test_keys_of_a_timeline_are_scrubbed_shown_timed_and_moved(page: Page) -> None:
    last = make_timeline(page)
    begins = page.locator(".timeline-keys li").first
    expect(begins).to_contain_text("It begins here")
    page.get_by_label("Seconds of the timeline").fill("0")
    wait_for_store(page, f"store.get('vector')[3] !== Math.fround({last[3]!r})")
    page.get_by_role("button", name="Show key 2").click()
    wait_for_store(page, f"store.get('vector')[3] === Math.fround({last[3]!r})")
    seconds = page.get_by_label("Seconds to key 2")
    seconds.fill("0")
    seconds.press("Enter")
    expect(seconds).to_have_value("0.05")
    wait_for_store(page, "store.get('presets').timeline.seconds === 0.05")
    seconds.fill("60")
    seconds.press("Enter")
    wait_for_store(page, "store.get('presets').timeline.seconds === 60")
    expect(seconds).to_be_focused()
    page.get_by_role("button", name="Key 2 earlier").click()
    expect(page.get_by_label("Seconds to key 2")).to_have_value("4")
    page.get_by_role("button", name="Key 2 earlier").click()
    expect(page.get_by_label("Seconds to key 2")).to_have_value("60")
    take_away(page)


def test_a_timeline_is_made_of_what_is_seen_recorded_and_filmed(page: Page) -> None:
    make_timeline(page)
    page.get_by_label("Seconds to key 2").fill("600")
    page.keyboard.press("Enter")
    wait_for_store(page, "store.get('presets').timeline.seconds === 600")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_store(page, "store.get('presets').timeline.plays")
    page.wait_for_function("() => document.querySelector('.timeline-head input').value > 0.2")
    page.evaluate("() => studio.session.setValue('truncation', 0.5)")
    page.wait_for_function("() => studio.store.get('values').truncation === 0.5")
    # It is recorded from its next tick on; three pictures may be on their way from before.
    page.evaluate(
        """() => new Promise((done) => {
            let seen = 0;
            studio.store.follow(["picture"], () => ++seen === 8 && done());
        })"""
    )
    page.get_by_role("button", name="Stop", exact=True).last.click()
    expect(page.locator(".timeline-tracks li")).to_have_count(1)
    page.get_by_label("Frames a second").fill("25")
    page.get_by_role("button", name="Film it").click()
    expect(page.locator("#form-of-job-replay")).to_contain_text("timeline.jsonl")
    expect(page.locator("#job-replay-fps")).to_have_value("25")
    page.reload()
    hold_studio(page)
    page.click("#tab-presets")
    page.locator(".panel-presets summary", has_text="Timeline").click()
    expect(page.locator(".timeline-keys li")).to_have_count(2)
    page.get_by_label("Take away what was recorded of truncation").click()
    expect(page.locator(".timeline-tracks li")).to_have_count(0)
    page.get_by_role("button", name="Record").click()
    take_away(page)
