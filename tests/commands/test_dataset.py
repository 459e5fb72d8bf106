import subprocess
import sys
from pathlib import Path

import pytest

from taxiway.training.dataset.packed import read_dataset
from training.dataset.folders import fill


def taxiway(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "taxiway", "dataset", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_folder_is_prepared_and_reported_on(tmp_path) -> None:
    source, out, page = fill(tmp_path / "in", 51), tmp_path / "out.zip", tmp_path / "report.html"
    done = taxiway("prepare", source, out, "--resolution", "32", "--mirror")
    assert done.returncode == 0, done.stderr
    assert "51 of 51 pictures taken, 102 written." in done.stdout
    assert read_dataset(out).shape == (102, 32, 32, 3)
    done = taxiway("report", out, "--resolution", "32", "--out", page, "--no-timing")
    assert done.returncode == 0, done.stderr
    assert "<b>102</b><span>taken" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare", "nothing", "o.zip"], "There is no folder or file 'nothing'."),
        (["prepare", ".", "o.zip", "--resolution", "100"], "'resolution' takes 16, 32"),
        (["prepare", ".", "o.zip"], "A dataset takes 50 usable pictures or more"),
        (["report"], "the following arguments are required: source"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(arguments, message, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = taxiway(*arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
