"""The documents as a site: what is found wrong with one, and (slow) ours, searched offline."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from chromium import within
from paths import ROOT
from taxiway import commands

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

sys.path.insert(0, str(ROOT / "scripts"))

import docs
from site_pages import command_pages
from site_proof import faults

PAGE = """<link rel="stylesheet" href="a.css"><link rel="canonical" href="https://x.org/">
<a href="b.html#here">1</a> <a href="https://x.org">2</a> <p id="there"></p> <a href="#there">3</a>
"""
WRONG = {
    "<a href='b.html#nowhere'>": "a.html names b.html#nowhere, which has no such place",
    "<a href='#nowhere'>": "a.html names #nowhere, which has no such place",
    "<a href='c.html'>": "a.html names c.html, which is not there",
    "<img src='c.png'>": "a.html names c.png, which is not there",
    "<a href='/b.html'>": "a.html names /b.html, which is elsewhere below a path",
    "<script src='https://x.org/x.js'>": "a.html loads https://x.org/x.js from elsewhere",
    "<img src='//x.org/x.png'>": "a.html loads //x.org/x.png from elsewhere",
}
SIZES = ((1440, 900), (390, 844))


@pytest.mark.parametrize("wrong", ["", *WRONG])
def test_what_a_page_names_has_to_be_there(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE + wrong)
    (tmp_path / "b.html").write_text("<h1 id='here'>")
    (tmp_path / "a.css").touch()
    assert list(faults(tmp_path)) == ([WRONG[wrong]] if wrong else [])


def test_every_command_has_a_page_of_what_it_declares() -> None:
    pages = command_pages()
    assert set(pages) == set(commands.names())
    assert "| `--osc-port N` | OSC, or off |" in pages["run"]
    assert "### taxiway models pull" not in pages["models"]
    assert "## taxiway models pull" in pages["models"]
    assert "| `--yes` | agree to the licence" in pages["models"]
    assert all(page.startswith(f"# taxiway {name}\n") for name, page in pages.items())
    rows = [row for page in pages.values() for row in page.splitlines()]
    assert [row for row in rows if row.startswith("| `") and row.endswith("|  |")] == []


def test_the_reading_order_has_every_page() -> None:
    listed = "".join(docs.contents())
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"<docs/{page.stem}>" in listed, page.name
    captions = [line.split()[1] for line in listed.splitlines() if line.startswith(":caption:")]
    order = [
        "Start",
        "Play",
        "Connect",
        "Find",
        "Bring",
        "Find",
        "Train",
        "Share",
        "Host",
        "Extend",
        "Reference",
    ]
    assert captions == order


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ours, built strictly."""
    out = tmp_path_factory.mktemp("below") / "a path"
    assert docs.build(out) == []
    return out


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(find_spec("sphinx") is None, reason="needs the extra docs")
@pytest.mark.parametrize("by", ["file", "http"])
def test_the_site_is_read_and_searched_offline(
    by: str, site: Path, playwright: "Playwright", chrome: "Browser"
) -> None:
    serve = partial(SimpleHTTPRequestHandler, directory=str(site.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    here = f"http://127.0.0.1:{server.server_address[1]}/a%20path"
    base = site.as_uri() if by == "file" else here
    try:
        with within(playwright):
            for size in SIZES:
                read_and_search(base, size, chrome)
    finally:
        server.shutdown()
        server.server_close()


def read_and_search(base: str, size: tuple[int, int], chrome: "Browser") -> None:
    """Open some pages, search, go on to what was found."""
    from playwright.sync_api import expect

    page = chrome.new_page(viewport={"width": size[0], "height": size[1]})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: said.type == "error" and faults.append(said.text))
    page.on("request", lambda asked: asked.url.startswith(base) or faults.append(asked.url))
    for name in ("index", "docs/studio", "docs/commands/run", "docs/which-model"):
        page.goto(f"{base}/{name}.html")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0], f"{name} is {wide} wide"
        page.wait_for_function("() => [...document.images].every((image) => image.naturalWidth)")
    page.goto(f"{base}/search.html?q=neighbour+similarity")
    found = page.locator("#search-results li a", has_text="The studio").first
    expect(found).to_be_visible()
    found.click()
    expect(page.get_by_role("heading", name="The studio", exact=False)).to_be_visible()
    assert faults == []
    page.close()
