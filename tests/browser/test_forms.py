"""The studio of a model that is not played live: a form of every type, and what it answers."""

import io
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from browser.access import serious
from browser.conftest import SIZES, VIEWPORT, Server, new_context
from browser.watching import (
    hold_studio,
    pixels,
    stored,
    wait_for_other_picture,
    wait_for_store,
)
from fuzz import every
from taxiway.core.images import encode_png, from_data_uri

SKY = (140, 59, 255)
PHOTO = np.zeros((60, 80, 3), np.uint8)
PHOTO[:30] = (250, 200, 0)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server("everything:Everything")
    yield running
    running.stop()


@pytest.fixture
def form(window: Page) -> Page:
    """The form, filled in as far as a person must."""
    window.set_viewport_size(VIEWPORT)
    window.goto("/")
    hold_studio(window)
    wait_for_store(window, "store.get('state').name === 'running'")
    choose(window, "#input-photo", png("photo.png", PHOTO))
    window.locator(".photo-well img").wait_for()
    return window


def png(name: str, pixels: np.ndarray[Any, Any]) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": encode_png(pixels)}


def choose(page: Page, button: str, file: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        page.click(button)
    chooser.value.set_files(file)


def run(page: Page) -> dict[str, Any]:
    """Press Run and wait for the answer."""
    page.evaluate("() => studio.store.set('outputs', {})")
    page.click("#run")
    wait_for_store(page, "'given' in store.get('outputs')")
    outputs: dict[str, Any] = stored(page, "outputs")
    return outputs


def ask(server: Server, **inputs: Any) -> dict[str, Any]:
    """Somebody else asks the model."""
    request = urllib.request.Request(
        f"{server.url}query", json.dumps(inputs).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        outputs: dict[str, Any] = json.load(answer)
    return outputs


def drag(page: Page, canvas: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw from one point of a canvas to another; both from 0 to 1."""
    page.locator(canvas).scroll_into_view_if_needed()
    box = page.locator(canvas).bounding_box()
    assert box is not None
    at = [
        (box["x"] + part[0] * box["width"], box["y"] + part[1] * box["height"])
        for part in (start, end)
    ]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=3)
    page.mouse.up()


def test_the_defaults_and_a_photo_are_answered(form: Page) -> None:
    outputs = run(form)
    assert form.locator("#output-said p").inner_text() == "a quiet morning, in ink"
    upside_down = np.asarray(from_data_uri(outputs["picture"], "picture"))
    assert upside_down[0].max() < 20
    assert upside_down[-1, 0, 0] > 200
    shown = form.locator("#output-picture img")
    expect(shown).to_have_js_property("naturalWidth", 80)
    expect(shown).to_have_js_property("naturalHeight", 60)
    assert outputs["given"]["face"] == [[0.5, 0.2], [0.7598, 0.65], [0.2402, 0.65]]


def test_a_widget_of_every_type_is_sent(form: Page) -> None:
    form.fill("#input-prompt", "two\nlines")
    form.fill("#input-strength", "0.25")
    form.fill("#input-steps", "7")
    form.locator("#input-steps").blur()
    form.locator("#input-style").get_by_role("button", name="oil").click()
    form.check("#input-mirrored")
    form.fill("#input-words", '["a", "b"]')
    form.fill("#input-point", "[0.1, 0.9]")
    form.fill("#input-box", "[0, 0.5, 1, 1]")
    form.fill("#input-face", "[[0, 0], [1, 0], [0.5, 1]]")
    form.fill("#input-other", '{"any": [1, null]}')
    form.locator("#input-other").blur()
    notes: FilePayload = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"take care"}
    choose(form, "#input-notes", notes)
    form.get_by_text("a.txt, 1 kB").wait_for()
    given = run(form)["given"]
    assert given == {
        "prompt": "two\nlines",
        "strength": 0.25,
        "steps": 7,
        "style": "oil",
        "mirrored": True,
        "words": ["a", "b"],
        "point": [0.1, 0.9],
        "box": [0, 0.5, 1, 1],
        "face": [[0, 0], [1, 0], [0.5, 1]],
        "notes": "take care",
        "other": {"any": [1, None]},
        "numbers": 128,
    }
    assert '"take care"' in form.locator("#output-given pre").inner_text()


def test_a_painted_label_arrives_as_that_label(form: Page) -> None:
    form.get_by_role("button", name="sky").click()
    drag(form, ".easel", (0.2, 0.5), (0.8, 0.5))
    labels = np.asarray(from_data_uri(run(form)["labels"], "labels"))
    assert labels.shape == (96, 128, 3)
    assert tuple(labels[48, 64]) == SKY
    assert {tuple(colour) for colour in labels.reshape(-1, 3)} == {SKY, (214, 0, 0)}
    form.get_by_role("button", name="Fill").click()
    drag(form, ".easel", (0.01, 0.01), (0.01, 0.01))
    filled = np.asarray(from_data_uri(run(form)["labels"], "labels"))
    assert (filled == SKY).all()


def test_a_file_that_is_no_map_is_told(form: Page) -> None:
    with form.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Upload").click()
    broken: FilePayload = {"name": "no.png", "mimeType": "image/png", "buffer": b"\x89PNG no"}
    chooser.value.set_files(broken)
    expect(form.locator(".error")).to_contain_text("'no.png' is no picture")


def test_a_stroke_is_told_while_it_goes_on_and_can_be_taken_back(form: Page) -> None:
    undo = form.get_by_role("button", name="Undo")
    before = stored(form, "form")["layout"]
    box = form.locator(".easel").bounding_box()
    assert box
    form.get_by_role("button", name="tree").click()
    form.mouse.move(box["x"] + 20, box["y"] + 20)
    expect(form.locator(".brush-ring")).to_be_visible()
    form.mouse.down()
    form.mouse.move(box["x"] + 80, box["y"] + 50, steps=4)
    wait_for_store(form, f"store.get('form').layout !== {json.dumps(before)}")
    form.mouse.up()
    expect(undo).to_be_enabled()
    form.get_by_role("button", name="Empty").click()
    undo.click()
    painted = stored(form, "form")["layout"]
    assert len(np.unique(np.asarray(from_data_uri(painted, "layout")).reshape(-1, 4), axis=0)) == 2
    undo.click()
    expect(undo).to_be_disabled()
    emptied = np.asarray(from_data_uri(stored(form, "form")["layout"], "layout"))
    assert (emptied == np.asarray(from_data_uri(before, "layout"))).all()


def test_places_are_dragged_in_the_picture(form: Page) -> None:
    drag(form, "[data-input=point] canvas", (0.1, 0.1), (0.75, 0.25))
    drag(form, "[data-input=box] canvas", (0.75, 0.5), (0.25, 0.25))
    drag(form, "[data-input=face] canvas", (0.5, 0.25), (0.5, 0.5))
    given = run(form)["given"]
    np.testing.assert_allclose(given["point"], [0.75, 0.25], atol=0.01)
    np.testing.assert_allclose(given["box"], [0.25, 0.25, 0.75, 0.5], atol=0.01)
    np.testing.assert_allclose(given["face"][0], [0.5, 0.5], atol=0.01)
    assert form.locator("#output-places canvas").evaluate("(canvas) => canvas.width") == 80


def test_a_vector_is_drawn_anew_pasted_and_refused_in_words(form: Page) -> None:
    before = stored(form, "form")["code"]
    form.click("#input-code")
    assert stored(form, "form")["code"] != before
    form.locator(".vector summary").click()
    form.fill("#input-code-json", json.dumps([0.5] * 128))
    form.locator("#input-code-json").blur()
    assert stored(form, "form")["code"] == [0.5] * 128
    form.fill("#input-code-json", "[1, 2]")
    form.locator("#input-code-json").blur()
    assert stored(form, "error") == "'code' takes a JSON list of 128 numbers."
    assert stored(form, "form")["code"] == [0.5] * 128


def test_json_that_is_wrong_is_not_sent_and_stays_to_be_mended(form: Page) -> None:
    form.fill("#input-words", '["one"]')
    run(form)
    form.fill("#input-words", '["one", ')
    asked = []
    form.on("request", lambda request: asked.append(request.url))
    form.click("#run")
    form.get_by_role("alert").get_by_text("'words' takes a JSON list of text items.").wait_for()
    expect(form.locator("#input-words")).to_have_value('["one", ')
    assert not [url for url in asked if url.endswith("/query")]
    form.fill("#input-words", '["two"]')
    assert run(form)["given"]["words"] == ["two"]


def test_an_input_that_another_model_feeds_says_so(form: Page) -> None:
    chain = {"source": "rainbow", "output": "image", "target": "lantern", "input": "photo"}
    running = [{"name": "rainbow", "title": "Rainbow", "info": None, "port": 1}]
    state = {"models": [], "running": running, "chains": [chain]}
    form.route("**/api/desk", lambda route: route.fulfill(json=state))
    form.evaluate("() => studio.store.announce('declaration')")
    form.locator("[data-input=photo]").get_by_text("Rainbow feeds it: Image").wait_for()
    form.unroute_all()


def test_a_reload_keeps_the_form(browser: Browser, server: Server) -> None:
    context = new_context(browser, server, remembers=True)
    page = context.new_page()
    page.goto("/")
    page.fill("#input-prompt", "at dusk")
    page.locator("#input-prompt").blur()
    page.reload()
    page.wait_for_function("() => document.querySelector('#input-prompt')?.value === 'at dusk'")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys.get_by_text("Full screen", exact=True)).to_be_visible()
    expect(keys.get_by_text("Random vector")).to_be_hidden()
    page.keyboard.press("Escape")
    assert serious(page) == []
    context.close()


def test_what_is_wrong_is_told_in_words_and_shown_where(form: Page) -> None:
    form.fill("#input-prompt", "nothing")
    form.click("#run")
    form.locator(".line.wrong[data-input=prompt]").wait_for()
    assert form.locator(".error").inner_text() == "'prompt' takes something."
    form.fill("#input-prompt", "something")
    run(form)
    expect(form.locator(".line.wrong")).to_have_count(0)
    expect(form.locator(".error")).to_be_hidden()


def test_with_auto_the_newest_change_is_answered_last(form: Page) -> None:
    form.check("#auto")
    for word in ("one", "two", "three"):
        form.fill("#input-prompt", word)
    form.get_by_text("three, in ink").wait_for()
    assert form.locator("#asked").inner_text().endswith(" ms")


def test_the_camera_gives_pictures_until_it_is_stopped(form: Page) -> None:
    photo = stored(form, "form")["photo"]
    form.get_by_role("button", name="Camera", exact=True).click()
    wait_for_store(form, f"store.get('form').photo !== {json.dumps(photo)}")
    form.get_by_role("button", name="Take it").click()
    taken = stored(form, "form")["photo"]
    picture = from_data_uri(taken, "photo")
    assert picture.width >= 320
    assert run(form)["picture"].startswith("data:image/jpeg")
    assert stored(form, "form")["photo"] == taken


def test_a_picture_dropped_on_the_panel_is_taken(form: Page) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), "white").save(buffer, "GIF")
    form.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(bytes)], "a.gif", { type: "image/gif" }));
          const event = new DragEvent("drop", { dataTransfer: data, bubbles: true });
          document.querySelector("#input-prompt").dispatchEvent(event);
        }""",
        list(buffer.getvalue()),
    )
    wait_for_store(form, "store.get('form').photo.startsWith('data:image/jpeg')")
    assert from_data_uri(stored(form, "form")["photo"], "photo").size == (8, 6)


def test_what_others_asked_for_appears_and_meets_who_comes_later(
    form: Page, server: Server
) -> None:
    inputs = {name: value for name, value in stored(form, "form").items() if value is not None}
    ask(server, **{**inputs, "prompt": "by another"})
    form.get_by_text("by another, in ink").wait_for()
    late = form.context.new_page()
    late.goto("/")
    late.get_by_text("by another, in ink").wait_for()
    late.close()


def test_a_picture_that_was_answered_is_saved_as_it_came(form: Page, tmp_path: Path) -> None:
    outputs = run(form)
    form.locator("#output-labels").get_by_role("button", name="Alone").click()
    with form.expect_download() as saved:
        form.locator("#output-labels").get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "labels.png"
    saved.value.save_as(tmp_path / "labels.png")
    written = np.asarray(Image.open(tmp_path / "labels.png"))
    np.testing.assert_array_equal(written, np.asarray(from_data_uri(outputs["labels"], "labels")))
    with form.expect_download() as saved:
        form.keyboard.press("Control+s")
    assert saved.value.suggested_filename == "picture.jpg"


def test_keys_of_instruments_do_no_harm(form: Page) -> None:
    for key in ("r", "n", "z", "p", "]", "m", "g", "Control+z"):
        form.keyboard.press(key)
    assert stored(form, "error") == ""
    assert run(form)["said"] == "a quiet morning, in ink"
    for tool in ("#tool-save", "#tool-undo", "#tab-controls", "#tab-mixer", "#tab-map"):
        expect(form.locator(tool)).to_be_hidden()


@pytest.mark.parametrize("size", every(2, list(SIZES)))
def test_the_form_fits_into_the_window(form: Page, size: str) -> None:
    width, height = SIZES[size]
    form.set_viewport_size({"width": width, "height": height})
    for tab in form.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
        assert form.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    # The Train tab, the last, takes the form's place.
    form.click("#tab-inputs" if form.locator("#tab-inputs").is_visible() else "#tab-network")
    button = form.locator("#run").bounding_box()
    assert button is not None
    assert button["y"] + button["height"] <= height


def test_the_python_code_runs_as_it_stands(form: Page, tmp_path: Path) -> None:
    for name, file in {"photo": "photo.jpg", "layout": "layout.jpg"}.items():
        picture = from_data_uri(stored(form, "form")[name], name).convert("RGB")
        picture.save(tmp_path / file)
    form.click("#tab-network")
    form.click("#code-python")
    code = form.locator("#snippet").inner_text()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "picture.jpg").stat().st_size > 100
    form.click("#code-curl")
    line = form.locator("#snippet").inner_text()
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, check=True, timeout=60, capture_output=True
    )
    assert json.loads(done.stdout)["said"] == "a quiet morning, in ink"


def test_an_instruments_other_inputs_have_their_widgets_too(browser: Browser) -> None:
    torch = Server("everything:Torch")
    try:
        context = new_context(browser, torch)
        page = context.new_page()
        page.goto("/")
        hold_studio(page)
        wait_for_store(page, "store.get('picture') !== null")
        expect(page.locator("#tab-controls")).to_be_visible()
        before = pixels(page)
        drag(page, ".places", (0.5, 0.5), (0.9, 0.1))
        wait_for_other_picture(page, before)
        np.testing.assert_allclose(stored(page, "values")["at"], [0.9, 0.1], atol=0.01)
        names = page.locator("#input-label")
        assert names.locator("[aria-pressed=true]").inner_text() == "candle"
        names.get_by_role("button", name="lamp").click()
        assert stored(page, "values")["label"] == 1
        expect(names.locator("[aria-pressed=true]")).to_have_text("lamp")
        context.close()
    finally:
        torch.stop()
