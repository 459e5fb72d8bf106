"""What `taxiway convert` writes as ONNX gives the references' pictures in a browser too."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, Route

from chromium import ARGUMENTS, chromium, within
from interop.npm import packages
from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.families.stylegan.networks.onnx_model import onnx_model

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
ORIGIN = "http://localhost:9/"
"""Nobody is asked there; pages of localhost may use WebGPU."""
NAMES = (
    "stylegan2-ada_32_labels5_mapping8",
    "stylegan1_64",
    "stylegan3-t_32",
    "stylegan3-r_32",
    "projected-gan_fastgan-lite_128",
    "stylegan-xl_superres_64",
)
"""A checkpoint of each family."""
ON_PROCESSOR = "stylegan-xl_32-stem_labels10"
"""WebGPU, on a processor, draws this one wrongly."""
PICTURE = re.compile(r"uint8(?:_psi([\d.]+)(?:_cutoff(\d+))?_noise_const)?")
WITHOUT_GPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
)
PAGE = """<!doctype html><script type=module>
import * as ort from '/ort.PROVIDER.min.mjs';
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
window.picture = async (model, inputs, provider) => {
  const session = await ort.InferenceSession.create(model, { executionProviders: [provider] });
  const feeds = Object.entries(inputs).map(([name, given]) => [name, new ort.Tensor(...given)]);
  const { image } = await session.run(Object.fromEntries(feeds), ['image']);
  return [image.dims, Array.from(await image.getData())];
};
</script>"""
TYPES = {"html": "text/html", "mjs": "text/javascript", "wasm": "application/wasm"}


def answer(route: Route) -> None:
    """A file of onnxruntime-web, a fixture as ONNX, or the page itself."""
    name = route.request.url.removeprefix(ORIGIN)
    kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    if name.endswith(".onnx"):
        checkpoint = read_checkpoint(FIXTURES / f"{name.removesuffix('.onnx')}.pkl")
        route.fulfill(body=onnx_model(checkpoint, {}), content_type=kind)
    elif name.endswith(".html"):
        page = PAGE.replace("PROVIDER", name.removesuffix(".html"))
        route.fulfill(body=page, content_type=kind)
    else:
        file = packages(HERE / "onnx_web") / "onnxruntime-web" / "dist" / name
        route.fulfill(body=file.read_bytes(), content_type=kind)


def off(page: Page, name: str, provider: str) -> int:
    """How many levels the first picture is off at most."""
    checkpoint, expected = (
        read_checkpoint(FIXTURES / f"{name}.pkl"),
        np.load(FIXTURES / f"{name}.npz"),
    )
    rows, cutoff = (checkpoint.config.get(key) for key in ("num_ws", "truncation_cutoff"))
    pulled = min(rows, cutoff or rows)
    found = [(key, match) for key in expected if (match := PICTURE.fullmatch(key))]
    key, match = next(each for each in found if int(each[1][2] or rows) == pulled)
    given: dict[str, Any] = {"z": expected["z"][:1].astype(np.float32)}
    if match[1]:
        given["truncation"] = np.float32([float(match[1])])
    if checkpoint.config["c_dim"]:
        given["class"] = expected["c"][:1].argmax(axis=1).astype(np.int32)
    if any(tensor.endswith("noise_const") for tensor in checkpoint.tensors):
        given["seed"] = np.int32([0])
    said = {name: [a.dtype.name, a.ravel().tolist(), a.shape] for name, a in given.items()}
    sides, pixels = page.evaluate(
        "([model, inputs, provider]) => picture(model, inputs, provider)",
        [f"/{name}.onnx", json.loads(json.dumps(said)), provider],
    )
    image = np.array(pixels).reshape(sides)
    return int(np.abs(image - expected[key][:1]).max())


@contextlib.contextmanager
def opened(browser: Browser, provider: str) -> Iterator[Page]:
    """A page that draws by wasm or webgpu."""
    packages(HERE / "onnx_web")
    page = browser.new_page()
    page.route(f"{ORIGIN}**", answer)
    page.goto(f"{ORIGIN}{provider}.html")
    page.wait_for_function("() => window.picture")
    yield page
    page.close()


@pytest.mark.parametrize(
    "names",
    [NAMES[:3:2], pytest.param((*NAMES[1:2], *NAMES[3:], ON_PROCESSOR), marks=pytest.mark.slow)],
    ids=["webassembly-two", "webassembly-others"],
)
def test_every_family_is_drawn_by_webassembly(
    chrome: Browser, playwright: Playwright, names: tuple[str, ...]
) -> None:
    with within(playwright), opened(chrome, "wasm") as page:
        found = {name: off(page, name, "wasm") for name in names}
    assert {name: levels for name, levels in found.items() if levels > 1} == {}


@pytest.mark.slow
def test_every_family_is_drawn_by_webgpu(playwright: Playwright) -> None:
    kept = [each for each in ARGUMENTS if each != "--disable-gpu"]
    with (
        within(playwright),
        playwright.chromium.launch(
            executable_path=chromium(), args=[*kept, *WITHOUT_GPU]
        ) as browser,
        opened(browser, "webgpu") as page,
    ):
        if page.evaluate("async () => !(await navigator.gpu?.requestAdapter())"):
            pytest.skip("This Chromium has no WebGPU, not even SwiftShader's.")
        found = {name: off(page, name, "webgpu") for name in NAMES}
    assert {name: levels for name, levels in found.items() if levels > 1} == {}
