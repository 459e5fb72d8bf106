import errno
import io
import json
import re
import signal
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from command_line import taxiway
from paths import FIXTURES
from refusals import refusal
from taxiway.checkpoint import read_checkpoint
from taxiway.commands import train
from taxiway.core.errors import TaxiwayError
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.trainer import StyleGANRecipe
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.painted_pictures import painted
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer, enough_memory
from taxiway.training import terminal
from taxiway.training.datasets.pictures.crops import Plan
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.datasets.pictures.prepare import prepare
from taxiway.training.datasets.pictures.sources import open_source
from taxiway.training.loop import enough_room
from taxiway.training.metrics_log import read
from taxiway.training.session import Session
from taxiway.training.terminal import stopping
from taxiway.training.trainer import Asked
from training.datasets.pictures.folders import fill

SMALL = FIXTURES / "stylegan2-ada_32.pkl"
REFUSED = {
    "--quality good": "'quality' is draft in this training, got good; --resume changes device, ",
    "--batch 16": "'batch' is 8 in this training, got 16",
    "--labels": "'labels' is not given in this training, got given",
    "--resolution 16": "'resolution' is not given in this training, got 16",
    "--channels 1": "'channels' is auto in this training, got 1",
    "--augment none": "'augment' is auto in this training, got none",
    "--path-length 1": "'path_length' is 2 in this training, got 1",
    "--detail 1": "'detail' is 0 in this training, got 1",
    "--freeze 1": "'freeze' is 0 in this training, got 1",
    "--direct": "'direct' is not given in this training, got given",
    "--from rainbow": "This training began from '",
}
"""Options that a training which goes on cannot take, and what is said of each."""
ABOUT = ("--title", "Noise", "--licence", "CC0", "--data", "My own.")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    with open_source(fill(folder / "in", 60)) as source:
        prepare(source, folder / "noise.zip", Plan(32))
    return folder / "noise.zip"


def test_a_model_is_trained_stopped_gone_on_with_and_played(dataset, tmp_path) -> None:
    """Ctrl-C after some steps; then on for a little; then the model makes pictures."""
    out = tmp_path / "model"
    call = [sys.executable, "-m", "taxiway", "train", dataset, "--out", out, "--from", SMALL]
    call += ["--batch", "8", *ABOUT, "--path-length=2"]
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        announced = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert re.match(r"60 pictures of 32 pixels on cpu.* 40 kimg take about .*memory", announced[0])
    assert "Play it: taxiway run" in said
    seen = max(record["kimg"] for record in read(out / "stats.jsonl") if "kid" in record)
    end = f"--kimg={seen + 0.016:.3f}"
    done = taxiway("train", dataset, "--out", out, "--resume", "--gamma=8", end)
    assert done.returncode == 0, done.stderr
    settings = json.loads((out / "training.json").read_text())["settings"]
    assert (settings["gamma"], settings["path_length"]) == (8.0, 2.0)
    assert read(out / "stats.jsonl")[-1]["kimg"] == pytest.approx(seen + 0.016)
    same = ("--batch=8", "--path-length=2", "--from", SMALL, "--title=Another")
    for option, said in REFUSED.items():
        refused = taxiway("train", dataset, "--out", out, "--resume", *same, *option.split())
        assert (refused.returncode, refused.stdout) == (1, ""), option
        assert said in refused.stderr
    assert json.loads((out / "training.json").read_text())["about"]["title"] == "Noise"
    kept = taxiway("train", dataset, "--out", out, "--resume", *same, "--gamma=0")
    assert "Kept as" not in kept.stdout
    order = json.loads((out / "training.json").read_text())
    assert (order["settings"]["gamma"], order["about"]["title"]) == (0.0, "Another")
    order["options"] = {}  # as trainings of before have it
    (out / "training.json").write_text(json.dumps(order))
    kept = taxiway("train", dataset, "--out", out, "--resume", "--quality=good")
    assert "Kept as it began, whatever is given here: quality.\n" in kept.stdout
    moved = dataset.rename(dataset.with_name("moved.zip"))
    again = taxiway("train", moved, "--out", out, "--resume")
    moved.rename(dataset)
    assert again.stdout.splitlines()[:2] == [
        f"It began on '{dataset}' and goes on with '{moved}'.",
        f"This training is done after {seen + 0.016:.4g} kimg; --kimg N goes on for longer.",
    ]
    assert json.loads((out / "model.json").read_text())["licence"] == "CC0"
    generator = build(read_checkpoint(out / "model.safetensors"))
    assert samples(generator, [0], 0.7).shape == (1, 32, 32, 3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_a_later_one_ends(number, monkeypatch) -> None:
    ended, now = [], iter([0.0, 0.5, 2.0])
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: next(now)))
    first = signal.signal(number, lambda *_: ended.append(number))
    try:
        with stopping() as stop:
            assert not stop.is_set()
            signal.raise_signal(number)
            signal.raise_signal(number)  # as `timeout` does
            assert stop.is_set()
            assert not ended
            signal.raise_signal(number)
            assert ended == [number]
    finally:
        signal.signal(number, first)


def test_a_full_disk_is_said_in_a_sentence() -> None:
    said = pytest.raises(TaxiwayError, match=r"The disk of 'mine' is full; .* with --resume\.")
    with said, enough_room(Path("mine")):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PermissionError), enough_room(Path("mine")):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_gpu_that_is_too_small_is_said_in_a_sentence() -> None:
    order = TrainingConfig("noise.zip", ((32, 1),), Settings(batch=16, processes=2))
    said = pytest.raises(TaxiwayError, match="memory for 8 pictures of 32 pixels.*--batch")
    with said, enough_memory(order):
        raise torch.OutOfMemoryError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.zip"], "There is no folder or file 'none.zip'."),
        (["DATASET", "--resolution", "128"], "so no model of 128 is made of it"),
        (["DATASET", "--resolution", "-32"], "'resolution' takes 16, 32, 64, 128, 256, 512, 1024"),
        (["DATASET", "--from", "."], "'.' holds no training to start from."),
        (["DATASET", "--kimg", "0"], "a number above 0 is needed, got '0'"),
        (["DATASET", "--batch", "10"], "A batch of 10 cannot be split"),
        (["DATASET", "--batch", "-4"], "'batch' takes a number from 1 up, got -4"),
        (["DATASET", "--threads", "99999"], "cannot be split over 1 x 99999 processes"),
        (["DATASET", "--from", "painter"], "'painter' has no checkpoint to start from."),
        (["DATASET", "--labels"], "has no labels; sort the pictures into folders"),
        (["DATASET", "--resume"], "holds no training to go on with"),
        (["DATASET", "--freeze", "2"], "'freeze' takes a start with a discriminator"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    arguments, message, dataset, tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    given = [str(dataset) if word == "DATASET" else word for word in arguments]
    assert message in refusal(capsys, "train", *given, "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


class Terminal(io.TextIOWrapper):
    """One at which somebody has typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "kept"), [(b"", ""), (b"\n", ""), (b" Mine \n", "Mine"), (b"A \xff\n", "A \ufffd")]
)
def test_what_is_typed_for_the_card_is_kept_and_ctrl_d_is_no_answer(
    typed, kept, monkeypatch, capsys
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(typed), encoding="utf-8"))
    assert train.answer(Namespace(title=None, recipe=StyleGANRecipe()), "title") == kept
    assert capsys.readouterr().out.startswith("What is the model called? (empty: not stated) ")
    assert train.answer(Namespace(title="B \udcff"), "title") == "B ?"


@pytest.mark.parametrize("start", [None, SMALL])
def test_the_classes_of_a_dataset_are_learnt_where_that_is_asked_for(start) -> None:
    asked = Asked(Path("x.zip"), start, given={"labels": True, "augment": "none"})
    pictures, classes = np.zeros((40, 32, 32, 3), np.uint8), Classes(np.arange(40) % 3)
    learns = StyleGANRecipe().configure(asked, Data(pictures, classes)).settings
    assert (learns.labels, learns.c_dim) == (True, 3)
    plain = StyleGANRecipe().configure(asked, Data(pictures)).settings
    assert (plain.labels, plain.c_dim) == (False, 0)


def test_a_family_that_nobody_trains_is_said() -> None:
    done = taxiway("train", "stylgan", "d.zip", "--out", "x")
    assert (
        done.stderr == "No trainer named 'stylgan'. There are: detector, distil, stylegan, text.\n"
    )


def test_help_needs_no_torch() -> None:
    script = (
        "import sys; sys.argv = ['taxiway', 'train', '--help']\n"
        "from taxiway.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_five_hundred_landscapes_teach_a_small_model_something(tmp_path, monkeypatch) -> None:
    """From nothing, 32 pixels: the losses fall and the pictures come nearer, in some minutes."""
    pictures = painted(range(500), 32)
    settings = Settings(channel_base=512, channel_max=64, gamma=2.0, ema_kimg=0.5)
    losses: list[float] = []
    stepped = Session.stepped

    def heard(session, trainer, told) -> None:
        losses.extend([told["d"]] if told else [])
        stepped(session, trainer, told)

    monkeypatch.setattr(Session, "stepped", heard)
    config = TrainingConfig("painter", ((32, 4.0),), settings)
    session = Session(StyleGANTrainer(config, Data(pictures)), config, tmp_path)
    session.run(Event(), snapshot_kimg=1.0)
    measured = [record["kid"] for record in session.records.all if "kid" in record]
    assert min(measured[1:]) < 0.7 * measured[0], measured
    assert np.mean(losses[-50:]) < np.mean(losses[:10])
