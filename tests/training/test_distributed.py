import os
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image

from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.families.stylegan.trainer import StyleGANRecipe
from taxiway.families.stylegan.training.augment import KINDS
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer
from taxiway.training.datasets.pictures.packed import packing, read_classes, read_dataset
from taxiway.training.distributed import ALONE, Group, check_processes, together
from taxiway.training.run_folder import TrainingFolder
from taxiway.training.session import Session
from taxiway.training.terminal import share
from taxiway.training.trainer import Stop

CPU = torch.device("cpu")
TINY = Settings(
    channel_base=64,
    channel_max=16,
    batch=16,
    bf16=False,
    augment=KINDS["sky"],
    ada_kimg=0.1,
    path_length=2.0,
    fade_kimg=0.032,
    processes=2,
    labels=True,
    c_dim=3,
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("several") / "noise.zip"
    noise = np.random.RandomState(0).randint(0, 255, (24, 16, 16, 3), dtype=np.uint8)
    with packing(path) as made:
        for i, pixels in enumerate(noise):
            made.add(Image.fromarray(pixels), i % 3)
    return path


def order(dataset: Path, kimg: float, settings: Settings = TINY) -> TrainingConfig:
    return TrainingConfig(str(dataset), ((8, kimg / 2), (16, kimg)), settings)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state = torch.load(folder / "state.pt", weights_only=True)
    return {f"{n}.{k}": v for n in ("g", "d", "average") for k, v in state[n].items()}


@pytest.mark.slow
def test_two_processes_teach_what_two_threads_of_one_do(tmp_path, dataset) -> None:
    """As near as sums in another order are: grown, augmented, with classes and both penalties."""
    for name in ("both", "one"):
        (tmp_path / name).mkdir()
    together(
        partial(share, StyleGANRecipe(), order(dataset, 0.192), tmp_path / "both"), 2, CPU, Event()
    )
    alone = replace(TINY, processes=1, threads=2)
    pictures, classes = read_dataset(dataset), read_classes(dataset)
    wanted = order(dataset, 0.192, alone)
    trainer = StyleGANTrainer(wanted, Data(pictures, classes))
    Session(trainer, wanted, tmp_path / "one").run(Event(), 1)
    both, one = weights(tmp_path / "both"), weights(tmp_path / "one")
    for name, tensor in one.items():
        torch.testing.assert_close(both[name], tensor, atol=2e-4, rtol=1e-2, msg=name)
    assert TrainingFolder(tmp_path / "both").sheets()


def test_all_stop_after_the_same_step_when_one_is_asked_to(tmp_path) -> None:
    stop = Event()
    watcher = threading.Thread(target=_stop_once_begun, args=(tmp_path, stop))
    watcher.start()
    together(partial(_count_until_told, tmp_path), 2, CPU, stop)
    watcher.join()
    counts = [(tmp_path / str(rank)).read_text() for rank in range(2)]
    assert counts[0] == counts[1]
    assert int(counts[0]) >= 5


def _count_until_told(folder: Path, group: Group, stop: Stop) -> None:
    count = 0
    while not group.agrees(stop, CPU):
        count += 1
        if group.is_first and count == 5:
            (folder / "begun").touch()
    (folder / str(group.rank)).write_text(str(count))


def _stop_once_begun(folder: Path, stop: Event) -> None:
    while not (folder / "begun").exists():
        threading.Event().wait(0.05)
    stop.set()


def test_what_one_says_went_wrong_is_what_all_end_with(tmp_path, dataset) -> None:
    there = partial(share, StyleGANRecipe(), order(tmp_path / "missing.zip", 1), tmp_path)
    with pytest.raises(TaxiwayError, match=r"missing\.zip"):
        together(there, 2, CPU, Event())


def test_when_one_is_killed_the_others_end_and_it_is_said(tmp_path) -> None:
    with pytest.raises(TaxiwayError, match=r"has ended.*--resume"):
        together(_killed, 2, CPU, Event())


def _killed(group: Group, stop: object) -> None:
    if not group.is_first:
        os.kill(os.getpid(), 9)
    group.mean([1.0], CPU)


def test_alone_there_is_nobody_to_wait_for() -> None:
    tensor, stop = torch.arange(4.0), Event()
    ALONE.add([tensor])
    assert torch.equal(ALONE.share(tensor), torch.arange(4.0))
    assert ALONE.mean([1.0, 2.0], CPU) == [1.0, 2.0]
    assert not ALONE.agrees(stop, CPU)
    stop.set()
    assert ALONE.agrees(stop, CPU)


def test_a_batch_is_shared_whole() -> None:
    batch = torch.arange(12.0)
    shares = [Group(rank, 3).share(batch) for rank in range(3)]
    assert torch.equal(torch.cat(shares), batch)


@pytest.mark.parametrize(("device", "there"), [("cuda", 0), ("mps", 1)])
def test_more_processes_than_gpus_are_refused(device: str, there: int, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(InvalidArgument, match=f"this machine has {there}"):
        check_processes(2, torch.device(device))
    check_processes(2, CPU)
