"""Datasets prepared by a job."""

import zipfile
from pathlib import Path

import pytest

from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.tool import QuietJob
from taxiway.jobs.worker import load, of_kinds
from taxiway.tools.dataset import Dataset
from taxiway.training.dataset import find, kind_of, kinds
from taxiway.training.datasets.pictures.packed import read_dataset
from training.datasets.pictures.folders import fill


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return sorted(fill(tmp_path / "in", 60).rglob("*.png"))


def run(tmp_path: Path, given: list[object], **more: object) -> dict[str, object]:
    (tmp_path / "out").mkdir(exist_ok=True)
    tool = Dataset()
    values = tool.command.decode({"pictures": given, "resolution": 32, **more})
    return tool.run(None, values, QuietJob(tmp_path / "out"))


def test_pictures_become_a_dataset_and_a_page(tmp_path: Path, pictures: list[Path]) -> None:
    done = run(tmp_path, [*pictures])
    assert (done["file"], done["written"]) == ("dataset.zip", 60)
    assert read_dataset(tmp_path / "out" / "dataset.zip").shape == (60, 32, 32, 3)
    assert "60 of 60 pictures taken" in str(done["facts"])
    assert b"<html" in (tmp_path / "out" / "report.html").read_bytes()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dataset.zip",
        "report.html",
    ]


def test_a_zip_file_is_taken_as_it_is(tmp_path: Path, pictures: list[Path]) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in pictures:
            archive.write(path, f"class{path.stem[-1]}/{path.name}")
    for given in (tmp_path / "set.zip", (tmp_path / "set.zip").read_bytes()):
        assert run(tmp_path, [given], labels=True)["written"] == 60


def test_too_few_are_refused_unless_that_is_wanted(tmp_path: Path, pictures: list[Path]) -> None:
    with pytest.raises(InvalidArgument, match="here are 3"):
        run(tmp_path, [*pictures[:3]])
    assert run(tmp_path, [*pictures[:3]], few=True)["written"] == 3
    with pytest.raises(InvalidArgument, match="holds no pictures"):
        run(tmp_path, [])


def test_every_other_kind_is_a_tool_with_its_own_options(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "poem.txt").write_text("The sky is blue. " * 20)
    tool = load("dataset-text")
    assert set(tool.command.inputs) == {"files", *find("text").options}
    values = tool.command.decode({"files": [tmp_path / "poem.txt"], "chunk": 40})
    done = tool.run(None, values, QuietJob(tmp_path / "out"))
    assert kind_of(tmp_path / "out" / str(done["file"])) is not None
    assert (tmp_path / "out" / "look.txt").read_text().startswith("The sky")
    assert of_kinds() == [f"dataset-{name}" for name in kinds() if name != "pictures"]
    empty = tool.command.decode({"files": [b"PK"]})
    with pytest.raises(TaxiwayError):
        tool.run(None, empty, QuietJob(tmp_path / "out"))
    with pytest.raises(NotFound):
        load("dataset-songs")
