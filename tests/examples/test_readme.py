"""The README's code, run as it stands."""

import io
import re
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page

from examples.conftest import P5_URL, ROOT, TOLD, serving
from examples.pictures import answered, decoded, difference

README = (ROOT / "README.md").read_text()
SKETCH = re.findall(r"```js\n(.*?)```", README, re.DOTALL)[0]
PAGE = f"<!doctype html><body><script src='{P5_URL}'></script><script>{SKETCH}</script>"


@pytest.mark.browser
def test_the_shortest_sketch_shows_a_rainbow(page: Page, address: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    with serving(tmp_path) as origin:
        page.goto(origin)
        assert_rainbow(page, address)


@pytest.mark.browser
def test_on_a_page_of_the_web_it_needs_a_permission(page: Page, address: str) -> None:
    origin = "https://editor.example"
    page.route(origin, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    with page.expect_event("requestfailed"):
        page.goto(origin)
    page.context.grant_permissions(["local-network-access"], origin=origin)
    page.reload()
    assert_rainbow(page, address)


def assert_rainbow(page: Page, address: str) -> None:
    """There is the picture that the server answered, in its full size."""
    picture = page.get_by_alt_text("a rainbow")
    picture.wait_for()
    assert picture.evaluate("(picture) => picture.decode().then(() => picture.naturalWidth)") == 256
    uri = picture.get_attribute("src")
    assert uri is not None
    assert difference(decoded(uri), answered(address)) == 0


def test_every_address_in_it_answers_with_a_picture_or_the_studio(address: str) -> None:
    urls = re.findall(rf"<({TOLD}[^>]*)>", README)
    assert len(urls) >= 2
    for url in urls:
        answer = httpx.get(url.replace(TOLD, address), timeout=60)
        assert answer.status_code == 200
        if "generate" in url:
            assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
        else:
            assert "<title>" in answer.text


def test_the_query_in_it_is_answered(address: str) -> None:
    (path, body) = re.findall(rf"`POST {TOLD}(\S+)` with `(.+?)`", README)[0]
    body = body.replace("512 numbers", ", ".join(["0.5"] * 512))
    answer = httpx.post(f"{address}{path}", content=body, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["image"].startswith("data:image/jpeg;base64,")
