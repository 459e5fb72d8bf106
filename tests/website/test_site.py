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
from taxiway.core.images import open_image
from taxiway.core.tool import QuietJob
from taxiway.families.stylegan.tools.export import Export, Exported
from taxiway.latent.files import read_latents
from taxiway.latent.sample import z_of_seed
from taxiway.latent.space import Latent

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
    z, w = z_of_seed(3, 512), np.full(model.renderer.w_dim, 0.5, np.float32)
    given = [Latent(space="z", numbers=z, source="seed0003"),
             Latent(space="w", numbers=w, source="of-w")]  # fmt: skip
    inputs = {"presets": given, "dtype": "float16", "zip": False}
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
    assert downloaded(page, tmp_path).seed is not None
    page.get_by_role("button", name="seed0003").click()
    expect(page.get_by_role("button", name="Back")).to_be_enabled()
    wait_for_another(page, first)
    chosen = pixels(page)
    page.get_by_label("truncation").fill("0.2")
    wait_for_another(page, chosen)
    began = downloaded(page, tmp_path)
    assert (began.truncation, began.seed) == (0.2, None)
    np.testing.assert_array_equal(began.numbers, z_of_seed(3, 512))
    pulled = pixels(page)
    page.get_by_label("Map: arrow keys move").press("ArrowRight")
    wait_for_another(page, pulled)
    assert not np.array_equal(downloaded(page, tmp_path).numbers, began.numbers)
    page.evaluate("() => navigator.serviceWorker.ready")
    server.shutdown()
    server.server_close()
    page.reload()
    expect(status).to_have_text(re.compile("a picture, by the processor"))
    assert np.array_equal(pixels(page), first)


def test_a_preset_of_w_is_saved_as_w_and_not_truncated_again(
    page: Page, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/art/small/")
    expect(page.get_by_role("status").first).to_have_text(re.compile("a picture, by"))
    first = pixels(page)
    page.get_by_role("button", name="of-w").click()
    wait_for_another(page, first)
    expect(page.get_by_label("truncation")).to_be_disabled()
    kept = downloaded(page, tmp_path)
    assert kept.space == "w+"
    assert np.unique(kept.numbers).tolist() == [0.5]
    page.get_by_role("button", name="seed0003").click()
    expect(page.get_by_label("truncation")).to_be_enabled()


def test_a_page_opened_as_a_file_says_what_it_needs(page: Page, folder: Path) -> None:
    page.goto((folder / "art" / "small" / "index.html").as_uri())
    status = page.get_by_role("status").first
    expect(status).to_have_text(re.compile("put the folder on a web server"))


def wait_for_another(page: Page, before: np.ndarray) -> None:  # type: ignore[type-arg]
    script = "(was) => String(picture.getContext('2d').getImageData(0, 0, 32, 32).data) !== was"
    page.wait_for_function(script, arg=",".join(map(str, before)))


def downloaded(page: Page, folder: Path) -> Latent:
    """What the picture that is shown says it was made of, as all tools here read it."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(folder / "x.png")
    assert open_image((folder / "x.png").read_bytes(), "x").size == (32, 32)
    (latent,) = read_latents(folder / "x.png", small_renderer("stylegan2-ada_32_z512").shape)
    return latent


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
          const none = await ask("json");
          const info = await (await fetch("http://127.0.0.1:8000/info")).json();
          const said = (given) => given.catch((error) => error.message);
          return [wrong.status, (await wrong.json()).error, none.status, (await none.json()).error,
            await said(taxiway.picture({ preset: 2 })), await said(taxiway.load({ engine: "x" })),
            (await taxiway.load({ engine: "cpu" })).engine, info.inputs[0].length];
        }"""
    )
    assert told == [
        400,
        "'z' takes 512 numbers, got 2.",
        400,
        'The body takes a JSON object such as {"seed": 1}.',
        "'preset' takes a number from 0 to 1, got 2.",
        '\'engine\' is "auto", "gpu" or "cpu", got "x".',
        "the processor",
        512,
    ]
    assert errors == []
