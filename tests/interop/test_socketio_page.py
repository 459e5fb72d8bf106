"""socket.io-client of five generations in a page: a frame out, an answer in, and so on."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from interop.conftest import HERE, Ports, opened
from interop.npm import packages

pytestmark = pytest.mark.browser

FAMILY = "interop.negative:Negative"
CLIENTS = ["sio1", "sio20", "sio23", "sio3", "sio4"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("how", ["file", "port"])
def test_a_webcam_sketch_goes_round_and_round(
    page: Page, server: Ports, tmp_path: Path, client: str, how: str
) -> None:
    library = packages() / client / "dist" / "socket.io.js"
    with opened(page, tmp_path, how, [library, HERE / "sketches" / "webcam.js"]) as wrong:
        page.wait_for_function("() => answers.length === FRAMES")
        assert page.evaluate("() => errors") == []
        assert page.evaluate("() => info.inputs[0].type") == "image"
        reds = page.evaluate("() => answers")
        assert wrong == []
        page.evaluate("() => socket.close()")
    assert all(abs(red - (255 - 12 * frame)) < 6 for frame, red in enumerate(reds))
