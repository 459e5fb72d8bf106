"""The Train panel: folders of trainings as a real server tells them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser.conftest import VIEWPORT, Server
from browser.test_models import COUNT_TIMERS
from kept_trainings import save_sheet, write_training
from taxiway.families.stylegan.trainer import StyleGANRecipe

WORKS = (
    "import sys, signal; from pathlib import Path\n"
    "from taxiway.training.run_folder import working\n"
    "signal.signal(signal.SIGTERM, lambda *told: print('told', flush=True))\n"
    "with working(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
)


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "trainings"


@pytest.fixture(scope="module")
def server(trainings: Path) -> Iterator[Server]:
    """With a data folder of its own, in which there are two trainings."""
    write_training(trainings / "garden")
    write_training(trainings / "skies", until=10.0, about={"title": "Skies"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAXIWAY_DATA", str(trainings.parent))
        running = Server()
    yield running
    running.stop()


@pytest.fixture
def panel(page: Page) -> Locator:
    """With the training that comes first, and its newest sheet."""
    page.click("#tab-train")
    page.locator("#panel-train .train-view img[src]").wait_for()
    return page.locator("#panel-train")


def wait_for_width(page: Page, width: int) -> None:
    """Wait for a sheet of so many pixels."""
    page.wait_for_function(
        "(width) => document.querySelector('.sheet').naturalWidth === width", arg=width
    )


def test_a_training_is_shown_with_its_newest_sheet_its_curves_and_words(
    page: Page, panel: Locator
) -> None:
    chips = panel.locator(".train-list .chip").all_inner_texts()
    assert [chip.split("\n") for chip in chips] == [["My garden", "50 %"], ["Skies", "25 %"]]
    expect(panel.locator(".train-state")).to_have_text(re.compile("^Stopped: 20 of 40 thousand"))
    expect(panel.locator("#train-time")).to_have_value("3")
    wait_for_width(page, 192)
    assert panel.locator(".chart h3").all_inner_texts() == [
        "Losses",
        "Augmentation",
        "Distance to your pictures",
        "Variety",
    ]
    expect(panel.locator(".chart").first.locator("polyline")).to_have_count(2)
    assert "KID 0.05" in " ".join(panel.locator("figcaption").all_inner_texts())
    assert panel.locator(".train-warnings").inner_text() == "20: The pictures are growing alike."


def test_a_slider_leads_back_and_all_sheets_run_by(page: Page, panel: Locator) -> None:
    panel.locator("#train-time").fill("0")
    wait_for_width(page, 96)
    expect(panel.locator(".sheet-line output")).to_have_text("5 kimg")
    panel.locator("#train-run").click()
    wait_for_width(page, 192)
    page.wait_for_function("() => document.querySelector('#train-time').value === '3'")
    page.wait_for_function("() => document.querySelector('#train-run').textContent === '▶'")
    expect(panel.locator(".sheet-line output")).to_have_text("20 kimg")


def test_the_kept_snapshot_that_is_nearest_to_the_sheet_can_be_played(
    page: Page, panel: Locator
) -> None:
    button, offered = panel.locator("#train-play"), []
    for index in range(4):
        panel.locator("#train-time").fill(str(index))
        offered.append(button.inner_text())
    assert offered == ["Play 10 kimg", "Play 10 kimg", "Play 10 kimg", "Play 20 kimg"]
    assert "nearest" not in str(button.get_attribute("title"))
    panel.locator("#train-time").fill("2")
    assert "nearest" in str(button.get_attribute("title"))


def test_of_a_training_from_before_snapshots_were_kept_the_newest_can_be_played(
    page: Page, panel: Locator, trainings: Path
) -> None:
    shutil.rmtree(trainings / "skies" / "snapshots")
    panel.locator("#training-skies").click()
    wait_for_width(page, 96)
    panel.locator("#train-time").fill("0")
    expect(panel.locator("#train-play")).to_have_text("Play 10 kimg")
    place = {"name": "training-skies", "title": "Skies", "port": 8123}
    page.route("**/trainings/skies/play", lambda route: route.fulfill(json=place))
    with page.expect_request("**/trainings/skies/play") as asked:
        panel.locator("#train-play").click()
    assert asked.value.post_data_json == {"snapshot": "model"}
    page.unroute_all()


def test_the_datasets_own_pictures_are_a_press_away(page: Page, panel: Locator) -> None:
    wait_for_width(page, 192)
    panel.locator("#train-real").click()
    wait_for_width(page, 96)
    expect(panel.locator(".sheet")).to_have_attribute("alt", "Pictures of the dataset")
    panel.locator("#train-real").click()
    wait_for_width(page, 192)


def test_what_comes_while_one_looks_is_shown(page: Page, panel: Locator, trainings: Path) -> None:
    folder = trainings / "skies"
    panel.locator("#training-skies").click()
    wait_for_width(page, 96)
    save_sheet(folder / "samples" / "000012.0kimg.jpg", 12, 300)
    with (folder / "stats.jsonl").open("a") as file:
        file.write(json.dumps({"kimg": 12, "size": 64, "kid": 0.01, "variety": 0.9}) + "\n")
    wait_for_width(page, 300)
    expect(panel.locator(".train-state")).to_have_text(re.compile("^Stopped: 12 of 40"))


def test_a_training_that_works_is_told_to_stop(page: Page, panel: Locator, trainings: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKS, trainings / "garden"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        panel.locator("#train-stop").click()
        assert process.stdout.readline() == b"told\n"
        panel.get_by_text("Finishes its step, saves, and writes the model.").wait_for()
        expect(panel.locator("#train-resume")).to_be_hidden()
        process.communicate(timeout=60)
    panel.locator("#train-resume").wait_for()


def test_a_training_is_asked_for_and_what_is_wrong_is_said(page: Page, panel: Locator) -> None:
    panel.locator("#train-new").click()
    page.locator("#train-dataset").wait_for(timeout=60_000)
    starts = panel.locator("#train-start-list option").all_inner_texts()
    assert starts[0] == "Rainbow"
    assert starts[-1] == "Skies, trained here"
    # Every option of the trainer has its field, those that are seldom wanted below the others.
    options = [f"train-{name}" for name in StyleGANRecipe.options]
    assert (
        page.evaluate("names => names.filter((id) => !document.getElementById(id))", options) == []
    )
    page.fill("#train-dataset", "/none.zip")
    page.fill("#train-name", "mine")
    panel.locator("#train-labels").check()
    panel.locator("#form-of-train summary").click()
    page.fill("#train-batch", "8")
    with page.expect_request(lambda request: request.method == "POST") as begun:
        panel.get_by_role("button", name="Start training").click()
    inputs = {"dataset": "/none.zip", "name": "mine", "labels": True, "batch": 8}
    assert begun.value.post_data_json == {"tool": "train", "inputs": inputs}
    alert = panel.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text() == "There is no dataset '/none.zip' on the server."
    page.fill("#train-dataset", __file__)
    panel.get_by_role("button", name="Start training").click()
    panel.locator("#training-mine[data-training=failed]").wait_for(timeout=60_000)
    expect(panel.locator(".train-state")).to_contain_text("test_train.py")
    expect(panel.locator("#train-resume")).to_have_text("Begin again")
    assert "pixels" not in panel.locator(".facts").inner_text()
    panel.locator("#train-delete").click()
    panel.locator("#training-mine").wait_for(state="detached")


def test_snapshots_that_are_played_have_pages_to_go_to_until_they_are_stopped(
    page: Page, panel: Locator
) -> None:
    asked, running = [], []

    def play(route: Route) -> None:
        snapshot = route.request.post_data_json["snapshot"]
        asked.append(snapshot)
        place = {
            "name": f"training-{snapshot}",
            "title": f"Garden {snapshot}",
            "port": 8123 + len(running),
        }
        running.append(place)
        route.fulfill(json=place)

    def stop(route: Route) -> None:
        running[:] = [place for place in running if not route.request.url.endswith(place["name"])]
        route.fulfill(json={})

    page.route("**/trainings/garden/play", play)
    page.route("**/running/*", stop)
    page.route(
        "**/api/desk",
        lambda route: route.fulfill(json={"models": [], "running": running, "chains": []}),
    )
    panel.locator("#training-garden").click()
    panel.locator("#train-time").fill("1")
    panel.locator("#train-play").click()
    panel.get_by_role("link", name="127.0.0.1:8123").wait_for()
    panel.locator("#train-best").click()
    link = panel.get_by_role("link", name="127.0.0.1:8124")
    link.wait_for()
    assert link.get_attribute("href") == "http://127.0.0.1:8124/"
    assert asked == ["000010.0kimg", "best"]
    panel.get_by_role("button", name="Stop Garden best").click()
    link.wait_for(state="detached")
    expect(panel.locator(".train-places li")).to_have_count(1)
    running.clear()  # stopped elsewhere
    panel.locator(".train-places").wait_for(state="hidden")
    running.append({"name": "training-garden", "title": "Begun elsewhere", "port": 8125})
    panel.get_by_role("link", name="127.0.0.1:8125").wait_for()
    page.unroute_all()


def test_the_sheets_are_saved_as_a_video(page: Page, panel: Locator) -> None:
    panel.locator("#training-garden").click()
    with page.expect_download() as saved:
        panel.locator("#train-film").click()
    assert saved.value.suggested_filename == "garden.mp4"
    assert saved.value.path().read_bytes()[4:8] == b"ftyp"


def test_the_server_is_asked_only_while_the_panel_is_seen(page: Page) -> None:
    page.evaluate(COUNT_TIMERS)
    page.click("#tab-train")
    page.wait_for_function("() => ticking.size === 1")
    page.click("#tab-controls")
    page.wait_for_function("() => ticking.size === 0")


def test_figures_are_told_in_round_numbers(page: Page) -> None:
    script = """async () => {
      const { factors, steps, short } = await import("/studio/train/curves.js");
      const { duration } = await import("/studio/durations.js");
      const ranges = [[0, 7.2], [0, 0.31], [0, 1], [-0.5, 1], [0, 0]];
      return [
        ranges.map(([low, high]) => steps(low, high).map(short)),
        [5, 130, 7500, 400000].map(duration),
        [[0.02, 2.1], [-0.0003, 0]].map(([low, high]) => factors(low, high).map(short)),
      ];
    }"""
    ticks, times, tenfold = page.evaluate(script)
    assert ticks[:4] == [
        ["0", "2", "4", "6", "8"],
        ["0", "0.1", "0.2", "0.3", "0.4"],
        ["0", "0.5", "1"],
        ["-0.5", "0", "0.5", "1"],
    ]
    assert len(ticks[4]) > 1
    assert tenfold == [["0.01", "0.1", "1", "10"], ["0.001", "0.01"]]
    assert times == ["5 s", "2 min", "2 h 5 min", "5 days"]


def test_the_panel_takes_the_room_of_map_and_mixer_where_asked_to_and_gives_it_back(
    page: Page, panel: Locator
) -> None:
    expect(page.locator("#panel-mixer")).to_be_visible()
    wide = page.get_by_role("button", name="Give the panel the room of map and mixer")
    wide.click()
    box = page.locator("#panel-train").bounding_box()
    assert box is not None
    assert box["width"] > 600
    expect(page.locator("#panel-mixer")).to_be_hidden()
    expect(page.locator("#picture-canvas")).to_be_visible()
    wide.click()
    expect(page.locator("#panel-mixer")).to_be_visible()
    expect(page.locator("#panel-map")).to_be_visible()


def test_a_training_that_never_began_shows_why_first(page: Page, panel: Locator) -> None:
    message = "'bad.zip' is no whole zip file."

    def answer(route: Route) -> None:
        made = {"state": "failed", "message": message, "sheets": [], "models": [], "snapshots": []}
        made |= {"total": 0, "unit": "passages", "curves": {"ap50": [[1, 0.2], [2, 0.9]]}}
        route.fulfill(json={**route.fetch().json(), **made})

    expect(panel.locator(".sheets")).to_be_visible()
    page.route("**/trainings/skies", answer)
    panel.locator("#training-skies").click()
    panel.get_by_text(message).wait_for()
    expect(panel.locator(".sheets")).to_be_hidden()
    expect(panel.locator("#train-delete")).to_be_visible()
    expect(panel.locator("#train-resume")).to_have_text("Begin again")
    expect(panel.locator("#train-resume")).to_have_attribute("title", "")
    expect(panel.locator("#train-until")).to_be_hidden()
    expect(panel.locator(".chart-x")).to_contain_text("2 thousand passages")
    expect(panel.locator("figcaption")).to_have_text("Average precisionAP50 0.9")
    page.unroute("**/trainings/skies")


def test_nothing_sticks_out_at_any_size(page: Page) -> None:
    page.click("#tab-train")
    page.locator("#panel-train .train-view img[src]").wait_for()
    for width, height in ((390, 844), (768, 1024), (VIEWPORT["width"], 720), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """(width) => {
          const panel = document.querySelector("#panel-train");
          return innerWidth === width && document.documentElement.scrollWidth <= width
            && panel.scrollWidth <= panel.clientWidth;
        }""",
            arg=width,
        )


@pytest.fixture
def lacking(page: Page) -> Iterator[Page]:
    """A page of a server without PyTorch; what it is asked to install is half way, then there."""
    job = {"id": "install-1", "tool": "install", "state": "running", "done": 95, "total": 190}
    begun: list[str] = []

    def offer(route: Route) -> None:
        answer = route.fetch().json()
        answer["lacking"] = {"train": "Training needs PyTorch: taxiway install train."}
        route.fulfill(json=answer)

    def start(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        begun.append(route.request.post_data_json["inputs"]["extra"])
        route.fulfill(json=job)
        return None

    def events(route: Route) -> None:
        told = {**job, "message": "Downloads torch."} if begun else {**job, "tool": "walk"}
        route.fulfill(
            content_type="text/event-stream", body=f"event: job\ndata: {json.dumps(told)}\n\n"
        )

    page.route("**/studio/api/tools*", offer)
    page.route("**/studio/api/jobs", start)
    page.route("**/studio/api/jobs/events", events)
    yield page
    page.unroute_all()


def test_what_training_needs_is_installed_by_a_button(lacking: Page) -> None:
    page = lacking
    page.click("#tab-train")
    page.click("#train-new")
    box = page.locator("#panel-train .train-install")
    box.get_by_text("Training needs PyTorch: taxiway install train.").wait_for()
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)
    box.get_by_role("button", name="Install it (200 MB)").click()
    box.get_by_text("Downloads torch.").wait_for()
    expect(box.get_by_role("progressbar")).to_have_js_property("value", 0.5)
    expect(box.get_by_role("button", name="Stop")).to_be_visible()
    expect(box.get_by_role("button", name="Install it (200 MB)")).to_be_hidden()
