"""docs/old-sketches.md: its code for p5, Socket.IO, Python and curl, run as it stands."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from examples.conftest import ROOT, TOLD
from examples.pictures import SAME, answered, decoded, difference
from interop.conftest import opened
from interop.npm import absent, packages

PAGE = (ROOT / "docs" / "old-sketches.md").read_text()
P5_SKETCH, SOCKET_SKETCH = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
PICTURE = "data:image/jpeg;base64"


@pytest.mark.browser
def test_the_p5_sketch_draws_what_was_answered(page: Page, address: str, tmp_path: Path) -> None:
    sketch = written(tmp_path, P5_SKETCH)
    with opened(page, tmp_path, "file", [packages() / "p5" / "lib" / "p5.min.js", sketch]):
        page.evaluate("() => pixelDensity(1)")
        with page.expect_response("**/query"):
            page.get_by_role("button", name="Generate").click()
        page.wait_for_function("() => get(200, 200)[3] > 0")
        shown = page.evaluate("() => document.querySelector('canvas').toDataURL()")
    assert difference(decoded(shown), answered(address)) < SAME


@pytest.mark.browser
@pytest.mark.parametrize("client", ["sio1", "sio20", "sio4"])
def test_the_socketio_sketch_shows_one_picture_after_another(
    page: Page, tmp_path: Path, client: str
) -> None:
    library = packages() / client / "dist" / "socket.io.js"
    with opened(page, tmp_path, "file", [library, written(tmp_path, SOCKET_SKETCH)]) as wrong:
        page.wait_for_function("() => picture.naturalWidth === 256")
        first = page.evaluate("() => picture.src")
        page.wait_for_function("(first) => picture.src !== first", arg=first)
        assert wrong == []
        page.evaluate("() => socket.close()")


def test_the_python_code_prints_how_a_picture_begins(address: str) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code.count(TOLD) == 1
    said = subprocess.check_output([sys.executable, "-c", code.replace(TOLD, address)], timeout=60)
    assert said.decode().strip() == PICTURE


def test_the_curl_line_is_answered(address: str) -> None:
    if shutil.which("curl") is None:
        absent("The curl example needs curl: install it.")
    [line] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    said = subprocess.check_output(shlex.split(line.replace(TOLD, address)), timeout=60)
    assert json.loads(said)["image"].startswith(PICTURE)


def written(folder: Path, sketch: str) -> Path:
    """The sketch as a file beside the page's own folder, from which it is linked."""
    file = folder / "made" / "sketch.js"
    file.parent.mkdir()
    file.write_text(sketch)
    return file
