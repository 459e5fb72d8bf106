import signal

import pytest

from command_line import taxiway
from refusals import refusal
from taxiway.cli import main
from taxiway.training.datasets.pictures import packed
from taxiway.training.datasets.pictures.packed import read_dataset
from training.datasets.pictures.folders import fill


def test_a_folder_is_prepared_and_reported_on(tmp_path) -> None:
    source, out, page = fill(tmp_path / "in", 51), tmp_path / "out.zip", tmp_path / "report.html"
    done = taxiway("dataset", "prepare", source, out, "--resolution", "32", "--mirror")
    assert done.returncode == 0, done.stderr
    assert "51 of 51 pictures taken, 102 written." in done.stdout
    assert read_dataset(out).shape == (102, 32, 32, 3)
    done = taxiway("dataset", "report", out, "--resolution", "32", "--out", page, "--no-timing")
    assert done.returncode == 0, done.stderr
    assert "<b>102</b><span>taken" in page.read_text()


def test_what_was_half_written_is_taken_away_when_told_to_end(tmp_path) -> None:
    source = fill(tmp_path / "in", 60)

    def end(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed.Packing, "describe", end)
        assert main(["dataset", "prepare", str(source), str(tmp_path / "o.zip"),
                     "--resolution", "32"]) == 130  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare", "nothing", "o.zip"], "There is no folder or file 'nothing'."),
        (["prepare", ".", "o.zip", "--resolution", "100"], "'resolution' takes 16, 32"),
        (["prepare", ".", "o.zip"], "'.' holds no pictures but 2 other files; give a folder"),
        (["prepare", "few", "o.zip"], "A dataset takes 50 usable pictures or more"),
        (["prepare", "few", "few"], "'few' is a folder; give the name of a file, such as a.zip."),
        (["prepare", "few", "o.png"], "What is written is a .zip file; 'o.png' ends otherwise."),
        (["prepare", "few", "no/o.zip"], "There is no folder 'no' to write 'o.zip' in."),
        (["prepare", "few", "mine.zip"], "'mine.zip' is there already, so it is kept"),
        (["prepare", "mine.zip", "mine.zip"], "'mine.zip' is what is read; take another name"),
        (["prepare", "few", "o.zip", "--max-images", "0"], "a whole number above 0 is needed"),
        (["prepare", "few", "o.zip", "--labels"], "its class; 3 lie in none, such as 'p000.png'."),
        (["prepare", "sole", "o.zip", "--labels"], "two folders or more, a class each"),
        (["report", "few", "--out", "mine.zip"], "What is written is a .html file"),
        (["report"], "the following arguments are required: SOURCE"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    arguments, message, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.zip").write_bytes(b"all there is")
    (tmp_path / "notes.txt").write_text("x")
    if "few" in arguments:
        fill(tmp_path / "few", 3)
    if "sole" in arguments:
        fill(tmp_path / "sole" / "cats", 3)
    assert message in refusal(capsys, "dataset", *arguments)
    assert (tmp_path / "mine.zip").read_bytes() == b"all there is"
