"""The menu of models, against a control API that only pretends."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.conftest import Server

RAINBOW = {
    "name": "rainbow",
    "inputs": [{"name": "z", "type": "vector", "length": 512}],
    "outputs": [{"name": "image", "type": "image"}],
}
ECHO = {
    "name": "echo",
    "inputs": [
        {"name": "photo", "type": "image"},
        {"name": "code", "type": "vector", "length": 3},
        {"name": "z", "type": "vector", "length": 512},
    ],
    "outputs": [{"name": "code", "type": "vector", "length": 512}],
}
LINK = {"source": "echo", "output": "code", "target": "lantern", "input": "z"}


COUNT_TIMERS = """() => {
  globalThis.ticking = new Set();
  const [begin, end] = [setInterval, clearInterval];
  globalThis.setInterval = (...given) => {
    const timer = begin(...given);
    ticking.add(timer);
    return timer;
  };
  globalThis.clearInterval = (timer) => {
    ticking.delete(timer);
    end(timer);
  };
}"""


def place(name: str, info: dict[str, Any] | None, port: int) -> dict[str, Any]:
    return {"name": name, "title": name.title(), "state": "running", "port": port, "info": info}


class ModelManager:
    """Answers as the control API does, and keeps what it was asked."""

    def __init__(self, port: int) -> None:
        lantern = {**RAINBOW, "name": "lantern"}
        self.port = port
        self.running = [place("lantern", lantern, port)]
        self.models = [{"name": name, "title": name.title()} for name in ("lantern", "painter")]
        self.chains: list[dict[str, str]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.tokens: set[str] = set()
        self.error = ""

    def answer(self, route: Route) -> None:
        request = route.request
        path = request.url.partition("/studio/api")[2]
        body = request.post_data_json if request.post_data else None
        self.tokens.add(request.headers.get("authorization", ""))
        if (request.method, path) != ("GET", "/desk"):
            self.asked.append((request.method, path, body))
            if self.error:
                route.fulfill(status=400, json={"error": self.error})
                return
        route.fulfill(json=self._answer(request.method, path, body))

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if path == "/desk":
            return {"models": self.models, "running": self.running, "chains": self.chains}
        if path == "/chains":
            self.chains = [body] if method == "POST" else []
            return body
        return place(body["model"], None, self.port) if method == "POST" else {}


@pytest.fixture
def manager(page: Page, server: Server) -> ModelManager:
    """With the menu open."""
    manager = ModelManager(server.port)
    page.unroute_all()
    page.route("**/studio/api/**", manager.answer)
    page.evaluate(COUNT_TIMERS)
    page.click("#models")
    page.get_by_role("dialog", name="Models").get_by_text("Painter").wait_for()
    return manager


def test_it_lists_what_runs_and_what_can_be_started(page: Page, manager: ModelManager) -> None:
    menu = page.get_by_role("dialog", name="Models")
    assert page.locator("#models").inner_text() == "Lantern"
    assert menu.locator("[aria-current=page]").inner_text().startswith("Lantern")
    expect(menu.get_by_role("button", name="Stop Lantern")).to_be_hidden()
    expect(menu.get_by_role("button", name="Start Painter")).to_be_visible()
    token = page.locator("meta[name=taxiway-owner]").get_attribute("content")
    assert manager.tokens == {f"Bearer {token}"}


def test_the_card_of_a_model_is_read_before_it_is_started(
    page: Page, manager: ModelManager
) -> None:
    manager.models[1] |= {"licence": "CC0", "data": "Paint.", "metrics": {"kid": 0.020123456}}
    page.get_by_role("dialog", name="Models").get_by_text("Card", exact=True).click()
    facts = page.locator(".menu-card .facts")
    facts.get_by_text("CC0").wait_for()
    assert facts.inner_text().split("\n") == [
        "Made from",
        "Paint.",
        "Licence",
        "CC0",
        "kid",
        "0.02012",
    ]


OPTIONS = [
    {"name": "palette", "type": "category", "oneOf": ["warm", "cold"], "default": "warm"},
    {"name": "size", "type": "number", "default": 64, "min": 8, "max": 99, "whole": True},
    {"name": "words", "type": "text", "default": None, "description": "What it knows."},
]


def test_what_a_model_is_started_with_is_chosen_in_a_form(
    page: Page, manager: ModelManager
) -> None:
    manager.models[1] |= {"options": OPTIONS}
    menu = page.get_by_role("dialog", name="Models")
    menu.get_by_label("Words").fill("many")
    menu.get_by_role("button", name="cold").click()
    expect(menu.get_by_role("button", name="cold")).to_have_attribute("aria-pressed", "true")
    manager.models.append({"name": "other", "title": "Other"})
    menu.get_by_role("button", name="Start Other").wait_for()
    expect(menu.get_by_label("Words")).to_have_value("many")
    with page.expect_navigation():
        menu.get_by_role("button", name="Start Painter").click()
    options = {"words": "many", "palette": "cold"}
    assert manager.asked == [("POST", "/running", {"model": "painter", "options": options})]


def test_a_model_that_cannot_be_run_says_why(page: Page, manager: ModelManager) -> None:
    manager.models[1] |= {"error": "'painter' cannot be loaded: NameError (model.py, line 3)."}
    menu = page.get_by_role("dialog", name="Models")
    menu.get_by_text("model.py, line 3").wait_for()
    expect(menu.get_by_role("button", name="Start Painter")).to_have_count(0)


def test_it_is_asked_for_only_while_it_is_open(page: Page, manager: ModelManager) -> None:
    with page.expect_response("**/studio/api/desk"):
        assert page.evaluate("() => ticking.size") == 1
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Models")).to_be_hidden()
    expect(page.locator("#models")).to_be_focused()
    page.wait_for_function("() => ticking.size === 0")


def test_starting_a_model_leads_to_its_page(page: Page, manager: ModelManager) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Start Painter").click()
    assert manager.asked == [("POST", "/running", {"model": "painter"})]


def test_other_models_are_a_click_away_and_can_be_stopped(
    page: Page, manager: ModelManager
) -> None:
    manager.running.append(place("echo", ECHO, 8001))
    link = page.get_by_role("link", name="Echo")
    link.wait_for()
    assert link.get_attribute("href") == "http://127.0.0.1:8001/"
    with page.expect_response("**/studio/api/running/echo"):
        page.get_by_role("button", name="Stop Echo").click()
    assert manager.asked == [("DELETE", "/running/echo", None)]


def test_chains_are_made_and_removed_where_types_match(page: Page, manager: ModelManager) -> None:
    manager.running.append(place("echo", ECHO, 8001))
    choice = page.locator("#chain-choice")
    choice.wait_for()
    assert choice.locator("option").all_inner_texts() == ["Echo: Code → Z"]
    page.click("#chain-add")
    remove = page.get_by_role("button", name="Remove Echo: Code → Z")
    remove.click()
    remove.wait_for(state="detached")
    assert manager.asked == [("POST", "/chains", LINK), ("DELETE", "/chains", LINK)]


def test_what_is_refused_is_told(page: Page, manager: ModelManager) -> None:
    manager.error = "32 models run already; stop one of them first."
    page.get_by_role("button", name="Start Painter").click()
    alert = page.locator(".menu-trouble")
    alert.wait_for()
    with page.expect_response("**/studio/api/desk"):
        assert alert.inner_text() == manager.error
    expect(alert).to_be_visible()


def test_the_real_desk_is_understood(page: Page) -> None:
    page.unroute_all()
    page.click("#models")
    menu = page.get_by_role("dialog", name="Models")
    menu.get_by_role("button", name="Start Painter").wait_for()
    assert "Running at 127.0.0.1" in menu.inner_text()
