"""What the page says and does when the model sleeps, dies, or the server goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import Server, new_context, open_studio
from browser.watching import (
    hold_studio,
    pixels,
    stored,
    vector,
    wait_for_other_picture,
    wait_for_store,
)

WATCH = """() => {
  globalThis.states = [];
  studio.store.addEventListener("state", () => states.push(studio.store.get("state").name));
}"""


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server of the test's own, as it will not be as it was."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def own_page(browser: Browser, own_server: Server) -> Iterator[Page]:
    context: BrowserContext = new_context(browser, own_server)
    yield open_studio(context)
    context.close()


def state_in_words(page: Page) -> str:
    return page.locator("#status").inner_text()


def test_sleeping_and_waking_are_said_and_shown(own_page: Page) -> None:
    page = own_page
    assert state_in_words(page) == "Running"
    page.click("#power")
    wait_for_store(page, "store.get('state').name === 'asleep'")
    assert state_in_words(page) == "Asleep"
    notice = page.locator(".notice")
    notice.get_by_text("Asleep").wait_for()
    before = pixels(page)
    page.keyboard.press("z")
    notice.get_by_role("button", name="Wake").click()
    wait_for_store(page, "store.get('state').name === 'running'")
    wait_for_other_picture(page, before)
    assert vector(page) == [0] * 512
    page.get_by_role("status").get_by_text("Running").wait_for(state="attached")


def test_a_walk_that_others_began_is_seen_and_stopped(page: Page) -> None:
    sign = page.get_by_text("A walk moves the vector.")
    expect(sign).to_be_hidden()
    token = page.evaluate("() => studio.connection.token")
    headers = {"Authorization": f"Bearer {token}"}
    begun = page.request.post("/studio/api/walk", data={"kind": "wander"}, headers=headers)
    assert begun.ok, begun.text()
    sign.wait_for()
    page.get_by_role("button", name="Stop the walk").click()
    sign.wait_for(state="hidden")
    assert page.request.get("/studio/api/walk", headers=headers).json()["goesOn"] is False


def test_a_killed_model_is_back_by_itself_and_the_page_says_so(
    own_page: Page, own_server: Server
) -> None:
    page = own_page
    page.evaluate(WATCH)
    own_server.kill_workers()
    page.wait_for_function("() => states.at(-1) === 'running' && states.length > 1")
    assert page.evaluate("() => states[0]") == "starting"
    before = pixels(page)
    page.keyboard.press("r")
    wait_for_other_picture(page, before)


PORT = """
import os
import runway


@runway.command("say", inputs={"word": runway.text}, outputs={"said": runway.text})
def say(model, inputs):
    return os._exit(5) if inputs["word"] == "die" else inputs["word"]


runway.run()
"""


def test_that_a_port_ended_in_a_question_stays_said_until_the_next_answer(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "runway_model.py").write_text(PORT)
    server = Server("ported", path=str(tmp_path))
    context = new_context(browser, server)
    page = context.new_page()
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('state').name === 'running'")
    page.clock.install()
    page.evaluate(WATCH)
    alert = page.get_by_role("alert").filter(has_text="died while it worked")
    page.fill("#input-word", "die")
    page.click("#run")
    alert.first.wait_for()
    page.wait_for_function("() => states.at(-1) === 'running' && states.length > 1")
    page.clock.run_for(60_000)
    expect(alert.first).to_be_visible()
    page.fill("#input-word", "hello")
    page.click("#run")
    wait_for_store(page, "store.get('outputs').said === 'hello'")
    assert stored(page, "error") == ""
    expect(alert).to_have_count(0)
    context.close()
    server.stop()


def test_a_server_that_comes_back_finds_the_page_and_gets_its_vector(
    own_page: Page, own_server: Server
) -> None:
    page = own_page
    own_server.stop()
    wait_for_store(page, "store.get('state').name === 'offline'")
    assert state_in_words(page) == "Offline"
    page.click("#tab-jobs")
    words = "(panel) => getComputedStyle(panel, '::before').content"
    assert "The server does not answer" in page.locator("#panel-jobs").evaluate(words)
    page.click("#tool-save")
    page.get_by_role("alert").get_by_text("The server does not answer; the picture").wait_for()
    dimmed = page.locator("#picture-canvas").evaluate(
        "(canvas) => getComputedStyle(canvas).opacity"
    )
    assert float(dimmed) < 0.5
    page.click("[data-action=max]")
    own_server.start()
    # The page asks after 0.5, 1, 2, 4 and then every 8 seconds.
    wait_for_store(page, "store.get('state').name === 'running'", seconds=30)
    fresh = page.context.new_page()
    fresh.goto("/")
    hold_studio(fresh)
    wait_for_store(fresh, "store.get('vector').length > 0 && store.get('vector')[511] === 1")
    assert vector(page) == [1] * 512


def test_a_model_that_cannot_start_says_why(browser: Browser) -> None:
    server = Server("lantern:Unlit")
    context = new_context(browser, server)
    page = context.new_page()
    page.goto("/")
    page.locator("#status").get_by_text("Failed").wait_for()
    assert "There is no oil" in page.locator(".notice p").inner_text()
    page.get_by_role("button", name="Try again").wait_for()
    context.close()
    server.stop()


PAINT = """
  const paint = async (colour, side) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const context = canvas.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, side, side);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
    return blob.arrayBuffer();
  };
  const show = (number, payload) => {
    const detail = { kind: "frame", mime: "image/jpeg", number, inputSeq: 0, time: 0, width: 64,
      height: 64, merged: 0, flags: 0, renderMs: 0, encodeMs: 0, payload };
    studio.connection.dispatchEvent(new CustomEvent("frame", { detail }));
  };
  const colour = () => {
    const canvas = document.querySelector("#picture-canvas");
    return Array.from(canvas.getContext("2d").getImageData(1, 1, 1, 1).data);
  };
"""


def test_a_stale_frame_never_replaces_a_newer_one(page: Page) -> None:
    """The older picture is large, so that its decoding ends after that of the newer one."""
    seen = page.evaluate(
        "async () => {"
        + PAINT
        + """
          const acknowledged = [];
          studio.connection.sendBinary = (message) => {
            const number = new DataView(message).getUint32(4, true);
            if (number > 9e5) acknowledged.push(number);
          };
          const [old, young] = [await paint("#ff0000", 3000), await paint("#0000ff", 64)];
          const colours = [];
          studio.store.addEventListener("picture", () => colours.push(colour()[0] > 128));
          show(1e6, old);
          show(1e6 + 1, young);
          show(1e6 - 1, old);
          while (acknowledged.length < 3) await new Promise((done) => setTimeout(done, 5));
          return { colour: colour(), acknowledged, colours };
        }"""
    )
    assert seen["colour"][2] > 200
    assert seen["colour"][0] < 50
    assert not any(seen["colours"][1:])
    assert sorted(seen["acknowledged"]) == [999999, 1000000, 1000001]


def test_the_picture_is_that_of_the_newest_input_after_a_storm_of_them(page: Page) -> None:
    page.evaluate(
        """async () => {
          for (let k = 0; k < 60; k++) {
            studio.session.edit((vector) => vector.fill(k / 20 - 1.5));
            await new Promise(requestAnimationFrame);
          }
          studio.session.edit((vector) => vector.fill(0.05));
        }"""
    )
    # 0.5 + 2 x 0.8 x 0.05 of full light, as the lantern draws it.
    page.wait_for_function(
        """() => {
          const canvas = document.querySelector("#picture-canvas");
          const [red, green] = canvas.getContext("2d").getImageData(9, 9, 1, 1).data;
          return Math.abs(red - 148) < 6 && Math.abs(green - 148) < 6;
        }"""
    )
    assert stored(page, "error") == ""


def test_what_is_too_large_to_be_played_is_told_and_the_line_stays(page: Page) -> None:
    page.evaluate("studio.connection.addEventListener('close', () => (globalThis.closed = true))")
    page.evaluate("studio.session.setValue('words', 'a'.repeat(70_000))")
    wait_for_store(page, "store.get('error').includes('69 kB, and 64 kB')")
    before = pixels(page)
    page.evaluate("studio.session.setValue('words', 'a')")
    page.keyboard.press("r")
    wait_for_other_picture(page, before)
    wait_for_store(page, "store.get('error') === ''")
    assert not page.evaluate("globalThis.closed")


def test_what_was_not_sent_is_said_while_a_walk_draws(page: Page) -> None:
    page.click("#tool-play")
    wait_for_store(page, "store.get('walk')")
    said = page.evaluate(
        """async () => {
          const { store } = studio;
          const told = new Promise((done) => store.addEventListener("error", done, { once: true }));
          studio.session.setValue("words", "a".repeat(70_000));
          await told;
          await new Promise((done) => {
            let frames = 0;
            studio.connection.onFrame(() => ++frames === 3 && done());
          });
          return studio.store.get("error");
        }"""
    )
    assert "64 kB" in said
    page.keyboard.press("Escape")
    wait_for_store(page, "!store.get('walk')")
