"""A text model in the studio: it writes, and a training shows what it has learnt to write."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from browser.conftest import VIEWPORT, Server
from browser.watching import hold_studio, wait_for_store
from paths import FIXTURES

ORDER = {
    "dataset": "/tales.txt",
    "stages": [[1, 20.0]],
    "settings": {},
    "about": {"title": "Tales"},
    "trainer": "text",
    "unit": "passages",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("data")
    training = data / "trainings" / "tales"
    (training / "samples").mkdir(parents=True)
    (training / "training.json").write_text(json.dumps(ORDER))
    told = [{"kimg": k, "size": 1, "loss": 4 - k, "bits": 4.5 - k} for k in (1.0, 2.0)]
    (training / "stats.jsonl").write_text("".join(json.dumps(each) + "\n" for each in told))
    for kimg in (1, 2):
        text = f"Once upon {kimg} times\n\n---\n\n<b>The end</b>"
        (training / "samples" / f"{kimg:08.1f}kimg.txt").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAXIWAY_DATA", str(data))
        running = Server("text", checkpoint=str(FIXTURES / "text_tiny.safetensors"))
    yield running
    running.stop()


def a_model_is_offered_to_teach(window: Page) -> None:
    offered = window.locator("#train-dataset-list option[value=rainbow]")
    expect(offered).to_have_count(0)
    window.get_by_role("button", name="Distil", exact=True).click()
    expect(offered).to_have_count(1)


def test_it_writes_and_shows_what_it_learnt_to_write(
    server: Server, window: Page, tmp_path: Path
) -> None:
    window.set_viewport_size(VIEWPORT)
    window.goto("/")
    hold_studio(window)
    wait_for_store(window, "store.get('state').name === 'running'")

    old = {"input_prompt": "the sun", "length": 30, "seed": 7, "temperature": 0.5}
    told = httpx.post(f"{server.url}query", json=old, timeout=60).json()
    assert told["text"] == told["generated_text"]
    window.fill("#input-prompt", "the sun")
    for name, value in {"max_characters": 30, "seed": 7, "temperature": 0.5}.items():
        window.fill(f"#input-{name}", str(value))
    window.click("#run")
    words = window.locator("#output-generated_text .output-words")
    expect(words).to_have_text(told["text"])
    expect(window.locator("#output-text")).to_be_hidden()  # which says the same

    window.click("#tab-train")
    sheet = window.locator(".sheet-words p")
    expect(sheet).to_have_text(["Once upon 2 times", "<b>The end</b>"])
    window.locator("#train-time").fill("0")
    expect(sheet.first).to_have_text("Once upon 1 times")
    expect(window.locator(".chart h3")).to_have_text(["Bits a byte"])
    expect(window.locator(".train-state")).to_contain_text("2 of 20 thousand passages")
    expect(window.locator("#train-film")).to_be_hidden()
    expect(window.locator("#train-real")).to_be_hidden()

    sent: list[dict[str, object]] = []

    def order(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        sent.append(route.request.post_data_json)
        return route.fulfill(status=400, json={"error": "That will do."})

    window.route("**/studio/api/jobs", order)
    (tmp_path / "poems.txt").write_text("The sea. " * 50)
    window.click("#train-new")
    a_model_is_offered_to_teach(window)
    window.get_by_role("button", name="Text", exact=True).click()
    window.fill("#train-name", "poems")
    window.locator("[data-input=dataset] input[type=file]").set_input_files(tmp_path / "poems.txt")
    expect(window.locator("[data-input=dataset] .job-chosen")).to_contain_text("poems.txt")
    window.get_by_role("button", name="Start training").click()
    expect(window.locator("#panel-train .train-trouble")).to_have_text("That will do.")
    (asked,) = sent
    assert asked["tool"] == "train-text"
    assert len(asked["inputs"]["dataset"]["uploads"]) == 1  # type: ignore[index]
