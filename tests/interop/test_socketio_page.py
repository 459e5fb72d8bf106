"""socket.io-client of five generations in a page: a frame out, an answer in, and so on."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from interop.conftest import HERE, Ports, opened
from interop.npm import packages
from interop.test_p5 import LIBRARIES as P5

pytestmark = pytest.mark.browser

FAMILY = "interop.negative:Negative"
CLIENTS = ["sio1", "sio20", "sio23", "sio3", "sio4"]


@pytest.mark.parametrize(
    ("how", "client"),
    [
        pytest.param(how, client, marks=[pytest.mark.slow] if (n + m) % 2 else [])
        for n, client in enumerate(CLIENTS)
        for m, how in enumerate(("file", "port"))
    ],
)
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


@pytest.mark.parametrize(
    ("how", "p5", "client"),
    [
        ("file", "p5-08", "sio20"),
        ("port", "p5", "sio23"),
        pytest.param("port", "p5-08", "sio20", marks=pytest.mark.slow),
        pytest.param("file", "p5", "sio23", marks=pytest.mark.slow),
    ],
)
def test_a_p5_sketch_sends_its_camera(
    page: Page, server: Ports, tmp_path: Path, p5: str, client: str, how: str
) -> None:
    folder = packages()
    libraries = [folder / p5 / "lib" / name for name in P5[p5]]
    libraries.append(folder / client / "dist" / "socket.io.js")
    with opened(page, tmp_path, how, [*libraries, HERE / "sketches" / "camera.js"]) as wrong:
        page.wait_for_function("() => sums.length >= 20")
        sums, sent = page.evaluate("() => [sums, sent]")
        assert wrong == []
        page.evaluate("() => socket.close()")
    # A frame and its negative are white together; the camera's test picture is green.
    assert all(abs(total - 255) < 3 for total in sums)
    assert sent > 20
