import json
import runpy
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from paths import ROOT
from taxiway.checkpoint import read_checkpoint
from taxiway.core.errors import TaxiwayError
from taxiway.families.stylegan.networks import build_generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training import painted_pictures as pictures
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.painted_pictures import painted
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer
from taxiway.training.card import card

SCRIPT = ROOT / "scripts" / "train_rainbow.py"


@pytest.fixture(scope="module")
def script() -> dict:
    return runpy.run_path(str(SCRIPT))


def options(**given) -> Namespace:
    return Namespace(**{"size": 128, "kimg": None, "threads": 2, "pictures": 16_000} | given)


def test_a_training_is_not_overwritten(tmp_path) -> None:
    (tmp_path / "state.pt").write_bytes(b"hours of work")
    call = [sys.executable, str(SCRIPT), "--out", str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == f"'{tmp_path}' holds a training; add --resume or take another folder.\n"
    assert (tmp_path / "state.pt").read_bytes() == b"hours of work"


def test_without_options_it_makes_the_model_that_ships(script) -> None:
    first, *rest = script["orders"](options())
    assert first.stages == ((32, 17.4),)
    assert [order.stages[-1] for order in rest] == [(64, 150.0), (128, 220.0), (128, 240.0)]
    assert rest[-1].stages == ((32, 17.4), (64, 150.0), (128, 240.0))
    assert [order.settings.gamma for order in (first, *rest)] == [3, 3, 2, 0.7]
    assert [order.settings.detail for order in (first, *rest)] == [0, 0, 0, 1]


def test_a_shorter_training_shares_its_time_alike(script) -> None:
    small, last = script["orders"](options(size=64, kimg=15))
    assert small.stages == ((32, pytest.approx(1.74)),)
    assert last.stages == ((32, pytest.approx(1.74)), (64, pytest.approx(15)))


def test_the_card_says_the_command_that_runs(script) -> None:
    (order,) = script["orders"](options(size=32, kimg=15))
    words = (
        "python scripts/train_rainbow.py --out runs/rainbow --pictures 16000 --size 32 --kimg 15"
    )
    trainer = StyleGANTrainer(order, Data(painted([0], 32)))
    trainer.start()
    assert card(order, "model", trainer, [])["command"] == words


def test_painting_stops_between_parts_and_goes_on(script, tmp_path, monkeypatch) -> None:
    asked: list[int] = []

    def painting(first_seed: int, count: int, size: int, threshold: float) -> np.ndarray:
        asked.append(first_seed)
        return painted(range(first_seed, first_seed + 2), size)

    monkeypatch.setattr(pictures, "curated", painting)
    monkeypatch.setattr(pictures, "twin_threshold", lambda size: 0.0)
    stop = Event()
    stop.set()
    with pytest.raises(TaxiwayError, match=r"1,000 landscapes are painted; the same command"):
        script["data"](tmp_path, 2500, 32, stop)
    found = script["data"](tmp_path, 2500, 32, Event())
    assert asked == [0, 1000, 2000]
    assert found.shape == (6, 32, 32, 3)


def test_the_model_ends_with_the_upscaler_that_was_taught(script, tmp_path, monkeypatch) -> None:
    write_model(tmp_path / "model.safetensors", new_stylegan2(16, 64, 16), 1000)
    (tmp_path / "model.json").write_text('{"resolution": 16, "title": "Bows"}')
    pairs = painted(range(4), 64)
    monkeypatch.setitem(script["upscale"].__globals__, "data", lambda *given: pairs)
    script["upscale"](options(size=16, lessons=1, strokes=0), tmp_path, Event())
    assert build_generator(read_checkpoint(tmp_path / "model.safetensors")).resolution == (64, 64)
    assert json.loads((tmp_path / "model.json").read_text()) == {"resolution": 64, "title": "Bows"}


@pytest.mark.parametrize(("seen", "kimg"), [(0, 0.001), (1000, 1.0)])
def test_only_a_finished_model_is_held_against_the_bar(
    script, tmp_path, monkeypatch, capsys, seen, kimg
) -> None:
    judged: list[int] = []
    session = Namespace(trainer=Namespace(seen=seen))
    monkeypatch.setitem(script["run"].__globals__, "lead", lambda *given: session)
    monkeypatch.setitem(script["run"].__globals__, "data", lambda *given: np.zeros((2, 32, 32, 3)))
    monkeypatch.setitem(script["run"].__globals__, "lower_priority", lambda: None)
    monkeypatch.setitem(script["run"].__globals__, "judge", lambda out, count: judged.append(count))
    upscaled: list[Path] = []
    monkeypatch.setitem(
        script["run"].__globals__, "upscale", lambda options, out, stop: upscaled.append(out)
    )
    taught: list[Path] = []
    monkeypatch.setitem(
        script["run"].__globals__, "distil", lambda options, out, stop: taught.append(out)
    )
    given = options(size=32, kimg=kimg, resume=False, pictures=4, samples=200, lessons=1, pairs=2)
    script["run"](given, tmp_path)
    assert upscaled == taught == ([tmp_path] if seen else [])
    assert judged == ([200] if seen else [])
    assert ("It was stopped before its end" in capsys.readouterr().out) == (not seen)


def test_too_few_samples_are_said_and_nothing_is_written(
    script, tmp_path, monkeypatch, capsys
) -> None:
    model = new_stylegan2(64, 64, 16)
    monkeypatch.setitem(script["judge"].__globals__, "read_checkpoint", lambda path: None)
    monkeypatch.setitem(script["judge"].__globals__, "build_generator", lambda checkpoint: model)
    script["judge"](tmp_path, 5)
    assert "'samples' takes 100 or more, got 5." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
