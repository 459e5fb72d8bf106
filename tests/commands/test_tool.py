"""`taxiway tool`: any tool, its inputs by name."""

from pathlib import Path

import pytest

from taxiway import cli


def test_any_tool_runs_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tool", "walk", "painter", "--keys", "1,5", "--count", "5", "--out", str(tmp_path)]
    assert cli.main(words) == 0
    assert "file: walk.npz" in capsys.readouterr().out
    assert (tmp_path / "walk.npz").is_file()


def test_a_tool_of_a_test_takes_text_numbers_and_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("from a file")
    words = ["tool", "toys:Counter", "painter", "--until", "2", "--out", str(tmp_path / "out")]
    assert cli.main([*words, "--given", f"@{tmp_path / 'notes.txt'}"]) == 0
    said = capsys.readouterr().out
    assert "counted: 2" in said
    assert "given: from a file" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dance"], "No tool named 'dance'"),
        (["walk", "painter"], "required: --out"),
        (["walk", "painter", "--out", "x", "--speed", "3"], "unrecognized arguments: --speed"),
        (["walk", "--out", "x"], "required: model"),
        (["mix", "painter", "--out", "x", "--rows", "1", "--columns", "2"], "'painter' is none"),
    ],
)
def test_what_is_wrong_is_said(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = cli.main(["tool", *words])
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 1
    assert said in capsys.readouterr().err


def test_without_a_name_all_tools_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tool"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "of a film, every line. (models that take image or " in said
    assert "video Film a walk through a model. (stylegan, painter)" in said
