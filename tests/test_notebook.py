"""Models from Python: what docs/python.md shows runs, and what it says is so."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paths import ROOT
from players import FIXTURES, small_renderer
from taxiway import load
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.families.stylegan.rendering.painter import PainterRenderer
from taxiway.notebook import Model

PAGE = ROOT / "docs" / "python.md"
PARTS = PAGE.with_name("parts.md")
SHORTER = {
    'load("rainbow")': f"load({str(FIXTURES / 'stylegan2-ada_32_z512.pkl')!r})",
    "steps=30": "steps=2",
    "seconds=1": "seconds=0.2",
}
"""What in the page's code would take long, and what the test runs instead."""


@pytest.fixture(scope="module")
def g() -> Model:
    return Model(small_renderer())


def test_importing_taxiway_alone_is_light() -> None:
    script = (
        "import sys, taxiway\n"
        "print(callable(taxiway.load), {'torch', 'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "True set()\n"


def test_the_page_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    monkeypatch.syspath_prepend(tmp_path)
    counting = re.findall(r"```python\n(.*?)```", PARTS.read_text(), re.DOTALL)[0]
    (tmp_path / "count.py").write_text(counting)
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        for long, short in SHORTER.items():
            block = block.replace(long, short)
        exec(compile(block, "docs/python.md", "exec"), names)  # noqa: S102
    assert np.asarray(names["half"]).tolist() == np.asarray(names["again"]).tolist()
    assert names["sheet"].size == (96, 96)  # type: ignore[attr-defined]
    assert names["part"] == {"said": "1 2 3 "}
    assert {path.name for path in tmp_path.iterdir()} - {"count.py", "__pycache__"} == {
        ".taxiway", "directions", "film.mp4", "found", "half.npz", "pictures", "three.png",
        "wander.gif",
    }  # fmt: skip


@pytest.mark.smoke
def test_a_checkpoint_is_loaded_by_its_path() -> None:
    small = load(FIXTURES / "stylegan3-t_32.pkl", device="cpu")
    assert repr(small) == "<stylegan3-t_32: 32 x 32 pixels, z 64, w 64 x 16>"
    assert small.image(seed=1, rotation=90).size == (32, 32)
    with pytest.raises(NotFound, match="There are: .*painter, .*rainbow"):
        load("sunset")


def test_an_image_is_asked_for_in_many_ways(g: Model, tmp_path: Path) -> None:
    g.image(seed=3, psi=0.6).save(tmp_path / "plain.png")
    z = small_renderer().z_of_seeds([3])[0]
    g.save(tmp_path / "three.npz", 3, psi=0.6)
    asked = [
        3,
        "3",
        z.tolist(),
        {"z": z.tolist()},
        tmp_path / "three.npz",
        str(tmp_path / "three.npz"),
    ]
    pictures = [np.asarray(g.image(latent, psi=0.6)) for latent in asked]
    for picture in pictures:
        np.testing.assert_array_equal(picture, np.asarray(Image.open(tmp_path / "plain.png")))
    assert len(g.images([tmp_path / "three.npz", 5, "6-7"])) == 4


def test_mixing_keeps_the_heads_and_mixes_inside(g: Model) -> None:
    sheet = np.asarray(g.mix("1,2", "5-7", "none")).reshape(3, 32, 4, 32, 3).swapaxes(1, 2)
    np.testing.assert_array_equal(sheet[2, 0], np.asarray(g.image(2)))
    np.testing.assert_array_equal(sheet[0, 1], np.asarray(g.image(5)))
    np.testing.assert_array_equal(sheet[2, 3], sheet[2, 0])


def test_a_walk_is_looked_at_anywhere(g: Model) -> None:
    walk = g.walk("1,5", pace="even", psi=0.5)
    start, turn = (np.asarray(g.image(seed, psi=0.5)).astype(int) for seed in (1, 5))
    assert np.abs(np.asarray(walk.image(0)) - start).max() <= 1
    assert np.abs(np.asarray(walk.image(0.5)) - turn).max() <= 1
    assert walk.strip(4).size == (128, 32)
    assert len(list(walk.frames(3))) == 3


def test_centres_keep_variety_where_the_average_has_none(g: Model) -> None:
    centres = g.centres(4, samples=500)
    assert centres.shape == (4, 64)
    alike = np.stack([np.asarray(picture) for picture in g.images("0-7", psi=0)])
    varied = np.stack([np.asarray(p) for p in g.images("0-7", psi=0, centre=centres)])
    assert alike.std(axis=0).max() == 0
    assert varied.std(axis=0).max() > 5
    towards = np.asarray(g.image(3, psi=0, centre=7))
    assert np.abs(towards.astype(int) - np.asarray(g.image(7, psi=1))).max() <= 1


def test_a_picture_is_projected(g: Model, tmp_path: Path) -> None:
    made = g.image(3, psi=0.5)
    made.save(tmp_path / "made.png")
    for given in (made, tmp_path / "made.png"):
        found = g.project(given, tmp_path / "found", steps=3, film=False, quiet=True)
        assert found.space == "w"
        assert g.image(found).size == (32, 32)


def test_a_picture_moves_along_a_direction(g: Model, tmp_path: Path) -> None:
    found = g.directions(tmp_path, count=2, samples=500, quiet=True)
    assert list(found) == ["pc1", "pc2"]
    still, there = (np.asarray(g.image(g.move(3, found["pc1"], steps))) for steps in (0, 3))
    np.testing.assert_array_equal(still, np.asarray(g.image(3)))
    assert (there != still).any()


def test_a_network_is_bent_stretched_and_blended(g: Model) -> None:
    plain = np.asarray(g.image(3))
    [bent] = g.bend("b16 rotate 90", 3)
    [wide] = g.bend("", 3, across=2)
    assert (np.asarray(bent) != plain).any()
    assert wide.size == (64, 32)
    same = g.blend(g, "b16 1, b32 0.5")
    assert np.abs(np.asarray(same.image(3)).astype(int) - plain).max() <= 1


def test_a_film_is_written_quietly_too(g: Model, tmp_path: Path) -> None:
    path = g.video(tmp_path / "a.gif", "1,5", seconds=0.5, fps=8, quiet=True)
    with Image.open(path) as film:
        assert film.n_frames == 4  # type: ignore[attr-defined]


def test_what_does_not_fit_is_said_in_one_sentence(g: Model) -> None:
    painter = Model(PainterRenderer(32))
    assert painter.image(3, size=48).size == (48, 48)
    assert len(list(painter.walk("1,5").frames(2))) == 2
    for ask, message in [
        (lambda: g.image("0-3"), "One picture takes one latent, got 4"),
        (lambda: g.image(3, colour=1), "There is no option 'colour'; there are truncation"),
        (lambda: g.image(), "'latents' takes seeds"),
        (lambda: painter.mix(1, 2), "The painter has z only"),
        (lambda: painter.centres(), "The painter has z only"),
        (lambda: g.walk("1,5", speed=2), "There is no option 'speed'"),
    ]:
        with pytest.raises(InvalidArgument, match=message):
            ask()


def test_what_the_disk_refuses_is_one_of_our_errors(g: Model, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for refused in (
        lambda: g.video(tmp_path / "file" / "film.mp4", "1,2", quiet=True),
        lambda: g.save(tmp_path / "nowhere" / "a.npz", 1),
        lambda: g.directions(tmp_path / "file", quiet=True),
        lambda: g.project(tmp_path / "nowhere.jpg", tmp_path / "found", quiet=True),
    ):
        with pytest.raises(TaxiwayError, match=f"{tmp_path}.*\\.$"):
            refused()


def test_a_sound_is_a_path(g: Model, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file 'nowhere\.wav'"):
        g.video(tmp_path / "a.mp4", "1,2", seconds=0.2, fps=10, sound="nowhere.wav", quiet=True)
