"""The examples that run a model by themselves."""

import runpy
from pathlib import Path

import av
import pytest
from PIL import Image

from examples.conftest import EXAMPLES


def test_pictures_py_saves_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / "python" / "pictures.py"))
    assert {path.name: size(path) for path in tmp_path.glob("*.png")} == {
        "three.png": (512, 512),
        "sixteen.png": (2048, 2048),
        "mix.png": (3072, 2048),
        "between.png": (512, 512),
    }
    assert (tmp_path / "between.npz").is_file()


def test_film_py_saves_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shorter = (EXAMPLES / "python" / "film.py").read_text().replace("seconds=2", "seconds=0.4")
    exec(compile(shorter, "film.py", "exec"), {})  # noqa: S102
    with av.open("rainbows.mp4") as film:
        assert sum(1 for _ in film.decode(video=0)) == 12
    with Image.open("wander.gif") as film:
        assert (film.size, film.n_frames) == ((256, 256), 4)  # type: ignore[attr-defined]
    assert len(list(tmp_path.glob("frame*.png"))) == 5


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size
