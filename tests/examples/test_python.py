"""The examples that run a model by themselves."""

from pathlib import Path

import av
import pytest
from PIL import Image

from examples.conftest import EXAMPLES
from paths import FIXTURES

SMALL = FIXTURES / "stylegan2-ada_32_z512.pkl"


def test_pictures_py_saves_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("pictures.py")
    assert {path.name: size(path) for path in tmp_path.glob("*.png")} == {
        "three.png": (32, 32),
        "sixteen.png": (128, 128),
        "mix.png": (192, 128),
        "between.png": (32, 32),
    }
    assert (tmp_path / "between.npz").is_file()


def test_film_py_saves_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("film.py", "seconds=0.4")
    with av.open("rainbows.mp4") as film:
        assert sum(1 for _ in film.decode(video=0)) == 12
    with Image.open("wander.gif") as film:
        assert (film.size, film.n_frames) == ((256, 256), 4)  # type: ignore[attr-defined]
    assert len(list(tmp_path.glob("frame*.png"))) == 5


def run(name: str, seconds: str = "") -> None:
    """The example, with a network of small pictures, and films that last no longer than that."""
    source = (EXAMPLES / "python" / name).read_text()
    assert 'load("rainbow")' in source
    source = source.replace('load("rainbow")', f"load({str(SMALL)!r})")
    source = source.replace("seconds=2", seconds)
    exec(compile(source, name, "exec"), {})  # noqa: S102


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size
