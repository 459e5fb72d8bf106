"""What a browser computes of an exported model is what the references say, without a server."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright

from chromium import ARGUMENTS, chromium, within
from paths import ROOT
from taxiway.latent.sample import z_of_seed
from website.sites import ORIGIN, expected, fixture_site, serve

pytestmark = pytest.mark.browser

NAMES = (
    "stylegan2-ada_32_labels5_mapping8",
    "stylegan2-ada_32_resnet",
    "stylegan1_64",
    "stylegan3-t_32",
    "stylegan3-r_32",
    "projected-gan_fastgan-lite_128",
    "stylegan-xl_32-stem_labels10",
    "stylegan-xl_superres_64",
)
"""A checkpoint of each family, architecture and odd part."""
WITHOUT_GPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
)
PICTURE = """async ([base, engine, inputs]) => {
  const { Model } = await import(`${base}engine/model.js`);
  const model = await Model.load(base, engine);
  const { pixels } = await model.picture(inputs);
  return [model.engine.name, Array.from(pixels)];
}"""


def off(page: Page, name: str, engine: str) -> tuple[str, int]:
    """What computed the fixture's first picture, and how many levels it is off at most."""
    inputs, image = expected(name)
    used, pixels = page.evaluate(PICTURE, [f"{ORIGIN}{name}/", engine, inputs])
    made = np.array(pixels).reshape(*image.shape[:2], 4)[..., : image.shape[2]]
    return used, int(np.abs(made - image.astype(int)).max())


def levels(page: Page, engine: str) -> dict[str, Any]:
    serve(page, {name: fixture_site(name) for name in NAMES} | {"": {"x.html": b"<!doctype html>"}})
    page.goto(f"{ORIGIN}{NAMES[0]}/icon.svg")
    return {name: off(page, name, engine) for name in NAMES}


def test_every_family_is_drawn_by_the_processor(page: Page) -> None:
    found = levels(page, "cpu")
    assert {engine for engine, _ in found.values()} == {"the processor"}
    assert {name: most for name, (_, most) in found.items() if most > 1} == {}
    script = "async (base) => Array.from((await import(base)).zOfSeed(4294967295, 5))"
    drawn = page.evaluate(script, f"{ORIGIN}{NAMES[0]}/engine/seed.js")
    assert np.array_equal(np.float32(drawn), z_of_seed(4294967295, 5))


@pytest.mark.slow
def test_every_family_is_drawn_by_webgpu(playwright: Playwright) -> None:
    """On a processor that stands for a GPU, SwiftShader; it takes seconds a picture."""
    kept = [each for each in ARGUMENTS if each != "--disable-gpu"]
    with within(playwright):
        browser: Browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*kept, *WITHOUT_GPU]
        )
        try:
            found = levels(browser.new_page(), "gpu")
        finally:
            browser.close()
    assert "the processor" not in {engine for engine, _ in found.values()}
    assert {name: most for name, (_, most) in found.items() if most > 1} == {}


def test_the_kernels_are_what_their_text_says() -> None:
    wasmtime = pytest.importorskip("wasmtime")
    folder = ROOT / "src" / "taxiway" / "website" / "engine"
    made = wasmtime.wat2wasm((folder / "kernels.wat").read_text())
    assert bytes(made) == (folder / "kernels.wasm").read_bytes()
