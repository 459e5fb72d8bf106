"""A batch on another machine: what comes home, what was killed, what was stopped."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import way_stand_in
from paths import FIXTURES
from taxiway.catalog.folder import data_path
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import AnyDataType, File, Image, Number
from taxiway.core.errors import InvalidArgument, ModelFailed
from taxiway.core.files import guarding
from taxiway.core.images import Pixels, encode_png
from taxiway.core.model import ModelSpec
from taxiway.core.tool import QuietJob, Stopped
from taxiway.jobs import elsewhere, tool_elsewhere
from taxiway.jobs.tool_elsewhere import Home, Luggage, placed, run
from taxiway.tools.batch import Batch

ON = "ray"


class Mortal:
    """The negative of a photo; it dies of the fourth, as often as the file `deaths` says."""

    deterministic = True
    options: ClassVar[dict[str, AnyDataType]] = {"weights": File(), "deaths": File(optional=True)}
    local = ("deaths",)
    commands: ClassVar[dict[str, Command]] = {
        "turn": Command(
            name="turn", inputs={"photo": Image()}, outputs={"image": Image(), "pid": Number()}
        )
    }

    def setup(self, device: str, options: Values) -> None:
        self.left = data_path() / "deaths"
        self.asked = 0

    def predict(self, command: str, batch: list[Values]) -> list[Values]:
        self.asked += 1
        if self.asked == 4 and self.left.exists() and (left := int(self.left.read_text())):
            self.left.write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return [{"image": 255 - call["photo"], "pid": os.getpid()} for call in batch]


class Told(QuietJob):
    """A job that keeps what it was told."""

    def __init__(self, folder: Path, stop_after: float | None = None) -> None:
        super().__init__(folder, stop_after)
        self.said: list[tuple[float, float, str]] = []

    def progress(
        self, done: float, total: float, message: str = "", preview: Pixels | None = None
    ) -> None:
        self.said.append((done, total, message))
        super().progress(done, total, message, preview)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its data folder."""
    monkeypatch.setenv("TAXIWAY_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(elsewhere, "AGAIN_SECONDS", 0.0)
    (tmp_path / "data").mkdir()
    with way_stand_in.installed(tmp_path, monkeypatch):
        yield tmp_path / "data"


def given(tmp_path: Path, count: int) -> Values:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(count):
        pixels = np.full((4, 4, 3), 10 * number % 256, np.uint8)
        (folder / f"{number}.png").write_bytes(encode_png(pixels))
    return Batch.command.decode({"pictures": [folder], "json": True})


def mortal(tmp_path: Path) -> ModelSpec:
    (tmp_path / "weights.bin").write_bytes(b"weights")
    options = {"weights": str(tmp_path / "weights.bin")}
    return ModelSpec(name="mortal", family="jobs.test_tool_elsewhere:Mortal", options=options)


def test_a_batch_goes_on_from_what_it_made_when_its_worker_is_killed(
    tmp_path: Path, cluster: Path
) -> None:
    (cluster / "deaths").write_text("1")
    job = Told(tmp_path / "out")
    job.folder.mkdir()
    done = run("batch", mortal(tmp_path), given(tmp_path, 6), job, ON)
    assert done == {"made": 3, "kept": 3, "failed": 0, "files": ["batch.json"]}
    told = json.loads((job.folder / "batch.json").read_bytes())
    assert len(told) == 6
    assert len({pid_of(job.folder, number) for number in range(6)}) == 2
    assert all((job.folder / f"{number}.png").is_file() for number in range(6))
    words = [message for *_, message in job.said]
    assert "It is done on this machine's cluster." in words
    assert any(
        "Lost over there (exit code -9 on this machine's cluster); it goes on from its last save."
        in each
        for each in words
    )
    assert (6, 6) in [(done, total) for done, total, _ in job.said]
    assert not list(job.folder.rglob("*.coming"))


def pid_of(folder: Path, number: int) -> float:
    return float(json.loads((folder / f"{number}.json").read_bytes())["outputs"]["pid"])


@pytest.mark.slow
def test_what_always_dies_is_given_up(
    tmp_path: Path, cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "TRIES", 1)
    monkeypatch.setattr(Home, "far", lambda own: 0.0)
    (cluster / "deaths").write_text("9")
    job = Told(tmp_path / "out")
    job.folder.mkdir()
    with pytest.raises(ModelFailed, match=r"It was begun 2 times and came no further .exit code"):
        run("batch", mortal(tmp_path), given(tmp_path, 9), job, ON)


def test_what_was_there_before_is_kept(tmp_path: Path, cluster: Path) -> None:
    job = Told(tmp_path / "out")
    job.folder.mkdir()
    (job.folder / "0.png").write_text("mine")
    with guarding(job.folder), pytest.raises(InvalidArgument, match="was there before"):
        run("batch", mortal(tmp_path), given(tmp_path, 2), job, ON)
    assert (job.folder / "0.png").read_text() == "mine"


def test_files_go_along_under_marks(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").write_text("c")
    luggage = Luggage(tmp_path / "bag")
    packed = luggage.packed({"pictures": [tmp_path / "a"], "steps": 3, "raw": b"x"})
    assert packed == {
        "pictures": ["{given}/0/a"],
        "steps": 3,
        "raw": "data:application/octet-stream;base64,eA==",
    }
    assert (tmp_path / "bag" / "0" / "a" / "b" / "c.txt").read_text() == "c"
    assert placed(packed["pictures"], "/there", Path) == [Path("/there/0/a")]
    with pytest.raises(ModelFailed, match="There is no folder or file"):
        luggage.mark(tmp_path / "none")
    with pytest.raises(ModelFailed, match="cannot be called"):
        placed("{given}/../x", "/there")
    small = ModelSpec(
        name="small",
        family="stylegan",
        options={"checkpoint": str(FIXTURES / "stylegan2-ada_32.pkl")},
    )
    assert luggage.model(small).options["checkpoint"] == "{given}/2/stylegan2-ada_32.pkl"


@pytest.mark.slow
def test_a_stopped_one_brings_what_it_has(tmp_path: Path, cluster: Path) -> None:
    job = Told(tmp_path / "out", stop_after=3)
    job.folder.mkdir()
    with pytest.raises(Stopped, match="Stopped at"):
        run("batch", mortal(tmp_path), given(tmp_path, 60), job, ON)
    made = len(list(job.folder.glob("*.png")))
    assert 3 <= made < 60
    job.stop_after = None
    assert tool_elsewhere.NAME in os.listdir(job.folder)
