"""The Jobs panel: jobs of a real server, shown, begun, opened and deleted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser.conftest import Server
from kept_trainings import write_training
from taxiway.core.images import encode_png
from taxiway.training.dataset import kind_of


def keep(folder: Path, name: str, created: float, **more: Any) -> None:
    """A job as its folder keeps it, with a picture."""
    (folder / name).mkdir(parents=True)
    record = {"id": name, "tool": "mix", "model": "rainbow", "created": created, **more}
    (folder / name / "job.json").write_text(json.dumps(record))
    (folder / name / "grid.png").write_bytes(picture(9))
    (folder / name / "w.npz").write_bytes(b"numbers")


def picture(value: int) -> bytes:
    return encode_png(np.full((64, 64, 3), value, np.uint8))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    """With a data folder of its own: four jobs, one of them broken, and a training."""
    jobs = data / "jobs"
    keep(
        jobs, "mix-00000001", 100, state="done", files=["grid.png", "w.npz"], ended=160, started=100
    )
    keep(jobs, "mix-00000002", 200, state="failed", message="It was too dark.", tool="bend")
    keep(jobs, "mix-00000003", 300, state="done", files=["grid.png"])
    keep(jobs, "mix-00000004", 400, state="dancing")
    write_training(data / "trainings" / "garden")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAXIWAY_DATA", str(data))
        running = Server()
    yield running
    running.stop()


@pytest.fixture
def panel(page: Page) -> Locator:
    page.click("#tab-jobs")
    page.locator(".job").first.wait_for()
    return page.locator("#panel-jobs")


def shown(panel: Locator) -> list[str]:
    return panel.locator(".job:not([hidden]) h3").all_inner_texts()


def job(panel: Locator, name: str) -> Locator:
    return panel.locator(f"[data-id='{name}']")


def test_all_jobs_are_shown_newest_first_and_by_state(page: Page, panel: Locator) -> None:
    assert shown(panel) == [
        "Training My garden",
        "Mix, rainbow",
        "Bend, rainbow",
        "Mix, rainbow",
        "mix-00000004",
    ]
    assert "It was too dark." in job(panel, "mix-00000002").inner_text()
    assert "Its record is damaged" in job(panel, "mix-00000004").inner_text()
    assert "took 60 s" in job(panel, "mix-00000001").inner_text()
    training = job(panel, "training:garden")
    assert "20 of 40 thousand pictures" in training.inner_text()
    expect(training.get_by_role("button", name="Resume")).to_be_visible()
    panel.get_by_role("button", name="Done 2").click()
    assert shown(panel) == ["Mix, rainbow", "Mix, rainbow"]
    panel.get_by_role("button", name="All 5").click()
    page.wait_for_function("() => document.querySelectorAll('.job-picture[src]').length === 3")


def test_files_are_opened_and_saved(page: Page, panel: Locator) -> None:
    done = job(panel, "mix-00000001")
    done.locator("summary").click()
    done.get_by_role("button", name="Open grid.png").click()
    page.wait_for_function("() => document.querySelector('.job-stage img')?.naturalWidth === 64")
    page.get_by_role("button", name="Close").click()
    with page.expect_download() as saved:
        done.get_by_role("button", name="Save latents w.npz").click()
    assert saved.value.suggested_filename == "w.npz"
    assert saved.value.path().read_bytes() == b"numbers"


def test_a_job_is_deleted_only_after_a_question(page: Page, panel: Locator, data: Path) -> None:
    folder = data / "jobs" / "mix-00000003"
    job(panel, folder.name).get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep").click()
    assert folder.exists()
    job(panel, folder.name).get_by_role("button", name="Delete").click()
    page.locator(".job-doubt").get_by_role("button", name="Delete").click()
    job(panel, folder.name).wait_for(state="detached")
    assert not folder.exists()
    job(panel, "mix-00000004").get_by_role("button", name="Delete").click()
    page.locator(".job-doubt").get_by_role("button", name="Delete").click()
    job(panel, "mix-00000004").wait_for(state="detached")


def test_a_job_is_begun_with_files_from_the_page(page: Page, panel: Locator, data: Path) -> None:
    panel.locator("#job-new").click()
    tools = panel.get_by_role("group", name="Tools")
    tools.get_by_role("button", name="Dataset", exact=True).wait_for(timeout=60_000)
    # No tool of StyleGAN's: the lantern is none; but it takes a text.
    kinds = ["Dataset boxes", "Dataset masks", "Dataset text"]
    assert tools.get_by_role("button").all_inner_texts() == [
        "Batch",
        "Bench",
        "Dataset",
        *kinds,
        "Install",
        "Mask",
        "Pull",
        "Replay",
        "Train",
        "Train detector",
        "Train distil",
        "Train text",
    ]
    tools.get_by_role("button", name="Dataset text").click()
    panel.locator("#job-dataset-text-chunk").fill("16")
    texts = [
        {"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"The sky is blue. " * 9}
        for n in range(2)
    ]
    with page.expect_file_chooser() as chooser:
        panel.locator("#job-dataset-text-files").click()
    chooser.value.set_files(texts)  # type: ignore[arg-type]
    panel.get_by_role("button", name="Start dataset text").click()
    panel.locator("[data-job=done]", has_text="Dataset text").wait_for(timeout=60_000)
    (made,) = (data / "jobs").glob("dataset-text-*")
    assert kind_of(made / "dataset.zip") is not None
    assert (made / "look.txt").read_text().startswith("The sky")

    panel.locator("#job-new").click()
    tools.get_by_role("button", name="Dataset", exact=True).click()
    files = [
        {"name": f"photo {n}.png", "mimeType": "image/png", "buffer": picture(n * 40)}
        for n in range(5)
    ]
    with page.expect_file_chooser() as chooser:
        panel.locator("#job-dataset-pictures").click()
    chooser.value.set_files(files)  # type: ignore[arg-type]
    panel.get_by_text("5 files").wait_for()
    panel.get_by_role("button", name="Start dataset").click()
    failed = panel.locator("[data-job=failed]", has_text="here are")
    failed.wait_for(timeout=60_000)  # five are too few for a training
    (made,) = (data / "jobs").glob("dataset-????????")
    assert sorted(path.name for path in (made / "inputs").iterdir()) == [
        f"photo-{n}.png" for n in range(5)
    ]


@pytest.fixture
def lacking(page: Page) -> Iterator[Page]:
    """A page of a server that lacks PyTorch and has a tool of somebody's that does not load."""
    line = "'/a folder/bin/taxiway' install train"

    def answer(route: Route) -> None:
        offer = route.fetch().json()
        if "dataset" in offer["tools"]:  # of all tools, not of the model's
            offer["tools"]["dataset"]["lacks"] = "Films need PyAV: taxiway install video."
        offer["broken"] = {"train": f"Training needs PyTorch: {line}.", "mine": "It is no tool."}
        route.fulfill(json=offer)

    page.route("**/studio/api/tools*", answer)
    yield page
    page.unroute("**/studio/api/tools*")


def test_what_a_tool_lacks_is_said_before_it_can_be_begun(lacking: Page) -> None:
    page = lacking
    page.click("#tab-jobs")
    page.click("#job-new")
    tools = page.get_by_role("group", name="Tools")
    tools.get_by_role("button", name="Train", exact=True).click()
    panel = page.locator("#panel-jobs")
    note = panel.get_by_role("note")
    expect(note.locator("p")).to_have_text("Training needs PyTorch:")
    assert note.locator("code").inner_text() == "'/a folder/bin/taxiway' install train"
    expect(note.get_by_role("button", name="Copy")).to_be_enabled()
    expect(panel.locator("#job-train-name")).to_be_disabled()
    expect(panel.get_by_role("button", name="Start train")).to_be_disabled()
    tools.get_by_role("button", name="Mine").click()
    expect(note).to_have_text("It is no tool.")
    tools.get_by_role("button", name="Dataset", exact=True).click()
    expect(note.locator("p")).to_have_text("Films need PyAV:")
    expect(panel.get_by_role("button", name="Start dataset")).to_be_enabled()
    asked: list[Any] = []

    def install(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(status=409, json={"error": "Not in this test."})

    page.route("**/studio/api/jobs", install)
    note.get_by_role("button", name="Install it").click()
    panel.get_by_text("Not in this test.").wait_for()
    page.unroute("**/studio/api/jobs", install)
    assert [(job["tool"], job["inputs"]) for job in asked] == [("install", {"extra": "video"})]
    tools.get_by_role("button", name="Dataset text").click()
    expect(note).to_have_count(0)

    page.click("#tab-train")
    page.click("#train-new")
    page.locator("#panel-train").get_by_role("note").wait_for()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    page.locator("#train-cancel").wait_for()


def test_a_photo_dropped_anywhere_is_the_open_forms(page: Page) -> None:
    tool = {
        "name": "look",
        "description": "Looks.",
        "inputs": [{"name": "seeds", "type": "text"}, {"name": "photo", "type": "image"}],
        "outputs": [],
        "takes": {"families": [], "inputs": [], "model": False},
        "unit": "steps",
        "isLight": False,
    }
    page.route(
        "**/studio/api/tools*",
        lambda route: route.fulfill(json={"tools": {"look": tool}, "broken": {}}),
    )
    page.click("#tab-jobs")
    page.click("#job-new")
    page.locator("#form-of-job-look").wait_for()
    drop = """(bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], "photo.png"));
      const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector("#picture-canvas").dispatchEvent(event);
    }"""
    page.evaluate(drop, list(picture(7)))
    page.locator("#form-of-job-look .photo-well img").wait_for()
    assert page.evaluate("() => studio.store.get('error')") == ""
    page.click("#tab-controls")
    page.evaluate(drop, list(picture(8)))
    page.get_by_role("alert").get_by_text("is a picture that does not say which").wait_for()
    page.unroute("**/studio/api/tools*")


def test_what_is_wrong_is_said_and_the_input_is_kept(page: Page, panel: Locator) -> None:
    panel.locator("#job-new").click()
    tools = panel.get_by_role("group", name="Tools")
    tools.get_by_role("button", name="Train", exact=True).click()
    panel.locator("#job-train-name").fill("My model")
    panel.locator("#job-train-dataset").fill("/none.zip")
    panel.get_by_role("button", name="Start train").click()
    panel.get_by_role("alert").wait_for()
    assert "small letters" in panel.get_by_role("alert").inner_text()
    expect(panel.locator("#job-train-name")).to_have_value("My model")


def test_the_jobs_are_followed_only_while_they_are_seen(page: Page) -> None:
    with page.expect_request("**/jobs/events"):
        page.click("#tab-jobs")
    with page.expect_event("requestfailed", lambda request: "events" in request.url):
        page.click("#tab-controls")


def test_nothing_is_cut_off_at_the_side(page: Page) -> None:
    page.click("#tab-jobs")
    page.locator(".job").first.wait_for()
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """(width) => {
          const panel = document.querySelector("#panel-jobs");
          return innerWidth === width && panel.scrollWidth <= panel.clientWidth;
        }""",
            arg=width,
        )
