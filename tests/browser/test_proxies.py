"""The studio, streams, Socket.IO and hosted pages below a path of nginx and Caddy, with TLS."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext

from browser.conftest import Server, new_context
from browser.proxies import PROXIES, free_port, running
from browser.watching import hold_studio, pixels, wait_for_other_picture, wait_for_store
from fuzz import every
from hosting.process import hosting

NAME = "studio.example.org"
WAYS = [(proxy, strips) for proxy in PROXIES for strips in (False, True)]


class Site(NamedTuple):
    """Where a proxy shows the studio, without a slash at the end."""

    url: str
    folder: Path

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        return httpx.Client(verify=context, timeout=60)


@pytest.fixture(scope="module", params=every(3, WAYS), ids=lambda way: f"{way[0]}-{way[1]:d}")
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    proxy, strips = request.param
    folder = tmp_path_factory.mktemp("proxy")
    server = Server(config={"root_path": "/taxi", "allowed_hosts": [NAME]})
    try:
        with running(proxy, server.port, folder, strips, "/taxi") as port:
            yield Site(f"https://localhost:{port}/taxi", folder)
    finally:
        server.stop()  # also where the proxy is missing


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    fresh = new_context(browser, server, ignore_https_errors=True)
    fresh.set_default_timeout(40_000)  # every file takes its own connection's handshake
    yield fresh
    fresh.close()


def test_the_studio_is_played(site: Site, context: BrowserContext) -> None:
    elsewhere: list[str] = []
    complaints: list[str] = []

    def note(url: str) -> None:
        if url != site.url and not url.startswith((f"{site.url}/", "blob:", "data:")):
            elsewhere.append(url)

    context.on("request", lambda request: note(request.url))
    context.on(
        "console",
        lambda message: complaints.append(f"{message.text} {message.location.get('url')}"),
    )
    context.on("weberror", lambda problem: complaints.append(str(problem.error)))
    page = context.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(site.url)
    hold_studio(page)
    assert page.url == f"{site.url}/"
    wait_for_store(page, "store.get('picture') !== null")
    before = pixels(page)
    page.evaluate("() => studio.session.goToSeed(7)")
    wait_for_other_picture(page, before)
    assert sockets == [f"{site.url.replace('https', 'wss')}/studio/socket"]
    for panel in page.get_by_role("tab").all():
        panel.click()
    assert page.locator("#address").text_content() == site.url
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    assert (elsewhere, complaints) == ([], [])


def test_socket_io_answers_over_both_transports(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/")
    said = page.evaluate(
        """async (url) => {
          const polled = await (await fetch(`${url}?EIO=4&transport=polling`)).text();
          const socket = new WebSocket(`${url.replace("http", "ws")}?EIO=4&transport=websocket`);
          const first = await new Promise((done) => (socket.onmessage = ({ data }) => done(data)));
          return [polled, first];
        }""",
        f"{site.url}/socket.io/",
    )
    assert [text[:7] for text in said] == ['0{"sid"'] * 2


def test_programs_find_everything_below_the_path(site: Site) -> None:
    with site.client() as client:
        assert client.post(f"{site.url}/query", json={"seed": 1}).json()["image"]
        assert client.get(f"{site.url}/openapi.json").json()["servers"] == [{"url": site.url}]
        with client.stream("GET", f"{site.url}/stream.mjpg") as stream:
            assert next(stream.iter_raw()).startswith(b"--frame")
        bare = client.get(site.url)
        assert bare.headers["location"] in ("/taxi/", f"{site.url}/")


@pytest.mark.parametrize(
    ("proxy", "strips"),
    [
        each if n % 3 == 0 else pytest.param(*each, marks=pytest.mark.slow)
        for n, each in enumerate(WAYS)
    ],
)
def test_hosted_models_have_addresses_below_the_path(
    proxy: str, strips: bool, tmp_path: Path
) -> None:
    with hosting(tmp_path / "data") as host:
        host.host("create", "open", "--model", "painter", "--public")
        upstream = free_port()
        words = ("--root-path", "/school", "--behind-proxy", "--name", "localhost")
        host.serve(*words, port=upstream)
        assert host.url == "https://localhost/school"
        with running(proxy, upstream, tmp_path, strips, "/school") as port:
            at = Site(f"https://localhost:{port}/school", tmp_path)
            with at.client() as client:
                page = client.get(f"{at.url}/").text
                [found] = set(re.findall(r"https://[^\"]+/query", page))
                answer = client.post(found, json={"seed": 1, "size": 32})
                assert answer.json()["image"].startswith("data:image/")
