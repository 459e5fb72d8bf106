"""An answer in parts on the page: it grows, a bar says how far it is, and it can be stopped."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import VIEWPORT, Server
from browser.poet import LINE
from browser.watching import hold_studio, wait_for_store


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server("poet:Poet")
    yield running
    running.stop()


@pytest.fixture
def form(window: Page) -> Page:
    window.set_viewport_size(VIEWPORT)
    window.goto("/")
    hold_studio(window)
    wait_for_store(window, "store.get('state').name === 'running'")
    return window


def test_an_answer_grows_and_the_bar_goes_when_it_is_whole(form: Page) -> None:
    form.evaluate(
        """() => {
            window.seen = [];
            const { store } = studio;
            const count = () => window.seen.push(store.get("outputs").poem.length);
            store.addEventListener("outputs", count);
        }"""
    )
    form.fill("#input-lines", "60")
    form.click("#run")
    expect(form.locator("#work")).to_be_visible()
    expect(form.locator("#work progress")).to_have_attribute("max", "1")
    expect(form.locator(".work-message")).to_contain_text("of 60.")
    expect(form.locator("#output-poem .output-words")).to_have_text((LINE * 60).strip())
    expect(form.locator("#work")).to_be_hidden()
    seen = form.evaluate("window.seen")
    assert len(seen) > 5
    assert seen == sorted(seen)


def test_the_stop_button_stops_the_model_and_it_can_be_asked_again(form: Page) -> None:
    form.fill("#input-lines", "1000")
    form.click("#run")
    form.click("#stop")
    expect(form.locator(".error")).to_have_text("The work was stopped.")
    expect(form.locator("#work")).to_be_hidden()
    assert len(form.locator("#output-poem .output-words").inner_text()) < 1000 * len(LINE)
    form.fill("#input-lines", "1")
    form.click("#run")
    expect(form.locator("#output-poem .output-words")).to_have_text(LINE.strip())


def test_what_others_ask_for_is_seen_and_can_be_stopped_too(form: Page) -> None:
    form.evaluate(
        """() => {
            window.answer = fetch("/query", { method: "POST", body: '{"lines": 1000}' });
        }"""
    )
    expect(form.locator("#work")).to_be_visible()
    form.click("#stop")
    assert form.evaluate("async () => (await window.answer).status") == 503
