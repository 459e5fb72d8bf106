"""A member that is no such thing is one sentence, and hurts no other."""

from pathlib import Path

import pytest

import stranger
from taxiway.cli import main

SLOTS = ("servers", "sinks", "sources", "tools", "trainers", "datasets", "backends")
LISTED = {
    "servers": ["servers"],
    "sinks": ["outputs"],
    "sources": ["sources"],
    "tools": ["tool"],
    "trainers": ["train", "--help"],
    "datasets": ["dataset", "prepare", "--help"],
    "backends": ["models"],
}


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("source", ["class Empty: pass\n", "Empty = 3\n"])
def test_it_hurts_no_other(
    slot: str,
    source: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    points = {f"taxiway.{slot}: empty": "emptiness:Empty"}
    stranger.install(tmp_path, {"emptiness.py": source}, points, monkeypatch)
    try:
        code = main(LISTED[slot])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 0
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err


@pytest.mark.parametrize(
    "arguments",
    [["tool", "empty", "painter", "--out", "o"], ["train", "empty", "d.zip", "--out", "o"],
     ["dataset", "prepare", "in", "out.zip", "--kind", "empty"]],
)  # fmt: skip
def test_named_it_is_one_sentence_with_its_file(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    slot = {"tool": "tools", "train": "trainers", "dataset": "datasets"}[arguments[0]]
    points = {f"taxiway.{slot}: empty": "emptiness:Empty"}
    stranger.install(tmp_path, {"emptiness.py": "class Empty: pass\n"}, points, monkeypatch)
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr().err.strip()
    assert code == 1
    assert len(said.splitlines()) == 1, said
