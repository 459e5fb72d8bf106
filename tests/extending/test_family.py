"""The model family of docs/extending.md, as a package of somebody else's."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stranger
from refusals import refusal
from taxiway import cli
from taxiway.catalog import catalog
from taxiway.core.errors import InvalidArgument, Unavailable
from taxiway.core.model import ModelSpec
from taxiway.engine import Engine
from taxiway.hosting.records import Hosted

MODULES, POINTS = stranger.from_docs("A model family")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return stranger.install(tmp_path, MODULES, POINTS, monkeypatch)


async def test_it_runs_with_its_options(site: Path) -> None:
    card = catalog.choose("colours")
    assert (card.title, card.summary) == ("Colours", "One colour over the whole picture.")
    assert card.licence == "That of its author."
    spec = catalog.spec(card, {"palette": "cold", "size": 16})
    async with Engine() as engine:
        await engine.start(spec)
        picture = (await engine.run("colours", {"light": 1}))["image"]
    np.testing.assert_array_equal(picture, np.full((16, 16, 3), [0, 120, 255]))


def test_it_is_in_every_list(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models"]) == 0
    assert "colours\n    One colour over the whole picture.\n" in capsys.readouterr().out
    [offered] = [card for card in catalog.offered() if card.name == "colours"]
    assert [option["name"] for option in offered.options] == ["palette", "size"]
    assert [command["name"] for command in offered.commands] == ["paint"]
    assert Hosted(name="mine", model="colours").spec().family == "colours"


def test_help_shows_its_options(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "colours", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "options of colours: --palette {warm,cold} Where colours come from (else warm)" in said
    assert "--size N Width in pixels (8 to 1024, else 64)" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--palette", "hot"], "'palette' takes one of 'warm', 'cold', got 'hot'"),
        (["--size", "7"], "'size' takes 8 to 1024, got 7"),
        (["--option", "size=many"], "'size' takes a number, got text."),
        (["--option", "speed=1"], "'colours' has no option 'speed'. There are: palette, size."),
        (["--checkpoint", "pyproject.toml"], "There is no file 'pyproject.toml'."),
    ],
)
def test_a_wrong_option_is_told_before_anything_starts(
    site: Path,
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(site)
    assert said in refusal(capsys, "run", "colours", *words)


async def test_from_the_current_folder_it_needs_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loose_colours.py").write_text(MODULES["colours.py"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    card = catalog.choose("loose_colours:Colours")
    assert card.name == "colours"
    async with Engine() as engine:
        await engine.start(catalog.spec(card))
        assert "image" in await engine.run("colours", {})


def test_it_is_found_as_pip_installs_it(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    for file, source in MODULES.items():
        (folder / file).write_text(source)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n'
        '[project]\nname = "colours"\nversion = "1"\n'
        '[project.entry-points."taxiway.families"]\ncolours = "colours"\n'
        '[tool.setuptools]\npy-modules = ["colours"]\n'
    )
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    made = subprocess.run(
        [*pip, "--no-build-isolation", "--target", target, folder], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    paths = os.pathsep.join([str(target), os.environ.get("PYTHONPATH", "")])
    said = subprocess.run(
        [sys.executable, "-P", "-m", "taxiway", "models"],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "colours\n    One colour over" in said.stdout, said.stderr


BROKEN = {
    "import nothing_of_that_name": "needs the package 'nothing_of_that_name', which is "
    "not installed (",
    "import av_of_extra": "needs the package 'av_of_extra': pip install 'broken[films]' (",
    "1 / 0": "cannot be loaded: ZeroDivisionError: division by zero (",
    "class Broken(": "cannot be loaded: SyntaxError: '(' was never closed (",
    "raise SystemExit(3)": "cannot be loaded: SystemExit: 3 (",
    "class Broken: pass": "needs one class with setup and predict, or SLOT = the class",
    "SLOT = 3": "takes a class with setup and predict, got 3 (",
}


@pytest.mark.parametrize("source", BROKEN)
async def test_a_broken_one_is_a_sentence_everywhere_and_hurts_nobody(
    source: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    points = {"taxiway.families: broken": "broken"}
    site = stranger.install(tmp_path, {"broken.py": source + "\n"}, points, monkeypatch, "broken")
    with (site / "broken-1.0.dist-info" / "METADATA").open("a") as about:
        about.write("Provides-Extra: films\nRequires-Dist: av-of-extra>=1; extra == 'films'\n")
    assert cli.main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "rainbow (default)" in listed
    assert f"broken\n    cannot be run: 'broken' {BROKEN[source]}" in listed
    assert cli.main(["run", "broken"]) == 1
    [told] = capsys.readouterr().err.splitlines()
    assert told.startswith(f"'broken' {BROKEN[source]}")
    assert str(site / "broken.py") in told
    async with Engine() as engine:
        await engine.start(ModelSpec(name="mine", family="broken"))
        with pytest.raises(Unavailable) as failed:
            await engine.ready("mine")
        assert str(failed.value) == f"mine could not start: {told}"
        assert engine.running["mine"].state == "failed"
        assert engine.running["mine"].last_error == str(failed.value)
        assert engine.running["mine"].pid is None


def test_what_a_client_may_not_give_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not {"ported", "stylegan"} & {card.name for card in catalog.offered()}
    for options in ({"path": "/tmp"}, {"url": "http://localhost"}, {}):
        with pytest.raises(InvalidArgument, match="from the command line only"):
            catalog.of_client("ported", options)
    with pytest.raises(InvalidArgument, match="from the command line only"):
        catalog.of_client("rainbow", {"directions": "/tmp"})
    assert catalog.of_client("rainbow", {"precision": "float32"}).name == "rainbow"


def test_a_name_that_is_taken_takes_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    points = {"taxiway.families: painter": "colours:Colours"}
    stranger.install(tmp_path, MODULES, points, monkeypatch)
    assert catalog.choose("painter").title == "Painter"
    assert cli.main(["models"]) == 0
    told = "The name 'painter' is taken by Taxiway's own; run it as colours:Colours."
    assert f"painter of stranger\n    cannot be run: {told}" in capsys.readouterr().out
