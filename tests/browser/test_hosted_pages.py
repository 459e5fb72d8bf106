"""Pages of hosted models in a real browser, on a phone and on a screen."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browser.access import serious
from browser.conftest import SIZES
from chromium import PATIENCE_MS
from hosting.process import Hosting, hosting
from taxiway.hosting import owner
from taxiway.hosting.records import Hosted, Limits
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

TOKEN = "tw_" + "a" * 43
PHOTO = Path(__file__).parents[2] / "src/taxiway/catalog/pictures/rainbow.jpg"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server with a model to play and one to ask."""
    folder = tmp_path_factory.mktemp("school")
    with Store(folder) as store:
        for name, model in (("play", "painter"), ("ask", "lineart")):
            hosted = Hosted(name=name, model=model)
            store.create(hosted, "Ada", digest(TOKEN + name), Limits(budget=20))
    with hosting(folder) as host:
        host.serve()
        yield host


@pytest.fixture(params=["phone", "laptop"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height = SIZES[request.param]
    viewport: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport)
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    asked: list[str] = []
    opened.on("request", lambda sent: asked.extend([sent.url, sent.headers.get("referer", "")]))
    yield opened
    assert problems == []
    assert not any(TOKEN in address or "link_" in address for address in asked)
    context.close()


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def picture(page: Page) -> str:
    return page.locator("#picture").get_attribute("src") or ""


def hears_its_place(page: Page) -> None:
    """A question that others are before."""
    held: list[Route] = []
    page.route("**/v1/query", lambda asked: held.append(asked))
    page.route(
        "**/v1/state",
        lambda asked: asked.fulfill(
            json={**asked.fetch().json(), "waiting": 9, "place": 3, "seconds": 4.2}
        ),
    )
    page.get_by_role("button", name="New").click()
    expect(page.locator(".state")).to_contain_text("In line: place 3, about 5 seconds.")
    page.unroute("**/v1/state")
    held[0].continue_()
    page.unroute("**/v1/query")
    expect(page.locator(".state")).to_contain_text("Awake")


def hears_that_its_token_ended(page: Page) -> None:
    """The state is asked for again after each picture."""
    page.route("**/v1/state", lambda asked: asked.fulfill(status=401, json={"error": "Revoked."}))
    page.get_by_role("button", name="New").click()
    expect(page.locator(".state")).to_have_text("Revoked.")
    page.unroute("**/v1/state")


def test_a_pupil_plays_by_a_link(school: Hosting, page: Page) -> None:
    page.goto(f"{school.url}/play")
    expect(page.get_by_text("opens with a link of your own")).to_be_visible()
    page.locator("#link").fill("tw_" + "b" * 43)
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".trouble")).to_contain_text("This model is private")
    page.goto(f"{school.url}/play#{TOKEN}play")
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator(".state")).to_contain_text(re.compile(r"Awake · \d+ questions left"))
    assert "#" not in page.url
    first = picture(page)
    page.get_by_role("button", name="New").click()
    expect(page.locator("#picture")).not_to_have_attribute("src", first)
    second = picture(page)
    page.locator(".mixer-canvas").click(position={"x": 60, "y": 20})
    expect(page.locator("#picture")).not_to_have_attribute("src", second)
    hears_its_place(page)
    hears_that_its_token_ended(page)
    page.get_by_role("button", name="Back").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save").click()
    assert b"tEXttaxiway\0{" in Path(saved.value.path()).read_bytes()[:300]
    page.get_by_text("Use it in your own sketch").click()
    expect(page.locator("#snippet")).to_contain_text(f'Authorization: "Bearer {TOKEN}play"')
    page.get_by_text("On another device").click()
    expect(page.locator(".qr")).to_be_visible()
    assert_fits(page)
    assert serious(page) == []
    page.reload()
    expect(page.locator("#picture")).to_be_visible()


def test_a_pupil_asks_with_a_picture_and_hears_what_is_wrong(school: Hosting, page: Page) -> None:
    page.goto(f"{school.url}/ask#{TOKEN}ask")
    page.locator("#run").click()
    expect(page.locator(".trouble")).to_contain_text("'image' is missing.")
    expect(page.locator(".line.wrong")).to_have_count(1)
    with page.expect_file_chooser() as chooser:
        page.locator("#input-image").click()
    chooser.value.set_files(PHOTO)
    page.locator("#run").click()
    expect(page.locator(".output-picture img").first).to_have_attribute("src", re.compile("^data:"))
    expect(page.locator(".trouble")).to_be_hidden()
    assert_fits(page)


def test_a_teacher_looks_after_a_class(school: Hosting, page: Page, tmp_path: Path) -> None:
    page.goto(f"{school.url}/teacher")
    expect(page.get_by_text("taxiway host owner-link")).to_be_visible()
    with Store(school.folder) as store:
        link = owner.new_link(store)
    page.goto(f"{school.url}/teacher#{link}")
    card = page.locator(".card", has_text="play")
    card.get_by_role("button", name=re.compile("Wake|Sleep")).click()
    expect(card).to_contain_text(re.compile("Awake|Asleep|Waking"))
    assert "#" not in page.url
    names = tmp_path / "class.csv"
    names.write_text("Vorname;Nachname\nZoë;Groß\n=1+1;\n")
    with page.expect_file_chooser() as chooser:
        page.locator("#class-list").click()
    chooser.value.set_files(names)
    expect(page.locator("#give")).to_have_text("Make 2 tokens")
    page.locator("#give-model").select_option("play")
    page.locator("#give-budget").fill("1")
    page.locator("#give").click()
    expect(page.locator(".ticket")).to_have_count(2)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    given = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text())))
    assert [row["name"] for row in given] == ["Zoë Groß", "'=1+1"]
    assert school.ask("play", given[0]["token"], seed=1, size=64).status_code == 200
    assert serious(page) == []
    page.emulate_media(media="print")
    expect(page.locator(".tickets")).to_be_visible()
    expect(page.locator("table")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Done").click()
    row = page.locator("tr", has_text="Zoë Groß").last
    expect(row).to_contain_text("used up")
    row.get_by_role("button").click()
    row.get_by_role("button", name="For good?").click()
    expect(row).to_contain_text("revoked")
    assert_fits(page)
    page.locator("#leave").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto(f"{school.url}/teacher#{link}")
    expect(page.get_by_text("used already")).to_be_visible()
