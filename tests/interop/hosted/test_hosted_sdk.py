"""Runway's own SDK for hosted models, unmodified from npm, in node and in Chromium."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright

from chromium import PATIENCE_MS, Door, within
from examples.conftest import serving
from hosting.process import Hosting, hosting
from interop.npm import packages

HERE = Path(__file__).parent
RUNWAY = "hosted-models.runwayml.cloud"
SMALL = {"seed": 1, "size": 32}
PERMISSION = "Permission denied, this model is private."
NOT_FOUND = "Model not found."
MODEL = "The model experienced an error while processing your input."
"""The SDK's words for 401, 404 and 500."""
CLIENTS = ["node", pytest.param("page", marks=pytest.mark.browser)]
clients = pytest.mark.parametrize("client", CLIENTS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """It hosts a public model; each test creates what else it needs, which is then asleep."""
    with hosting(tmp_path_factory.mktemp("hosted")) as host:
        host.host("create", "open", "--model", "painter", "--public")
        host.serve()
        yield host
        host.stop()


@pytest.fixture(scope="module")
def browser(
    chrome: Browser, playwright: Playwright, doors: Mapping[str, Door], server: Hosting
) -> Iterator[Browser]:
    """For it, Runway's servers are this one."""
    doors[f"*.{RUNWAY}:80"].target = int(server.url.rpartition(":")[2])
    with within(playwright):
        yield chrome


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of another origin with the SDK's browser build."""
    folder = tmp_path_factory.mktemp("page")
    sdk = packages(HERE) / "@runwayml" / "hosted-models" / "dist" / "hosted-models.js"
    for file in (sdk, HERE / "play.js"):
        (folder / file.name).symlink_to(file)
    scripts = "".join(f"<script src='{name}'></script>" for name in (sdk.name, "play.js"))
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><body>{scripts}")
    with serving(folder) as origin:
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        shown = context.new_page()
        shown.goto(origin)
        yield shown
        context.close()


@pytest.fixture
def play(client: str, request: pytest.FixtureRequest) -> Any:
    """`play(url, token, inputs, wait)` by the SDK of node or of the page."""
    shown: Page | None = request.getfixturevalue("page") if client == "page" else None
    packages(HERE)

    def playing(url: str, token: str | None = None, inputs: Any = SMALL, wait: bool = False) -> Any:
        settings = {"url": url, "token": token, "inputs": inputs, "wait": wait}
        if shown is not None:
            return shown.evaluate("(settings) => play(rw.HostedModel, settings)", settings)
        command = ["node", "play.js", json.dumps(settings)]
        return json.loads(subprocess.check_output(command, cwd=HERE, timeout=60))

    return playing


def address(server: Hosting, name: str, end: str = "") -> str:
    """As `taxiway host create` prints it."""
    return f"{server.url}/{name}.{RUNWAY}/v1{end}"


@clients
@pytest.mark.parametrize("end", ["", "/"])
def test_a_sketch_plays_a_private_model_that_was_asleep(
    server: Hosting, play: Any, client: str, end: str
) -> None:
    name = f"asleep-{client}{'-slash' if end else ''}"
    token = server.token("create", name, "--model", "painter")
    seen = play(address(server, name, end), token, wait=True)
    assert seen["awakeAtFirst"] == {"value": False}
    assert seen["info"]["value"]["name"] == "generate"
    assert seen["query"]["value"]["image"].startswith("data:image/jpeg;base64,")
    assert seen["awakeAtLast"] == {"value": True}


@clients
def test_a_query_waits_while_the_model_wakes(server: Hosting, play: Any, client: str) -> None:
    token = server.token("create", f"waking-{client}", "--model", "painter")
    seen = play(address(server, f"waking-{client}"), token)
    assert seen["awakeAtFirst"] == {"value": False}
    assert "image" in seen["query"]["value"]


@clients
def test_a_public_model_needs_no_token(server: Hosting, play: Any) -> None:
    assert "image" in play(address(server, "open"), None)["query"]["value"]


@clients
def test_a_token_that_is_wrong_is_a_permission_error(
    server: Hosting, play: Any, client: str
) -> None:
    server.host("create", f"private-{client}", "--model", "painter")
    for token in (None, "wrong=="):
        seen = play(address(server, f"private-{client}"), token)
        assert all(seen[what]["error"].startswith(PERMISSION) for what in seen)


@clients
def test_a_token_that_ends_ends_in_a_permission_error(
    server: Hosting, play: Any, client: str
) -> None:
    name = f"ending-{client}"
    token = server.token("create", name, "--model", "painter", "--budget-requests", "1")
    first, second = (play(address(server, name), token) for _ in range(2))
    assert "image" in first["query"]["value"]
    assert second["query"]["error"].startswith(PERMISSION)
    assert second["info"]["value"]["name"] == "generate"
    number = next(line.split()[0] for line in server.host("token", "list", name).splitlines()[1:])
    server.host("token", "revoke", number)
    assert play(address(server, name), token)["info"]["error"].startswith(PERMISSION)


@clients
def test_bad_input_is_an_error_of_the_model(server: Hosting, play: Any) -> None:
    for inputs in ({"seed": "x"}, {}, {"z": [1, 2]}):
        seen = play(address(server, "open"), None, inputs)
        assert seen["query"]["error"].startswith(MODEL)


@clients
def test_a_model_that_is_not_there_is_not_found(server: Hosting, play: Any) -> None:
    seen = play(address(server, "nobody"), None)
    assert all(seen[what]["error"].startswith(NOT_FOUND) for what in seen)


@clients
def test_a_sketch_that_asks_too_fast_gets_all_it_asked_for(
    server: Hosting, play: Any, client: str
) -> None:
    name = f"paced-{client}"
    token = server.token("create", name, "--model", "painter", "--rate", "1/s")
    for _ in range(2):
        assert "image" in play(address(server, name), token)["query"]["value"]
    used = server.host("usage", name, "--csv").splitlines()[1].split(",")
    assert used[4:6] == ["2", "0"]


@pytest.mark.browser
def test_a_page_with_runways_own_address_in_it_plays(server: Hosting, page: Page) -> None:
    settings = {"url": f"http://open.{RUNWAY}/v1", "token": None, "inputs": SMALL, "wait": True}
    seen = page.evaluate("(settings) => play(rw.HostedModel, settings)", settings)
    assert "image" in seen["query"]["value"]


@pytest.mark.browser
def test_a_page_that_fetches_by_itself_keeps_its_picture_while_the_model_wakes(
    server: Hosting, page: Page
) -> None:
    token = server.token("create", "fetched", "--model", "painter", "--idle", "0.1")
    statuses = page.evaluate(
        """async ([url, token]) => {
          document.body.innerHTML = "<img>";
          const image = document.querySelector("img");
          const shown = [];
          for (const seed of [1, 2, 3]) {
            const answer = await fetch(url + "/query", {
              method: "POST",
              headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
              body: JSON.stringify({ seed, size: 32 }),
            });
            image.src = (await answer.json()).image;
            await image.decode();
            shown.push(answer.status, image.naturalWidth);
            while ((await (await fetch(url, {
              headers: { Authorization: `Bearer ${token}` },
            })).json()).status === "running") {
              if (image.naturalWidth !== 32) return "lost";
            }
          }
          return shown;
        }""",
        [f"{server.url}/fetched/v1", token],
    )
    assert statuses == [200, 32] * 3


def test_a_client_written_in_go_plays(server: Hosting) -> None:
    """It strips the last slash, asks 502 and 429 again at once, and knows no other mercy."""
    token = server.token("create", "gone", "--model", "painter", "--rate", "2/s")
    base = f"{server.url}/gone/v1/".rstrip("/")
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:

        def insist(method: str, path: str, **more: Any) -> httpx.Response:
            while True:
                answer = client.request(method, base + path, **more)
                if answer.status_code not in (429, 502):
                    return answer

        assert insist("GET", "/").json()["status"] == "starting"
        assert insist("GET", "/info").json()["outputs"][0]["name"] == "image"
        for seed in range(4):
            answer = insist("POST", "/query", json={"seed": seed, "size": 32})
            assert answer.status_code == 200
        assert insist("GET", "/").json()["status"] == "running"
