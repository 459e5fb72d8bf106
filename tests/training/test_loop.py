from dataclasses import replace
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image

from taxiway.training.loop import Schedule, train
from taxiway.training.stylegan2 import Players, Settings

TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False, fade_kimg=0.016)
STAGES = ((8, 0.024), (16, 0.064))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.RandomState(0).randint(0, 255, (20, 16, 16, 3), dtype=np.uint8)


def tensors(players: Players) -> dict[str, torch.Tensor]:
    return {f"{n}.{k}": v for n in ("g", "d", "average") for k, v in players.state()[n].items()}


def run(folder, pictures, stop_after: int | None = None) -> Players:
    folder.mkdir(exist_ok=True)
    stop, told = Event(), []

    def report(kimg: float, losses: dict[str, float]) -> None:
        told.append(kimg)
        if len(told) == stop_after:
            stop.set()

    return train(pictures, folder, TINY, Schedule(STAGES, snapshot_kimg=0.04), stop, report)


@pytest.mark.parametrize("stop_after", [1, 3, 5])
def test_a_stopped_training_goes_on_bit_for_bit(tmp_path, pictures, stop_after) -> None:
    whole = run(tmp_path / "whole", pictures)
    stopped = run(tmp_path / "parts", pictures, stop_after)
    assert stopped.seen == 8 * stop_after
    resumed = run(tmp_path / "parts", pictures)
    assert resumed.seen == whole.seen == 64
    for name, tensor in tensors(whole).items():
        assert torch.equal(tensor, tensors(resumed)[name]), name


def test_a_training_leaves_a_state_a_sheet_and_weights(tmp_path, pictures) -> None:
    players = run(tmp_path, pictures)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["016px-00000kimg.png", "016px-00000kimg.pt", "state.pt"]
    with Image.open(tmp_path / "016px-00000kimg.png") as sheet:
        assert sheet.size == (128, 128)
    assert players.size == 16
    assert torch.load(tmp_path / "state.pt", weights_only=True)["seen"] == 64


def test_stopping_before_growing_saves_the_small_network(tmp_path, pictures) -> None:
    assert run(tmp_path, pictures, stop_after=3).size == 8
    assert torch.load(tmp_path / "state.pt", weights_only=True)["size"] == 8


def test_other_settings_of_the_loop_do_not_change_the_weights(tmp_path, pictures) -> None:
    first = run(tmp_path / "a", pictures)
    (tmp_path / "b").mkdir()
    often = replace(Schedule(STAGES), state_seconds=0.0, snapshot_kimg=0.008)
    second = train(pictures, tmp_path / "b", TINY, often, Event(), lambda kimg, losses: None)
    for name, tensor in tensors(first).items():
        assert torch.equal(tensor, tensors(second)[name]), name
