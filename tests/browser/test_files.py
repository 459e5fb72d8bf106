"""Files: the vector as JSON and in a picture, out and in again."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Server
from browser.watching import stored, vector, wait_for_store
from taxiway.catalog import catalog
from taxiway.core.images import encode_png, open_image, read_metadata
from taxiway.core.session_file import change_line, head_line

OTHERS = encode_png(np.zeros((8, 8, 3), np.uint8), {"model": "violet", "z": [0.0] * 512})
PROGRAM = b"import runway\nrunway.run()\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    """With a data folder of its own, which keeps what is dropped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAXIWAY_DATA", str(data))
        running = Server()
    yield running
    running.stop()


def save(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def give(page: Page, name: str, content: bytes) -> None:
    """Choose a file by the Import button."""
    with page.expect_file_chooser() as chooser:
        page.click("#import-vector")
    chooser.value.set_files({"name": name, "mimeType": "", "buffer": content})


def drop(page: Page, name: str, content: bytes, on: str = "body") -> None:
    page.evaluate(
        """({ name, text, on }) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], name));
          const event = { dataTransfer, bubbles: true, cancelable: true };
          document.querySelector(on).dispatchEvent(new DragEvent("drop", event));
        }""",
        {"name": name, "text": base64.b64encode(content).decode(), "on": on},
    )


def alert(page: Page, part: str) -> None:
    page.get_by_role("alert").filter(has_text=part).wait_for()


def test_the_exported_vector_holds_what_query_takes(page: Page) -> None:
    page.locator("#input-truncation").fill("0.5")
    name, content = save(page, "#export-vector")
    told = json.loads(content)
    assert name == "lantern-seed-0.json"
    assert told["z"] == pytest.approx(vector(page))
    assert told["truncation"] == 0.5
    assert "seed" not in told
    answer = page.request.post("/query", data=told)
    assert answer.ok


def test_a_downloaded_picture_holds_its_vector_and_restores_it(page: Page) -> None:
    page.locator("#input-truncation").fill("0.6")
    numbers = vector(page)
    name, picture = save(page, "#download-picture")
    assert name == "lantern-seed-0.png"
    assert open_image(picture, "picture").size == (64, 64)
    told = read_metadata(picture)
    assert told is not None
    assert told["model"] == "lantern"
    assert told["z"] == pytest.approx(numbers)

    page.click("[data-action=random]")
    page.locator("#input-truncation").fill("0.9")
    drop(page, name, picture)
    wait_for_store(page, "store.get('values').truncation === 0.6")
    assert vector(page) == numbers


def test_the_picture_downloaded_is_the_one_shown(page: Page) -> None:
    before = page.evaluate("() => studio.store.get('picture')")
    page.locator("#input-size").fill("96")
    wait_for_store(page, "store.get('picture').width === 96")
    _, picture = save(page, "#tool-save")
    assert open_image(picture, "picture").size == (96, 96)
    assert before["width"] == 64


@pytest.mark.parametrize(
    ("content", "values"),
    [
        pytest.param([0.25] * 512, {}, id="list"),
        pytest.param({"z": [0.25] * 512, "truncation": 0.3}, {"truncation": 0.3}, id="object"),
    ],
)
def test_numbers_are_imported(page: Page, content: Any, values: dict[str, float]) -> None:
    give(page, "numbers.json", json.dumps(content).encode())
    wait_for_store(page, "store.get('vector').every((value) => value === 0.25)")
    assert stored(page, "values") == values
    assert stored(page, "origin") is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (json.dumps([0.5] * 511).encode(), "'z' takes 512 numbers, 'file' has 511."),
        (json.dumps([0.5] * 511 + ["x"]).encode(), "'z' takes 512 numbers, 'file' has 511."),
        (b'{"w": 1}', "'file' takes a JSON list of 512 numbers"),
        (b"null", "'file' takes a JSON list of 512 numbers"),
        (b"\xff\xd8\xff\xe0 a photograph", "'file' is a picture that does not say which numbers"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "'file' is a picture that does not say which"),
        (OTHERS, "'file' was made by the model 'violet', and Lantern is played here"),
        (b"no model", "No model family opens 'file'"),
        (PROGRAM, "'runway_model.py' is a program, which would run with your rights"),
    ],
    ids=[
        "short",
        "text",
        "other names",
        "null",
        "photograph",
        "foreign picture",
        "another model's picture",
        "notes",
        "program",
    ],
)
def test_a_file_that_does_not_fit_is_told_in_a_sentence(
    page: Page, content: bytes, words: str
) -> None:
    before = vector(page)
    drop(page, "runway_model.py" if content == PROGRAM else "file", content)
    alert(page, words)
    assert vector(page) == before


def test_a_dropped_text_is_what_a_training_begins_with(page: Page) -> None:
    drop(page, "A Story, 1.txt", "“It was a dark night”, she said.".encode())
    expect(page.locator("#train-name")).to_have_value("a-story-1")
    expect(page.locator("#panel-train .job-chosen").first).to_have_text("A Story, 1.txt, 1 kB")
    expect(page.get_by_role("button", name="Text", exact=True, pressed=True)).to_be_visible()


def test_a_dropped_session_is_what_a_film_begins_with(page: Page) -> None:
    drop(page, "take.jsonl", head_line("show") + change_line(0, {"seed": 1}))
    form = page.locator("#form-of-job-replay")
    expect(form).to_contain_text("take.jsonl")
    expect(form.locator("#job-replay-file")).to_have_value("take.mp4")


def test_a_models_file_is_kept_started_and_gone_to(page: Page, data: Path, tmp_path: Path) -> None:
    """By what is in it, whatever it is called, beside others of its name, and each once."""
    weights = catalog.HERE / "weights" / "rainbow.safetensors"
    (data / "models").mkdir(exist_ok=True)
    (data / "models" / "garden.pkl").write_bytes(b"somebody's own")
    for name in ("garden.dat", "again.pkl"):
        shutil.copyfile(weights, tmp_path / name)
        with page.expect_file_chooser() as chooser:
            page.click("#import-vector")
        with page.expect_navigation(timeout=60_000):
            chooser.value.set_files(tmp_path / name)
        page.locator("#status").get_by_text("Running").wait_for(timeout=60_000)
        expect(page.locator("#models")).to_have_text("garden-2")
    kept = {path.name: path.read_bytes() for path in (data / "models").iterdir()}
    assert kept == {"garden-2.dat": weights.read_bytes(), "garden.pkl": b"somebody's own"}
