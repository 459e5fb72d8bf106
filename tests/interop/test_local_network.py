"""The browser's rules for pages of the web that ask this machine, as Chromium applies them.

They are checked before CORS: without the person's leave nothing arrives here, with it a page needs
what the servers answer. Chromium takes the page's server for one of the web by a flag.
"""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from chromium import ARGUMENTS, PATIENCE_MS, chromium, within
from examples.conftest import serving
from interop.conftest import Ports

pytestmark = pytest.mark.browser

FAMILY = "toys:Gradient"
PAGE = "http://sketches.example"
ASK = """
async (url) => {
  const inputs = { method: "POST", headers: { "Content-Type": "application/json" } };
  try {
    const answer = await fetch(url + "/query", { ...inputs, body: '{"seed": 1}' });
    return [answer.status, Object.keys(await answer.json())];
  } catch (error) {
    return String(error);
  }
}
"""
CONNECT = """
(url) => new Promise((resolve) => {
  const address = url.replace("http", "ws") + "/socket.io/?EIO=3&transport=websocket";
  const socket = new WebSocket(address);
  socket.onmessage = ({ data }) => resolve(data[0]);
  socket.onerror = () => resolve("refused");
})
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that is taken for one of the web."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html>")
    with serving(folder) as origin:
        yield origin.replace("http://localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def browser(playwright: Playwright, site: str) -> Iterator[Browser]:
    flags = [
        f"--host-resolver-rules=MAP sketches.example {site},MAP plain.example {site}",
        f"--ip-address-space-overrides={site}=public",
        f"--unsafely-treat-insecure-origin-as-secure={PAGE}",
    ]
    with within(playwright):
        path = chromium()
        running = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *flags])
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(PAGE)
    yield page
    context.close()


def test_without_leave_not_a_byte_arrives_be_it_of_a_preflight(page: Page) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with page.expect_console_message(lambda said: "loopback" in said.text):
            assert page.evaluate(ASK, url) == "TypeError: Failed to fetch"
        assert page.evaluate(CONNECT, url) == "refused"
        assert all(not said for said in heard(listening))


def heard(listening: socket.socket) -> Iterator[bytes]:
    """What came by every connection; Chromium connects first and makes its mind up then."""
    with contextlib.suppress(BlockingIOError):
        while True:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(BlockingIOError, ConnectionResetError):
                connection.setblocking(False)
                yield connection.recv(1)


def test_a_page_of_a_plain_http_address_is_refused_and_nobody_can_give_it_leave(
    page: Page, server: Ports
) -> None:
    page.goto("http://plain.example")
    state = "() => navigator.permissions.query({ name: 'local-network-access' })"
    assert page.evaluate(f"{state}.then(({{ state }}) => state)") != "granted"
    with page.expect_console_message(lambda said: "not a secure context" in said.text):
        assert page.evaluate(ASK, server.url) == "TypeError: Failed to fetch"


def test_with_leave_a_query_passes_its_preflight_and_a_socket_opens(
    page: Page, server: Ports
) -> None:
    page.context.grant_permissions(["local-network-access"], origin=PAGE)
    health = "async (url) => (await (await fetch(url + '/healthz')).json()).status"
    assert page.evaluate(health, server.url) == "ok"
    assert page.evaluate(ASK, server.url) == [200, ["image"]]
    assert page.evaluate(CONNECT, server.url) == "0"
