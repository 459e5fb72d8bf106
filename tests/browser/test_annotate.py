"""Boxes drawn by mouse, by finger and by keys, kept through a reload, a second window and an
absent server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from annotation.pictured import pictures
from browser.access import serious
from browser.conftest import Server, new_context
from taxiway.annotation.folder import AnnotatedFolder
from taxiway.annotation.sets import Sets


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def birds(data: Path) -> tuple[str, AnnotatedFolder]:
    """A folder of the owner's, four pictures of 80 x 40 pixels."""
    root = pictures(data / "birds", "a.png", "b.png", "c.png", "d.png")
    id = Sets(data / "annotations").take(root)
    return id, AnnotatedFolder(root)


@pytest.fixture(scope="module")
def server(data: Path, birds: Any) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAXIWAY_DATA", str(data))
        running = Server("finders:Finder")
    yield running
    running.stop()


def opened(page: Page, id: str) -> Page:
    """The window in which boxes are drawn, with a picture."""
    page.goto(f"/#annotate={id}")
    page.locator(".boxes-editor[open]").wait_for()
    expect(page.locator(".boxes-file")).not_to_be_empty()
    return page


def corners(page: Page) -> tuple[float, float, float]:
    """Where the picture, 80 x 40, lies in the page: left, top, and pixels for one of it."""
    box = page.locator("#boxes-canvas").bounding_box()
    assert box is not None
    scale = min((box["width"] - 24) / 80, (box["height"] - 24) / 40)
    left = box["x"] + (box["width"] - 80 * scale) / 2
    return left, box["y"] + (box["height"] - 40 * scale) / 2, scale


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Drag the mouse along points of the picture."""
    left, top, scale = corners(page)
    for number, (x, y) in enumerate(points):
        page.mouse.move(left + x * scale, top + y * scale)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def kept(page: Page) -> None:
    """Wait until the server has everything."""
    expect(page.locator("#boxes-saved")).to_have_text("Kept")


def rounded(folder: AnnotatedFolder, name: str) -> list[list[int]]:
    return [[round(each) for each in box] for box in folder.one(name).boxes]


def test_boxes_are_drawn_moved_undone_copied_proposed_and_kept(
    browser: Browser, server: Server, birds: tuple[str, AnnotatedFolder]
) -> None:
    id, folder = birds
    context = new_context(browser, server, remembers=True)
    page = opened(context.new_page(), id)
    draw_by_mouse(page, folder)
    draw_by_keys(page, folder)
    go_through_all(page, folder)
    meet_another_window(page, folder)
    miss_the_server(page, folder)
    page.click("#boxes-back")
    card = page.locator(".boxes-set")
    expect(card).to_contain_text("3 done")
    card.locator("summary").click()
    with page.expect_download() as saved:
        card.get_by_role("button", name="Export").click()
    assert saved.value.suggested_filename == "birds-yolo.zip"
    # What is shown stays so, and a file without boxes is told by its own name.
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Import boxes").click()
    none: Any = {"name": "diary.txt", "mimeType": "text/plain", "buffer": b"Dear diary"}
    chooser.value.set_files(none)
    expect(page.locator("#panel-annotate [role=alert]")).to_contain_text("'diary.txt' holds no")
    expect(page.locator("#panel-annotate [role=status]")).to_have_text("")
    page.click("#tab-network")
    page.click("#tab-annotate")
    card.locator(".boxes-check").click()
    expect(page.locator("#panel-annotate .boxes-faults")).to_contain_text("'wren' has")
    expect(page.locator("#panel-annotate .boxes-counts dt")).to_have_text(["wren", "owl", "middle"])
    page.locator("#panel-annotate .boxes-sheet[src]").wait_for()
    # The form of a training shows the set that it names.
    card.locator(".boxes-train").click(timeout=60_000)
    expect(page.locator("#train-dataset")).to_have_value(id)
    expect(page.get_by_role("button", name="Detector", pressed=True)).to_be_visible()
    page.locator("#panel-train .boxes-sheet[src]").wait_for()
    page.fill("#train-dataset", "none")
    expect(page.locator("#panel-train .boxes-dataset")).to_be_hidden()
    context.close()


def draw_by_mouse(page: Page, folder: AnnotatedFolder) -> None:
    expect(page.locator("#boxes-new-class")).to_be_focused()
    for name in ("wren", "owl"):
        page.fill("#boxes-new-class", name)
        page.keyboard.press("Enter")
        expect(page.locator(f".boxes-class:has-text('{name}')")).to_be_visible()
    page.locator("#boxes-canvas").focus()
    page.keyboard.press("1")
    drag(page, (10, 5), (20, 10), (30, 15))
    expect(page.locator(".boxes-size")).to_have_count(1)
    kept(page)
    assert rounded(folder, "a.png") == [[10, 5, 20, 10, 0]]
    # Moved by its middle, resized by a corner, its class changed by a key.
    drag(page, (20, 10), (25, 12), (30, 15))
    drag(page, (40, 20), (45, 22), (50, 30))
    page.keyboard.press("2")
    expect(page.get_by_text("The selected box is 'owl' now")).to_be_visible()
    kept(page)
    assert rounded(folder, "a.png") == [[20, 10, 30, 20, 1]]
    # What is chosen in the list, by the mouse, is for the keys at once.
    page.locator(".boxes-size").click()
    page.keyboard.press("1")
    kept(page)
    assert rounded(folder, "a.png") == [[20, 10, 30, 20, 0]]
    page.locator("#boxes-undo").click()
    expect(page.locator("#boxes-canvas")).to_be_focused()
    kept(page)
    assert rounded(folder, "a.png") == [[20, 10, 30, 20, 1]]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    kept(page)
    assert rounded(folder, "a.png") == [[20, 10, 20, 10, 0]]
    page.keyboard.press("Control+Shift+z")
    kept(page)
    assert rounded(folder, "a.png") == [[20, 10, 30, 20, 0]]


def draw_by_keys(page: Page, folder: AnnotatedFolder) -> None:
    # By keys alone: a box, moved by single pixels, another class.
    page.keyboard.press("n")
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+Shift+ArrowDown")
    page.keyboard.press("2")
    kept(page)
    assert rounded(folder, "a.png")[1] == [31, 15, 20, 11, 1]
    expect(page.locator("#boxes-progress")).to_have_text("0 of 4 done, 1 begun")


def go_through_all(page: Page, folder: AnnotatedFolder) -> None:
    assert serious(page) == []
    # Nothing is lost by a reload, which comes back to the same picture.
    page.keyboard.press("Escape")
    page.reload()
    page.locator(".boxes-editor[open]").wait_for()
    expect(page.locator(".boxes-size")).to_have_text(["30 × 20 at 20, 10", "20 × 11 at 31, 15"])
    page.locator("#boxes-canvas").focus()
    page.keyboard.press("Space")
    expect(page.locator(".boxes-file")).to_have_text("b.png")
    page.keyboard.press("c")
    expect(page.locator(".boxes-size")).to_have_count(2)
    page.keyboard.press("Tab")
    # A model's proposal, of a class that is new, comes while what was deleted is on its way.
    held: list[Route] = []
    page.route("**/boxes?name=b.png", lambda route: held.append(route))
    page.keyboard.press("Delete")
    expect(page.locator(".boxes-size")).to_have_count(1)
    page.keyboard.press("p")
    expect(page.locator(".boxes-size")).to_have_text(["20 × 11 at 31, 15", "40 × 20 at 20, 10"])
    for each in held:
        each.continue_()
    page.unroute("**/boxes?name=b.png")
    kept(page)
    page.keyboard.press("Space")
    expect(page.locator(".boxes-file")).to_have_text("c.png")
    page.keyboard.press("e")
    expect(page.locator(".boxes-file")).to_have_text("d.png")
    page.click("#boxes-all")
    expect(page.locator(".boxes-words")).to_contain_text("1 picture pre-labelled")
    page.keyboard.press("s")
    expect(page.locator("#boxes-progress")).to_have_text("3 of 3 done, 1 skipped")
    kept(page)
    states = [each.state for each in folder.overview().pictures]
    assert states == ["done", "done", "empty", "skipped"]
    marks = page.locator(".boxes-item").evaluate_all("all => all.map((one) => one.dataset.picture)")
    assert marks == states
    expect(page.locator(".boxes-item img[src]")).to_have_count(4)


def meet_another_window(page: Page, folder: AnnotatedFolder) -> None:
    # Another window draws into the same picture: both are kept until somebody chooses.
    page.locator("[data-name='c.png']").click()
    expect(page.locator(".boxes-file")).to_have_text("c.png")
    page.evaluate("document.hidden || Object.defineProperty(document, 'hidden', { value: true })")
    version = folder.one("c.png").version
    folder.put("c.png", version, "done", [(1, 1, 5, 5, 0)])
    drag(page, (50, 20), (60, 25), (70, 30))
    expect(page.locator(".boxes-conflict")).to_be_visible()
    assert rounded(folder, "c.png") == [[1, 1, 5, 5, 0]]
    page.click("#boxes-theirs")
    expect(page.locator(".boxes-size")).to_have_text(["5 × 5 at 1, 1"])
    page.click("#boxes-undo")
    kept(page)
    assert rounded(folder, "c.png") == [[50, 20, 20, 10, 0]]


def miss_the_server(page: Page, folder: AnnotatedFolder) -> None:
    # While the server does not answer, what is drawn stays in the tab, through a reload too.
    page.route("**/boxes?name=d.png", lambda route: route.abort())
    page.route("**/boxes?name=c.png", lambda route: route.abort())
    drag(page, (5, 20), (10, 25), (20, 35))
    expect(page.locator("#boxes-saved")).to_contain_text("Not kept yet")
    assert len(folder.one("c.png").boxes) == 1
    page.unroute_all()
    page.reload()
    expect(page.locator(".boxes-size")).to_have_count(2)
    kept(page)
    assert len(folder.one("c.png").boxes) == 2


def test_a_finger_draws_on_a_phone_and_pictures_are_dropped(
    browser: Browser, server: Server, birds: tuple[str, AnnotatedFolder], data: Path
) -> None:
    context = new_context(
        browser, server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto("/")
    page.click("#tab-annotate")
    chooser = page.locator("#panel-annotate input[type=file]")
    chooser.set_input_files([data / "birds" / "images" / "a.png", data / "birds" / "data.yaml"])
    page.locator(".boxes-editor[open]").wait_for()
    page.fill("#boxes-new-class", "nest")
    page.keyboard.press("Enter")
    expect(page.locator("#boxes-more")).to_have_text("nest")
    page.click("#boxes-more")
    left, top, scale = corners(page)
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [
            {"x": left + x * scale, "y": top + y * scale, "id": k}
            for k, (x, y) in enumerate(points)
        ]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (10, 10))
    touch("touchMove", (30, 20))
    touch("touchMove", (50, 30))
    touch("touchEnd")
    kept(page)
    own = next(each for each in Sets(data / "annotations").all() if each.own)
    folder = AnnotatedFolder(Path(own.path))
    assert rounded(folder, "a.png") == [[10, 10, 40, 20, 0]]
    # Two fingers zoom and draw nothing.
    touch("touchStart", (30, 20), (50, 20))
    touch("touchMove", (10, 20), (70, 20))
    touch("touchEnd")
    assert rounded(folder, "a.png") == [[10, 10, 40, 20, 0]]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    overflow = page.evaluate(
        """() => [...document.querySelectorAll(".boxes-editor button, .boxes-editor select")]
          .filter((one) => one.checkVisibility() && !one.closest(".boxes-strip"))
          .map((one) => [one.id, one.getBoundingClientRect()])
          .filter(([, { left, right }]) => right > 391 || left < 0).map(([id]) => id)"""
    )
    assert overflow == []
    page.click("#boxes-finish")
    expect(page.locator("#boxes-progress")).to_have_text("1 of 1 done")
    page.click("#boxes-back")
    expect(page.locator("#panel-annotate [role=status]")).to_contain_text(
        "'data.yaml' is no picture"
    )
    assert json.loads((Path(own.path) / "set.json").read_text())["folder"] == ""
    context.close()
