"""The Models screen, against a control API that only pretends."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from taxiway.live.workspace import Place, packed

MOSAIC = {
    "name": "style-mosaic",
    "title": "Mosaic",
    "summary": "Paints like glass.",
    "family": "onnx",
    "task": "style",
    "origin": "catalogue",
    "isHere": False,
    "bytes": 6_728_029,
    "licence": "Apache-2.0",
    "licenceSource": "https://example.com/licence",
    "commercial": True,
    "credit": "Johnson et al.",
    "data": "Photographs.",
    "bias": "",
    "limits": "One style.",
    "takes": ["image"],
    "gives": ["image"],
    "tried": "Not tried by us.",
    "cannot": "",
    "hasPicture": False,
}
MANY = ["image", "points", "image_bounding_box", "image", "number", "boolean"]
LANTERN = {
    **MOSAIC,
    "name": "lantern",
    "title": "Lantern",
    "origin": "taxiway",
    "task": "",
    "isHere": True,
    "bytes": 0,
    "takes": ["vector"],
    "tried": "",
}
WRITER = {
    **MOSAIC,
    "name": "writer",
    "title": "Writer",
    "task": "writing",
    "takes": ["text"],
    "gives": ["text"],
    "cannot": "'writer' needs Transformers: taxiway install text.",
}
JOB = {
    "id": "pull-1",
    "kind": "tool",
    "tool": "pull",
    "inputs": {"name": "style-mosaic", "licence": "Apache-2.0"},
    "state": "running",
    "done": 2.5,
    "total": 6.7,
    "message": "Fetches mosaic-9.onnx.",
    "secondsLeft": 4.0,
    "created": 1.0,
    "started": 1.0,
    "ended": None,
    "files": [],
    "isBroken": False,
}


class Server:
    """Answers as the control API does, and keeps what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.models: list[dict[str, Any]] = [LANTERN, MOSAIC, WRITER]
        self.job: dict[str, Any] | None = None
        self.asked: list[tuple[str, str, Any]] = []

    def answer(self, route: Route) -> None:
        request = route.request
        path = request.url.partition("/studio/api")[2]
        if request.method != "GET":
            is_file = path == "/workspace"
            body = None if is_file or not request.post_data else request.post_data_json
            self.asked.append((request.method, path, body))
        if path == "/models":
            route.fulfill(json={"models": self.models, "held": 5e6, "free": 2e9})
        elif path == "/desk":
            place = {"name": "lantern", "title": "Lantern", "state": "running", "info": None}
            running = [{**place, "port": self.port, "path": ""}]
            route.fulfill(json={"models": [], "running": running, "chains": []})
        elif path == "/jobs/events":
            said = f"event: job\ndata: {json.dumps(self.job)}\n\n" if self.job else ":\n\n"
            route.fulfill(body=said, content_type="text/event-stream")
        elif path == "/jobs":
            self.job = JOB
            route.fulfill(json=JOB)
        elif path == "/workspace" and request.method == "POST":
            route.fulfill(json={"said": ["No model named 'lost'."]})
        else:
            route.fulfill(json={})


def opened(page: Page, port: int) -> tuple[Server, Locator]:
    """The screen."""
    desk = Server(port)
    page.unroute_all()
    page.route("**/studio/api/**", desk.answer)
    page.click("#models")
    page.click("#models-all")
    return desk, page.get_by_role("dialog", name="All models")


def test_models_are_found_agreed_to_and_fetched(page: Page, server: Any) -> None:
    desk, screen = opened(page, server.port)
    cards = screen.locator(".gallery-card:visible h3")
    expect(cards).to_have_text(["Lantern", "Mosaic", "Writer"])
    expect(screen.get_by_role("link", name="Open Lantern")).to_be_visible()
    expect(screen.get_by_text("taxiway install text")).to_be_visible()
    expect(screen.get_by_text("Fetched models take 5.0 MB; 2.0 GB more")).to_be_visible()

    screen.get_by_label("Search models").fill("glass style")
    expect(cards).to_have_text(["Mosaic"])
    screen.get_by_label("Search models").fill("")
    screen.get_by_label("What for").select_option("writing")
    expect(cards).to_have_text(["Writer"])
    screen.get_by_label("What for").select_option("")
    screen.get_by_role("button", name="Here").click()
    expect(cards).to_have_text(["Lantern"])
    screen.get_by_role("button", name="All", exact=True).click()

    screen.get_by_role("button", name="Fetch Mosaic").click()
    agree = screen.get_by_role("button", name="Agree to the licence of Mosaic, and fetch it")
    expect(agree).to_have_text("Agree, and fetch 6.7 MB")
    expect(agree).to_be_focused()
    mosaic = screen.locator(".gallery-card[data-name=style-mosaic]")
    expect(mosaic.get_by_text("One style.")).to_be_visible()
    assert not desk.asked
    agree.click()
    expect(screen.get_by_text("2.5 of 6.7 MB, 4 s left.")).to_be_visible()
    pulled = {"name": "style-mosaic", "licence": "Apache-2.0"}
    assert desk.asked == [("POST", "/jobs", {"tool": "pull", "model": "", "inputs": pulled})]
    screen.get_by_role("button", name="Stop Mosaic").click()
    desk.job = {**JOB, "state": "stopped", "message": "Stopped; it can go on from here."}
    expect(screen.get_by_text("Stopped; it can go on")).to_be_visible()
    assert desk.asked[-1][:2] == ("POST", "/jobs/pull-1/stop")
    expect(screen.get_by_role("button", name="Go on Mosaic")).to_be_visible()

    page.keyboard.press("Escape")
    expect(screen).to_be_hidden()
    expect(page.locator("#models")).to_be_focused()
    expect(page.locator("main")).to_have_js_property("inert", False)


def test_a_workspace_is_opened_and_what_it_lacks_is_told(page: Page, server: Any) -> None:
    desk, screen = opened(page, server.port)
    written = packed([Place(name="lost")], [])
    file: Any = {"name": "w.zip", "mimeType": "application/zip", "buffer": written}
    with page.expect_file_chooser() as chooser:
        screen.get_by_role("button", name="Open workspace").click()
    chooser.value.set_files(file)
    expect(screen.get_by_role("alert")).to_have_text("No model named 'lost'.")
    assert desk.asked == [("POST", "/workspace", None)]
    with page.expect_download() as download:
        screen.get_by_role("button", name="Save workspace").click()
    assert download.value.suggested_filename == "workspace.zip"


def test_a_manifest_that_was_taken_is_no_error(page: Page, server: Any) -> None:
    desk, screen = opened(page, server.port)
    expect(screen.locator(".gallery-card")).to_have_count(3)
    desk.models = [*desk.models, {**MOSAIC, "name": "mine", "title": "Mine"}]
    page.route("**/jobs/uploads?*", lambda route: route.fulfill(json={"id": "1"}))
    page.route("**/opened", lambda route: route.fulfill(json={"toFetch": "mine"}))
    choose_manifest(page, screen.get_by_role("button", name="Open a file"))
    words = screen.get_by_text("'mine' is among the models now: fetch its files here.")
    expect(words).to_be_visible()
    expect(screen.get_by_role("button", name="Fetch Mine")).to_be_visible()
    expect(screen.get_by_role("alert")).to_be_hidden()
    screen.get_by_role("button", name="Close").click()
    choose_manifest(page, page.locator("#import-vector"))
    expect(words).to_be_visible()


def choose_manifest(page: Page, button: Locator) -> None:
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files({"name": "m.toml", "mimeType": "", "buffer": b'name = "mine"'})


def test_a_card_holds_what_goes_in_and_out_and_what_went_wrong_is_in_sight(
    page: Page, server: Any
) -> None:
    desk, screen = opened(page, server.port)
    expect(screen.locator(".gallery-card")).to_have_count(3)
    desk.models = [{**MOSAIC, "name": f"m{k}", "takes": MANY, "gives": MANY} for k in range(30)]
    page.get_by_role("button", name="Close", exact=True).click()
    page.click("#models")
    page.click("#models-all")
    cards = screen.locator(".gallery-card")
    expect(cards).to_have_count(30)
    assert screen.locator(".gallery-ways").evaluate_all(
        "all => all.every((one) => one.scrollWidth <= one.parentElement.clientWidth)"
    )
    last = cards.last.get_by_role("button", name="Fetch Mosaic")
    last.click()
    page.route("**/jobs", lambda route: route.fulfill(status=400, json={"error": "No room."}))
    cards.last.get_by_role("button", name="Agree").click()
    expect(screen.get_by_role("alert")).to_be_in_viewport()
    expect(screen.get_by_role("alert")).to_have_text("No room.")
