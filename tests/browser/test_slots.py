"""The panel and the widget of docs/extending.md, as packages of somebody else's, in the page."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import stranger
from browser.conftest import Server, new_context
from browser.watching import hold_studio, stored, vector, wait_for_store, wait_for_vector
from extending.test_datatype import MODEL


def shown(browser: Browser, server: Server) -> Page:
    page = new_context(browser, server).new_page()
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('state').name === 'running'")
    return page


def test_a_panel_of_a_package_plays(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A panel"), monkeypatch)
    server = Server()
    try:
        page = shown(browser, server)
        page.click("#tab-favourites")
        panel = page.locator("#panel-favourites")
        panel.get_by_text("Keep this one").click()
        kept = vector(page)
        page.keyboard.press("r")
        assert wait_for_vector(page, kept) != kept
        panel.get_by_text("Picture 1").click()
        wait_for_store(page, f"store.get('vector')[0] === {kept[0]!r}")
        assert vector(page) == kept
        page.context.close()
    finally:
        server.stop()


def test_a_widget_of_a_package_is_in_the_form(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A widget"), monkeypatch)
    files, points = stranger.from_docs("A data type")
    files["plain.py"] = MODEL
    stranger.install(tmp_path, files, points, monkeypatch, name="colours")
    server = Server("plain:Plain")
    try:
        page = shown(browser, server)
        box = page.locator("#input-colour")
        assert box.get_attribute("type") == "color"
        expect(box).to_have_value("#000000")
        box.fill("#ff8800")
        page.click("#run")
        wait_for_store(page, "store.get('outputs').same === '#ff8800'")
        page.context.close()
    finally:
        server.stop()


BROKEN = {
    "syntax": ("export default {", "cannot be loaded: "),
    "empty": ("export const title = 1;", "has no default export with 'mount'."),
    "thrown": (
        "export default { title: 'Thrown', mount() { throw new Error('lamp out'); } };",
        "Thrown failed: lamp out",
    ),
    "imports": ('import "./nowhere.js"; export default 1;', "cannot be loaded: "),
}


def test_panels_that_fail_say_so_in_their_place_and_the_others_play(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"lamps/{name}.js": source for name, (source, _) in BROKEN.items()}
    points = {f"taxiway.panels: {name}": f"lamps:{name}.js" for name in BROKEN}
    points["taxiway.panels: gone"] = "lamps:gone.js"
    points["taxiway.widgets: torn"] = "lamps:syntax.js"
    points["taxiway.widgets: hollow"] = "lamps:hollow.js"
    files["lamps/hollow.js"] = (
        "export default { suits: (field) => field.name === 'size', make: () => ({}) };"
    )
    stranger.install(tmp_path, {"lamps/__init__.py": "", **files}, points, monkeypatch)
    server = Server()
    try:
        page = shown(browser, server)
        told = {name: sentence for name, (_, sentence) in BROKEN.items()}
        told |= {"lamps-gone": "there is no ", "widget-torn": "cannot be loaded: "}
        for name, sentence in told.items():
            page.click(f"#tab-{name}")
            assert sentence in page.locator(f"#panel-{name} [role=alert]").inner_text()
        hollow = page.locator("[role=alert]", has_text="The widget of 'size' failed: make gives")
        expect(hollow).to_have_count(1)
        before = vector(page)
        page.keyboard.press("r")
        wait_for_vector(page, before)
        assert stored(page, "error") == ""
        page.context.close()
    finally:
        server.stop()
