"""The Network panel: what it says of the model, and that its code runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Server
from browser.watching import wait_for_store
from taxiway.core.images import open_image
from taxiway.web.qr import as_svg


def code(page: Page, language: str) -> str:
    page.click("#tab-network")
    page.click(f"#code-{language}")
    return page.locator("#snippet").inner_text()


def test_it_shows_the_address_and_the_specification(page: Page, server: Server) -> None:
    page.click("#tab-network")
    assert page.locator("#address").inner_text() == server.url.rstrip("/")
    info = page.request.get("/info").json()
    for side in ("inputs", "outputs"):
        assert json.loads(page.locator(f"#specification-{side}").inner_text()) == info[side]


def test_the_address_for_another_device_is_there_for_a_camera(page: Page) -> None:
    hint = page.locator(".elsewhere")
    page.click("#tab-network")
    hint.get_by_text("taxiway run --host 0.0.0.0").wait_for()
    page.click("#tab-controls")
    told = {"address": "http://192.0.2.7:8000", "picture": as_svg("http://192.0.2.7:8000")}
    page.route("**/studio/api/elsewhere", lambda route: route.fulfill(json=told))
    page.click("#tab-network")
    picture = page.get_by_alt_text("QR code of http://192.0.2.7:8000")
    picture.wait_for()
    assert page.locator("#elsewhere").inner_text() == "http://192.0.2.7:8000"
    page.wait_for_function("(image) => image.naturalWidth > 20", arg=picture.element_handle())
    page.unroute("**/studio/api/elsewhere")


def test_what_programs_send_in_vain_is_listed_and_the_tab_has_a_mark(page: Page) -> None:
    tab, notes = page.locator("#tab-network"), page.locator("#notes li")
    assert "has-news" not in (tab.get_attribute("class") or "")
    for _ in range(2):
        page.request.post("/query", data={"seed": 1, "prompt": "a cat"})
    wait_for_store(page, "store.get('notes')[0]?.count === 2")
    page.evaluate(
        """() => studio.connection.dispatchEvent(new CustomEvent("message", { detail: {
          type: "note", protocol: "OSC", sender: "192.0.2.5:9", message: "/Psi is no address.",
        } }))"""
    )
    wait_for_store(page, "store.get('notes').length === 2")
    expect(tab).to_have_class(re.compile("has-news"))
    page.click("#tab-network")
    expect(tab).not_to_have_class(re.compile("has-news"))
    first, second = notes.all_inner_texts()
    assert re.match(r"/Psi is no address\.\s+OSC from 192\.0\.2\.5:9 \d", first)
    assert re.match(r"The model has no input 'prompt', so .* ignored\.\s+query .*, 2 times", second)
    page.locator("#panel-network").get_by_role("button", name="Clear").click()
    expect(notes).to_have_count(0)
    page.get_by_text("Here stands what programs send that does nothing.").wait_for()


def test_every_route_it_names_answers(page: Page) -> None:
    page.click("#tab-network")
    for line in page.locator(".route").all():
        verb = line.locator(".verb").inner_text()
        path = line.locator("code").inner_text()
        data = {"seed": 1} if verb == "POST" else None
        assert page.request.fetch(path, method=verb, data=data).status == 200, path


@pytest.mark.parametrize("own", [False, True], ids=["random", "own numbers"])
def test_the_python_code_runs_as_it_stands(page: Page, own: bool, tmp_path: Path) -> None:
    page.click("#tab-network")
    page.locator("#own-numbers").set_checked(own)
    program = code(page, "python")
    assert program.count("random.gauss") == (not own)
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    assert open_image((tmp_path / "picture.jpg").read_bytes(), "picture").size == (64, 64)


@pytest.mark.parametrize("own", [False, True], ids=["seed", "own numbers"])
def test_the_curl_line_runs_as_it_stands(page: Page, own: bool) -> None:
    page.click("#tab-network")
    page.locator("#own-numbers").set_checked(own)
    line = code(page, "curl")
    answer = subprocess.run(line, shell=True, check=True, capture_output=True, timeout=60)
    assert json.loads(answer.stdout)["image"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize("own", [False, True], ids=["random", "own numbers"])
def test_the_javascript_runs_in_any_page(page: Page, own: bool) -> None:
    page.click("#tab-network")
    page.locator("#own-numbers").set_checked(own)
    program = code(page, "javascript")
    blank = page.context.new_page()
    blank.evaluate(f"async () => {{ {program} }}")
    blank.wait_for_function("() => document.querySelector('img')?.naturalWidth === 64")


def test_the_p5_sketch_asks_and_draws(page: Page) -> None:
    sketch = code(page, "p5")
    assert 'httpPost("http' in sketch
    blank = page.context.new_page()
    drawn = blank.evaluate(
        """(sketch) => new Promise((done) => {
          const asked = {};
          const p5 = {
            createCanvas: (...size) => (asked.size = size),
            createButton: (label) => ({ mousePressed: () => (asked.label = label) }),
            randomGaussian: (mean, deviation) => mean + deviation,
            loadImage: (uri, then) => then(uri),
            image: (picture, ...box) => done({ ...asked, picture, box }),
            httpPost: (address, kind, inputs, then) => {
              asked.address = address;
              asked.inputs = inputs;
              then({ image: "data:image/jpeg;base64," });
            },
            width: 512,
            height: 512,
          };
          new Function(...Object.keys(p5), `${sketch}; setup();`)(...Object.values(p5));
        })""",
        sketch,
    )
    assert drawn["inputs"]["z"] == [0.5] * 512
    assert drawn["inputs"]["words"] == "it's night"
    assert drawn["picture"].startswith("data:image/jpeg")
    assert drawn["box"] == [0, 0, 512, 512]


def test_the_code_follows_the_controls(page: Page) -> None:
    page.locator("#input-truncation").fill("0.35")
    assert '"truncation": 0.35' in code(page, "python")


def test_code_is_copied_as_it_is_shown(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = code(page, "curl")
    block = page.locator(".block", has=page.locator("#snippet"))
    block.get_by_role("button", name="Copy").click()
    block.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()").strip() == shown.strip()
