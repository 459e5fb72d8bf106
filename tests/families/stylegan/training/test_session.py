import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
import pytest
from PIL import Image

from taxiway.catalog import catalog
from taxiway.catalog.catalog import Card
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.training import trainer as module
from taxiway.families.stylegan.training.augment import KINDS
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer
from taxiway.training import session as sessions
from taxiway.training.config import About
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.metrics_log import Record, read
from taxiway.training.run_folder import TrainingFolder
from taxiway.training.session import Session
from taxiway.training.snapshots import FOLDER, kept

TINY = Settings(
    channel_base=64, channel_max=16, batch=8, bf16=False, augment=KINDS["sky"], ada_kimg=1
)


@pytest.fixture(autouse=True)
def _often(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "RECORD_SECONDS", 0.0)
    monkeypatch.setattr(module, "MEASURED", range(20))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.RandomState(0).randint(0, 255, (40, 16, 16, 3), dtype=np.uint8)


def order(kimg: float = 0.064, start: str = "") -> TrainingConfig:
    about = About("My Noise!", "CC0", "Noise of my own.")
    return TrainingConfig("noise.zip", ((16, kimg),), TINY, start, about)


def session_of(wanted: TrainingConfig, folder: Path, pictures, classes=None) -> Session:
    return Session(StyleGANTrainer(wanted, Data(pictures, classes)), wanted, folder)


def trained(folder: Path, pictures, wanted: TrainingConfig, stop_after: int = 0) -> list[Record]:
    folder.mkdir(exist_ok=True)
    stop, heard, session = Event(), [], session_of(wanted, folder, pictures)

    def report(record: Record) -> None:
        heard.append(record)
        if len(heard) == stop_after:
            stop.set()

    session.report = report
    session.run(stop, snapshot_kimg=0.032)
    return heard


def test_a_training_leaves_a_model_with_a_card_and_what_led_to_it(tmp_path, pictures) -> None:
    heard = trained(tmp_path, pictures, order())
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert names == {
        *("training.json", "state.pt", "stats.jsonl", "progress.svg", "real.jpg"),
        *("model.safetensors", "model.json", "best.safetensors", "best.json"),
        *("model.discriminator.safetensors", "best.discriminator.safetensors"),
        *("samples/000000.0kimg.jpg", "samples/000000.1kimg.jpg"),
        *("snapshots/000000.0kimg.safetensors", "snapshots/000000.0kimg.json"),
        *("snapshots/000000.1kimg.safetensors", "snapshots/000000.1kimg.json"),
    }
    with Image.open(tmp_path / "samples" / "000000.1kimg.jpg") as sheet:
        assert sheet.size == (96, 96)
    kept = [record["kimg"] for record in read(tmp_path / "stats.jsonl")]
    assert kept == pytest.approx([record["kimg"] for record in heard])
    assert sum("kid" in record for record in heard) == 2  # at 32 and, which is the end, 64
    generator = build(read_checkpoint(tmp_path / "model.safetensors"))
    assert samples(generator, [1], 0.7).shape == (1, 16, 16, 3)


def test_the_card_is_one_of_the_librarys(tmp_path, pictures) -> None:
    trained(tmp_path, pictures, order())
    card = msgspec.json.decode((tmp_path / "model.json").read_bytes(), type=Card, strict=True)
    assert (card.name, card.title, card.licence) == ("my-noise", "My Noise!", "CC0")
    assert (card.data, card.resolution) == ("Noise of my own.", 16)
    assert card.checkpoint == "model.safetensors"
    assert card.metrics["kimg"] == pytest.approx(0.064)
    assert "40 pictures of 16 pixels" in card.summary
    assert "augmented by moves, mirrored" in card.made
    assert "biases" in card.limits


def test_what_the_maker_did_not_say_is_called_so(tmp_path, pictures) -> None:
    trained(tmp_path, pictures, TrainingConfig("noise.zip", ((16, 0.008),), TINY))
    card = json.loads((tmp_path / "model.json").read_text())
    assert card["licence"] == card["data"] == "Not stated by its maker."


def test_a_stopped_training_exports_and_goes_on_bit_for_bit(tmp_path, pictures) -> None:
    trained(tmp_path / "whole", pictures, order())
    heard = trained(tmp_path / "parts", pictures, order(), stop_after=3)
    assert heard[-1]["kimg"] < 0.064
    assert (tmp_path / "parts" / "model.safetensors").exists()
    trained(tmp_path / "parts", pictures, order())
    states = [tmp_path / name / "model.safetensors" for name in ("whole", "parts")]
    whole, parts = (read_checkpoint(path).tensors for path in states)
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)
    seen = [record["kimg"] for record in read(tmp_path / "parts" / "stats.jsonl")]
    assert seen == sorted(seen)


def test_records_that_lack_figures_hinder_nothing(tmp_path, pictures) -> None:
    trained(tmp_path, pictures, order(0.016))
    with (tmp_path / "stats.jsonl").open("a") as file:
        file.write('{"kimg": 0.01, "kid": -9}\n')
    trained(tmp_path, pictures, order(0.032))
    assert json.loads((tmp_path / "model.json").read_text())["metrics"]["kimg"] == 0.032
    assert json.loads((tmp_path / "best.json").read_text())["metrics"]["kid"] != -9


def test_a_training_goes_on_from_another(tmp_path, pictures) -> None:
    trained(tmp_path / "first", pictures, order(0.016))
    heard = trained(tmp_path / "second", pictures, order(0.016, start=str(tmp_path / "first")))
    card = json.loads((tmp_path / "second" / "model.json").read_text())
    assert "from first" in card["made"]
    assert heard[-1]["kimg"] == pytest.approx(0.016)
    assert heard[0]["kimg"] == 0
    assert "kid" in heard[0]


def test_every_snapshot_is_kept_and_another_training_can_start_from_it(tmp_path, pictures) -> None:
    trained(tmp_path / "first", pictures, order())
    early, late = kept(tmp_path / "first")
    assert early.metrics["kimg"] == pytest.approx(0.032)
    files = [tmp_path / "first" / FOLDER / f"{one.name}.safetensors" for one in (early, late)]
    assert files[1].read_bytes() == (tmp_path / "first" / "model.safetensors").read_bytes()
    assert files[0].read_bytes() != files[1].read_bytes()
    chosen = catalog.choose(str(files[0]))
    assert (chosen.title, chosen.metrics["kimg"]) == ("My Noise!", pytest.approx(0.032))
    trained(tmp_path / "second", pictures, order(0.008, start=str(files[0])))
    card = json.loads((tmp_path / "second" / "model.json").read_text())
    assert "from first/snapshots/000000.0kimg.safetensors;" in card["made"]
    assert "--from first/snapshots/000000.0kimg.safetensors --kimg" in card["command"]
    assert str(tmp_path) not in json.dumps(card)


def test_no_model_is_ever_without_its_state(tmp_path, pictures, monkeypatch) -> None:
    def write(path: Path, *rest: object) -> None:
        assert (tmp_path / "state.pt").exists()
        written.append(path)

    model, written = tmp_path / "first.safetensors", list[Path]()
    write_model(model, Players(16, TINY).average, 0)
    monkeypatch.setattr(module, "write_model", write)
    trained(tmp_path, pictures, order(0.008, start=str(model)))
    assert len(written) > 2  # the first of them before a single step


def test_a_model_whose_writing_is_cut_off_is_not_told(tmp_path, pictures, monkeypatch) -> None:
    class Killed(Exception):
        pass

    def write(path: Path, *rest: object) -> None:
        if path.name == "000000.1kimg.safetensors":
            raise Killed
        write_model(path, *rest)

    monkeypatch.setattr(module, "write_model", write)
    with pytest.raises(Killed):
        trained(tmp_path, pictures, order())
    assert (tmp_path / FOLDER / "000000.1kimg.json").exists()
    assert [one.name for one in kept(tmp_path)] == ["000000.0kimg"]
    assert TrainingFolder(tmp_path).model("model").is_file()
    monkeypatch.setattr(module, "write_model", write_model)
    trained(tmp_path, pictures, order())
    assert [one.name for one in kept(tmp_path)] == ["000000.0kimg", "000000.1kimg"]


def test_warnings_reach_who_listens(tmp_path, pictures, monkeypatch) -> None:
    monkeypatch.setattr(module.Health, "record", lambda self, kimg, figures: ["Oh."])
    heard = trained(tmp_path, pictures, order(0.008))
    assert heard[0]["warnings"] == ["Oh."]


def test_the_best_snapshot_stays_when_later_ones_are_worse(tmp_path, pictures, monkeypatch) -> None:
    distances = iter([0.5, 0.8])
    monkeypatch.setattr(
        module, "compare", lambda *args: {"kid": next(distances), "variety": 1.0}
    )  # fmt: skip
    trained(tmp_path, pictures, order())
    best = json.loads((tmp_path / "best.json").read_text())
    assert best["metrics"]["kid"] == 0.5
    assert json.loads((tmp_path / "model.json").read_text())["metrics"]["kid"] == 0.8
    assert best["checkpoint"] == "best.safetensors"


def test_a_training_on_labels_names_its_classes_and_shows_each_in_its_rows(
    tmp_path, pictures, monkeypatch
) -> None:
    asked: list[list[int]] = []
    monkeypatch.setattr(
        module,
        "samples",
        lambda generator, seeds, psi, classes: (
            asked.append(classes) or samples(generator, seeds, psi, classes)
        ),
    )
    classes = Classes(np.arange(40) % 4 // 3, ("cats", "dogs"))
    wanted = TrainingConfig("noise.zip", ((16, 0.008),), replace(TINY, labels=True, c_dim=2))
    session_of(wanted, tmp_path, pictures, classes).run(Event(), snapshot_kimg=0.032)
    assert [list(labels) for labels in asked] == [18 * [0] + 18 * [1], 15 * [0] + 5 * [1]]
    with Image.open(tmp_path / "real.jpg") as image:
        shown = (
            np.asarray(image, int).reshape(6, 16, 6, 16, 3).swapaxes(1, 2).reshape(36, 16, 16, 3)
        )
    for number in (0, 1):
        real = pictures[classes.of == number].astype(int)
        nearest = [
            np.abs(real - one).mean(axis=(1, 2, 3)).min() for one in shown[18 * number :][:18]
        ]
        others = [
            np.abs(real - one).mean(axis=(1, 2, 3)).min() for one in shown[18 - 18 * number :][:18]
        ]
        assert max(nearest) < min(others)
    card = json.loads((tmp_path / "model.json").read_text())
    assert card["summary"].endswith("40 pictures of 16 pixels in 2 classes: cats, dogs.")
    told = "--out a-model-without-a-title --kimg 0.008 --resolution 16 --labels"
    assert card["command"] == f"taxiway train noise.zip {told}"
    assert read_checkpoint(tmp_path / "model.safetensors").config["classes"] == ["cats", "dogs"]


def test_pictures_with_other_classes_are_refused(tmp_path, pictures) -> None:
    classes = Classes(np.arange(40) % 3)
    for settings, told in ((replace(TINY, labels=True, c_dim=2), "2"), (TINY, "without")):
        with pytest.raises(InvalidArgument, match=f"3 classes, and this training learns {told};"):
            session_of(TrainingConfig("x.zip", ((16, 1.0),), settings), tmp_path, pictures, classes)
