"""The command of docs/extending.md, as a package of somebody else's."""

import re
from pathlib import Path

import pytest
from PIL import Image

import stranger
from taxiway.cli import main


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A command"), monkeypatch)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("installed")
def test_it_runs_as_ours_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postcard", "7"]) == 0
    with Image.open(tmp_path / "postcard.png") as picture:
        assert picture.width == 256
    assert main(["postcard", "7"]) == 1
    assert "add --force" in capsys.readouterr().err
    assert main(["postcard", "7", "--force"]) == 0


@pytest.mark.usefixtures("installed")
def test_help_lists_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.search(
        r"postcard +What a stranger brings \(from postcard\)\n", capsys.readouterr().out
    )
    with pytest.raises(SystemExit):
        main(["postcard", "--help"])
    assert "write over an older file" in capsys.readouterr().out


def test_a_broken_one_is_a_sentence_and_hurts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    points = {"taxiway.commands: broken": "broken_command"}
    stranger.install(
        tmp_path, {"broken_command.py": "import nothing_like_it\n"}, points, monkeypatch
    )
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "broken" in capsys.readouterr().out
    assert main(["broken"]) == 1
    assert "nothing_like_it" in capsys.readouterr().err
    assert main(["servers"]) == 0


def test_the_name_of_a_tool_of_ours_stays_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "def arguments(parser): ...\ndef run(parsed): print('another')\n"
    points = {"taxiway.commands: video": "film_of_others"}
    stranger.install(tmp_path, {"film_of_others.py": source}, points, monkeypatch)
    with pytest.raises(SystemExit):
        main(["video"])
    assert "another" not in capsys.readouterr().out
