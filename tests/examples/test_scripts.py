"""The Python and curl examples, run as they are but for the address."""

import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

from examples.conftest import EXAMPLES, TOLD
from examples.pictures import SAME, answered, difference
from interop.npm import absent


def test_query_py_saves_the_picture_that_was_answered(address: str, tmp_path: Path) -> None:
    run([sys.executable], "query/query.py", address, tmp_path)
    assert_saved(tmp_path / "rainbow.jpg", address)


def test_query_sh_saves_the_same_picture_twice(address: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        absent("The curl example needs curl: install it.")
    run(["sh"], "query/query.sh", address, tmp_path)
    assert_saved(tmp_path / "rainbow.jpg", address)
    with Image.open(tmp_path / "rainbow.png") as png:
        assert png.format == "PNG"
        assert difference(png, answered(address)) < SAME


def run(interpreter: list[str], name: str, address: str, folder: Path) -> None:
    text = (EXAMPLES / name).read_text()
    assert text.count(TOLD) == 1
    script = folder / Path(name).name
    script.write_text(text.replace(TOLD, address))
    subprocess.run(
        [*interpreter, str(script)],
        cwd=folder,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )


def assert_saved(path: Path, address: str) -> None:
    with Image.open(path) as saved:
        assert saved.format == "JPEG"
        assert saved.size == (256, 256)
        assert difference(saved, answered(address)) == 0
