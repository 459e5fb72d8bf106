"""An exported site in a browser, from a plain file server below a path."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from interop.npm import packages
from paths import FIXTURES, ROOT
from players import small_renderer
from taxiway.catalog import catalog
from taxiway.core.images import open_image, read_metadata
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.tools.export import Export, Exported

pytestmark = pytest.mark.browser


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with z of 512 numbers, as the tutorial has it, below a path."""
    root = tmp_path_factory.mktemp("www")
    card = catalog.choose(None, FIXTURES / "stylegan2-ada_32_z512.pkl")
    (root / "art" / "small").mkdir(parents=True)
    model = Exported(small_renderer("stylegan2-ada_32_z512"), card, {})
    inputs = Export.command.decode({"presets": "3-4"})
    Export().run(model, inputs, QuietJob(root / "art" / "small"))
    library = packages() / "p5" / "lib" / "p5.min.js"
    sketch = ROOT / "examples" / "p5-rainbow" / "sketch.js"
    (root / "p5.min.js").write_bytes(library.read_bytes())
    (root / "sketch.js").write_bytes(sketch.read_bytes())
    tags = "".join(f"<script src={name}></script>" for name in
                   ("art/small/taxiway.js", "p5.min.js", "sketch.js"))  # fmt: skip
    (root / "sketch.html").write_text(f"<!doctype html><main></main>{tags}")
    return root


@pytest.fixture
def server(folder: Path) -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=made.serve_forever, args=[0.05], daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_the_page_plays_the_model_and_needs_no_server_afterwards(
    page: Page, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/art/small/")
    status = page.get_by_role("status").first
    expect(status).to_have_text(re.compile("a picture, by the processor"))
    first = pixels(page)
    assert first.std() > 1
    page.get_by_role("button", name="seed0003").click()
    expect(page.get_by_role("button", name="Back")).to_be_enabled()
    page.get_by_label("truncation").fill("0.2")
    page.get_by_label("Map: arrow keys move").press("ArrowRight")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "x.png")
    data = (tmp_path / "x.png").read_bytes()
    said = read_metadata(data)
    assert said is not None
    assert (said["truncation"], len(said["z"])) == (0.2, 512)
    assert open_image(data, "x").size == (32, 32)
    page.evaluate("() => navigator.serviceWorker.ready")
    server.shutdown()
    server.server_close()
    page.reload()
    expect(status).to_have_text(re.compile("a picture, by the processor"))
    assert np.array_equal(pixels(page), first)


def pixels(page: Page) -> np.ndarray:  # type: ignore[type-arg]
    script = "() => Array.from(picture.getContext('2d').getImageData(0, 0, 32, 32).data)"
    return np.array(page.evaluate(script))


def test_the_tutorials_sketch_needs_one_tag_and_no_change(
    page: Page, server: ThreadingHTTPServer
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/sketch.html")
    page.wait_for_function("() => asked && !waiting")
    middle = "() => Array.from(get(256, 256))"
    first = page.evaluate(middle)
    page.get_by_role("button", name="A new rainbow").click()
    page.wait_for_function(
        "(first) => !waiting && String(get(256, 256)) !== String(first)", arg=first
    )
    told = page.evaluate(
        """async () => {
          const ask = (body) => fetch("http://localhost:8000/query", { method: "POST", body });
          const wrong = await ask(JSON.stringify({ z: [1, 2] }));
          const info = await (await fetch("http://localhost:8000/info")).json();
          return [wrong.status, (await wrong.json()).error, info.inputs[0].length];
        }"""
    )
    assert told == [400, "'z' takes 512 numbers, got 2.", 512]
    assert errors == []
