"""Pages for people, and what programs get at the same addresses."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hosting.serving_fakes import DOMAIN, TOKEN, Host, hosting
from taxiway.hosting.records import Limits

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BY_NAME = {"Host": f"class.{DOMAIN}"}


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with hosting(tmp_path) as host:
        host.host(limits=Limits(budget=3))
        yield host


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/class", {}), ("/class/", {}), ("//class/v1", {}), ("/", BY_NAME), ("/v1", BY_NAME)],
)
async def test_a_private_address_is_a_page_for_people(
    host: Host, path: str, headers: dict[str, str]
) -> None:
    page = await host.http.get(f"http://localhost:8080{path}", headers={**BROWSER, **headers})
    assert page.status_code == 200
    assert '<meta name="taxiway-model" content="class">' in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert TOKEN not in page.text
    assert host.engine.running == {}  # looking wakes nobody


async def test_programs_get_json_where_people_get_a_page(host: Host) -> None:
    for accept in ("*/*", "application/json", "application/json, text/html"):
        answer = await host.http.get("/class/v1", headers={"Accept": accept})
        assert answer.status_code == 401
        assert "This model is private" in answer.json()["error"]
    for path in ("/class", "/class/query"):
        answer = await host.http.get(path, headers={"Accept": "*/*"})
        assert answer.status_code == 404
        assert "A hosted model has /v1, /v1/info" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nobody", 404, "There is no such model here"),
        ("/class/v1/info", 401, "This model is private"),
        ("/class/v1/query", 405, "This takes POST"),
    ],
)
async def test_what_is_not_for_people_is_a_sentence_on_a_page(
    host: Host, path: str, status: int, said: str
) -> None:
    page = await host.http.get(path, headers=BROWSER)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert f"<h1>{said}" in page.text
    assert host.slept == []


async def test_a_model_that_is_not_active_has_no_page(host: Host) -> None:
    host.store.set_active("class", False)
    assert (await host.http.get("/class", headers=BROWSER)).status_code == 404


async def test_all_that_the_page_loads_is_here_and_kept(host: Host) -> None:
    page = await host.http.get("/class", headers=BROWSER)
    files = re.findall(r'(?:href|src)="(studio@[^"]+)"', page.text)
    assert len(files) >= 6
    for file in files:
        got = await host.http.get(f"/{file}")
        assert got.status_code == 200
        assert "immutable" in got.headers["cache-control"]
    assert (await host.http.get("/studio/../hosting/store.py")).status_code == 404
    assert (await host.http.get("/studio/none.js")).status_code == 404


async def test_the_state_wakes_nobody_and_tells_what_is_left(host: Host) -> None:
    told = (await host.get("/class/v1/state")).json()
    assert (told["state"], told["left"], told["label"]) == ("asleep", 3, "first")
    assert host.engine.running == {}
    assert (await host.get("/class/v1/state", token=None)).status_code == 401
    await host.ask({"text": "a"})
    told = (await host.get("/class/v1/state")).json()
    assert (told["state"], told["left"], told["waiting"]) == ("running", 2, 0)
    assert "hash" not in told


async def test_the_link_has_the_token_behind_the_hash(host: Host) -> None:
    given = (await host.get("/class/v1/link")).json()
    assert given["link"] == f"http://localhost:8080/class#{TOKEN}"
    assert given["qr"].startswith("data:image/svg+xml")
    assert (await host.get("/class/v1/link", token=None)).status_code == 401


async def test_anybodys_link_has_no_token(host: Host) -> None:
    host.host("open", public=True)
    given = (await host.get("/open/v1/link", token=None)).json()
    assert given["link"] == "http://localhost:8080/open"
    page = await host.http.get("/", headers=BROWSER)
    assert 'href="http://localhost:8080/open"' in page.text
    assert "class" not in re.findall(r"<h2>.*?</h2>", page.text, re.DOTALL)[0]
