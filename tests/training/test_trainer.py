"""What holds for every trainer: StyleGAN's, and the one of docs/extending.md as another package."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

import stranger
from paths import TESTS
from refusals import refusal
from taxiway import cli
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.training import session as sessions
from taxiway.training.config import TrainingConfig
from taxiway.training.datasets.pictures.packed import packing
from taxiway.training.loop import Schedule, begin, train
from taxiway.training.metrics_log import read
from taxiway.training.run_folder import TrainingFolder
from taxiway.training.session import Session
from taxiway.training.terminal import lead
from taxiway.training.trainer import Asked, Recipe, Trainer, find

END = 0.064
"""kimg, which both take 8 steps or more for."""


class Member(NamedTuple):
    """A recipe, and a config of its trainer for a tiny training on `data`."""

    name: str
    recipe: Recipe
    config: TrainingConfig[Any]
    data: Any

    def trainer(self) -> Trainer:
        return self.recipe.trainer(self.config, self.data)

    def session(self, folder: Path) -> Session:
        folder.mkdir(exist_ok=True)
        return Session(self.trainer(), self.config, folder)


def member(name: str) -> Member:
    """One of those that are tested; the package of the docs must be on the path."""
    pictures = np.random.RandomState(0).randint(0, 255, (24, 16, 16, 3), dtype=np.uint8)
    if name == "colour":
        recipe = find("colour")
        config = TrainingConfig("noise.zip", ((1, END),), {"rate": 0.2}, unit=recipe.unit)
        return Member(name, recipe, config, pictures)
    from taxiway.families.stylegan.training.settings import Settings
    from taxiway.families.stylegan.training.trainer import Data

    tiny = Settings(channel_base=64, channel_max=16, batch=8, bf16=False, fade_kimg=0.016)
    stages = ((8, 0.024), (16, END))
    return Member(name, find(name), TrainingConfig("noise.zip", stages, tiny), Data(pictures))


@pytest.fixture(params=["stylegan", "colour"])
def one(request, tmp_path, monkeypatch) -> Iterator[Member]:
    stranger.install(tmp_path, *stranger.from_docs("A trainer"), monkeypatch)
    monkeypatch.setattr(sessions, "RECORD_SECONDS", 0.0)
    found = member(request.param)
    with found.recipe.limits(found.config):
        yield found


def model(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def stopped_after(found: Member, folder: Path, steps: int) -> None:
    """Train in a folder until so many steps are done."""
    session, stop, heard = found.session(folder), Event(), list[object]()

    def report(record: object) -> None:
        heard.append(record)
        if sum("seconds_per_kimg" in record for record in heard) == steps:
            stop.set()

    session.report = report
    session.run(stop, snapshot_kimg=1.0)


@pytest.mark.parametrize("steps", [2, 5])
def test_n_and_m_steps_are_those_of_one_training_bit_for_bit(one, tmp_path, steps) -> None:
    one.session(tmp_path / "whole").run(Event(), snapshot_kimg=1.0)
    stopped_after(one, tmp_path / "parts", steps)
    assert read(tmp_path / "parts" / "stats.jsonl")[-1]["kimg"] < END
    assert model(tmp_path / "parts") != model(tmp_path / "whole")
    session = one.session(tmp_path / "parts")
    assert 0 < session.trainer.seen < 1000 * END
    session.run(Event(), snapshot_kimg=1.0)
    assert model(tmp_path / "parts") == model(tmp_path / "whole")
    seen = [record["kimg"] for record in read(tmp_path / "parts" / "stats.jsonl")]
    assert seen == sorted(seen)


KILLED = """
import sys
sys.path[:0] = {tests!r}
from pathlib import Path
from threading import Event
from training.test_trainer import Schedule, begin, member, train

class Telling:
    def stepped(self, trainer, losses):
        print(trainer.seen, flush=True)
    def snapshot(self, trainer):
        pass

found, folder = member({name!r}), Path({folder!r})
with found.recipe.limits(found.config):
    trainer = found.trainer()
    begin(trainer, folder, found.config.stages)
    train(trainer, folder, Schedule(found.config.stages, state_seconds=0.0), Event(), Telling())
"""


def test_a_killed_training_goes_on_bit_for_bit_from_what_was_saved(one, tmp_path) -> None:
    (tmp_path / "killed").mkdir()
    script = KILLED.format(tests=[str(TESTS)], name=one.name, folder=str(tmp_path / "killed"))
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(4)]
        process.send_signal(signal.SIGKILL)
    session = one.session(tmp_path / "killed")
    assert seen[-2] <= session.trainer.seen
    session.run(Event(), snapshot_kimg=1.0)
    one.session(tmp_path / "whole").run(Event(), snapshot_kimg=1.0)
    assert model(tmp_path / "killed") == model(tmp_path / "whole")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[: len(whole) // 2],
    "text": lambda whole: b"some text",
    "empty": lambda whole: b"",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_broken_state_is_told_and_left_as_it_is(one, tmp_path, damage) -> None:
    trainer = one.trainer()
    trainer.start()
    trainer.save(tmp_path / "state.pt")
    broken = damage((tmp_path / "state.pt").read_bytes())
    (tmp_path / "state.pt").write_bytes(broken)
    with pytest.raises(InvalidArgument, match=r"state\.pt' is missing, damaged or of another tra"):
        one.session(tmp_path)
    assert (tmp_path / "state.pt").read_bytes() == broken


def test_a_full_disk_is_told_and_spares_what_was_saved(one, tmp_path, monkeypatch) -> None:
    stopped_after(one, tmp_path / "mine", 1)
    before = (tmp_path / "mine" / "state.pt").read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    trainer = one.trainer()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TaxiwayError, match=r"The disk of '.*mine' is full; .* with --resume\."):
        lead(trainer, one.config, tmp_path / "mine", Event())
    assert (tmp_path / "mine" / "state.pt").read_bytes() == before


def test_a_training_leaves_samples_measures_cards_curves_and_the_best(one, tmp_path) -> None:
    folder = tmp_path / "mine"
    session = one.session(folder)
    session.run(Event(), snapshot_kimg=0.032)
    trainer = session.trainer
    records = read(folder / "stats.jsonl")
    measured = [record for record in records if trainer.measures[0] in record]
    assert [record["kimg"] for record in measured] == pytest.approx([0.032, END])
    assert all(set(trainer.measures) <= record.keys() for record in measured)
    assert any({"seconds_per_kimg", "size"} <= record.keys() for record in records)
    found = TrainingFolder(folder).detail(alive=False, told=False)
    assert (found.state, found.total) == ("done", END)
    assert {sheet.name for sheet in found.sheets} == {f"00000{k:.1f}kimg.jpg" for k in (0, 0.1)}
    assert set(trainer.measures) <= found.curves.keys()
    assert [snapshot.name for snapshot in found.snapshots] == ["000000.0kimg", "000000.1kimg"]
    for name in ("model", "best"):
        card = json.loads((folder / f"{name}.json").read_text())
        assert set(card["metrics"]) == {*trainer.measures, "kimg"}
        assert card["summary"] == trainer.describe().summary or trainer.size > 1
        assert card["command"].startswith("taxiway train noise.zip --out a-model")
        assert (folder / card["checkpoint"]).is_file()
    assert (folder / "progress.svg").read_text().count("<polyline") >= 1


def test_what_runs_away_is_stopped_and_what_was_saved_stays(one, tmp_path, monkeypatch) -> None:
    stopped_after(one, tmp_path / "mine", 1)
    before = (tmp_path / "mine" / "state.pt").read_bytes()
    trainer = one.trainer()

    whole = type(trainer).step

    def step(self) -> dict[str, float]:
        return dict.fromkeys(whole(self), float("nan"))

    monkeypatch.setattr(type(trainer), "step", step)
    begin(trainer, tmp_path / "mine", one.config.stages)
    with pytest.raises(TaxiwayError, match=r"no numbers any more .* go on .* with --resume"):
        train(trainer, tmp_path / "mine", Schedule(one.config.stages), Event(), None)
    assert (tmp_path / "mine" / "state.pt").read_bytes() == before


def test_what_can_be_asked_for_is_declared_and_configures_a_training(one) -> None:
    assert one.recipe.options
    asked = Asked(Path("noise.zip"), kimg=0.5)
    config = one.recipe.configure(asked, one.data)
    assert (config.kimg, config.dataset) == (0.5, "noise.zip")
    longer = one.recipe.changed(config, Asked(Path("noise.zip"), kimg=1.0))
    assert (longer.kimg, longer.settings) == (1.0, config.settings)


@pytest.fixture
def dataset(tmp_path) -> Path:
    with packing(tmp_path / "skies.zip") as packed:
        for level in range(8):
            packed.add(Image.new("RGB", (16, 16), (10 * level, 100, 200)), None)
    return tmp_path / "skies.zip"


def test_another_packages_trainer_has_the_command_line(
    dataset, tmp_path, monkeypatch, capsys
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A trainer"), monkeypatch)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(SystemExit):
        cli.main(["train", "colour", "--help"])
    shown = capsys.readouterr().out
    assert "--rate X" in shown
    assert "share of the way in a step" in shown
    assert "--gamma" not in shown
    given = ["train", "colour", str(dataset), "--out", str(tmp_path / "mine")]
    assert cli.main([*given, "--kimg", "0.02", "--rate", "0.5", "--title", "A sky"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("8 pictures: ")
    assert "model.safetensors; no model family that is here opens it." in said
    card = json.loads((tmp_path / "mine" / "model.json").read_text())
    assert (card["family"], card["title"]) == ("colour", "A sky")
    assert card["command"] == "taxiway train colour skies.zip --out a-sky --kimg 0.02"
    resumed = ["train", str(dataset), "--out", str(tmp_path / "mine"), "--resume", "--kimg", "0.04"]
    assert cli.main(resumed) == 0  # the folder says which trainer it was
    assert read(tmp_path / "mine" / "stats.jsonl")[-1]["kimg"] == 0.04
    assert json.loads((tmp_path / "mine" / "training.json").read_text())["settings"]["rate"] == 0.5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["colour", "d.zip", "--rate", "-1"], "'rate' takes a number from 0 up, got -1"),
        (["colour", "d.zip", "--gamma", "2"], "unknown argument --gamma"),
        (["colours", "d.zip"], "No trainer named 'colours'. There are: colour, detector,"),
        (["nowhere:Colour", "d.zip"], "'nowhere:Colour' cannot be imported"),
    ],
)
def test_a_wrong_trainer_or_option_is_one_sentence(
    words, told, tmp_path, monkeypatch, capsys
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A trainer"), monkeypatch)
    assert told in refusal(capsys, "train", *words, "--out", str(tmp_path / "mine"))


def test_a_training_of_another_trainer_is_not_gone_on_with(
    dataset, tmp_path, monkeypatch, capsys
) -> None:
    stranger.install(tmp_path, *stranger.from_docs("A trainer"), monkeypatch)
    (tmp_path / "mine").mkdir()
    TrainingConfig("d.zip", ((1, 1.0),), {}, trainer="colour").write(tmp_path / "mine")
    words = ("train", "stylegan", str(dataset), "--out", str(tmp_path / "mine"), "--resume")
    assert "is a training of colour, not of stylegan." in refusal(capsys, *words)


def test_what_cannot_be_trained_is_told() -> None:
    with pytest.raises(NotFound, match="No trainer named 'none'"):
        find("none")
    with pytest.raises(NotFound, match="'painter' cannot be trained: its family has no trainer"):
        find("painter")
