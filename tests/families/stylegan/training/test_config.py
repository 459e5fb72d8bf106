import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.training import speed
from taxiway.families.stylegan.training.augment import KINDS
from taxiway.families.stylegan.training.config import (
    TrainingConfig,
    augmented,
    averaged,
    check_freeze,
    default_threads,
    grown_stages,
    new_settings,
    read_training_config,
    stages_from,
)
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer, fitted
from taxiway.families.stylegan.training.transfer import Start
from taxiway.training import cost
from taxiway.training.config import About, check_free, longer

TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False)
ADA = FIXTURES / "stylegan2-ada_32.pkl"
PICTURES = np.random.RandomState(0).randint(0, 255, (20, 16, 16, 3), dtype=np.uint8)


def test_an_order_is_read_as_it_was_written(tmp_path) -> None:
    settings = replace(TINY, augment=KINDS["full"])
    order = TrainingConfig(
        "d.zip", ((32, 4.0), (64, 16.0)), settings, "x.pkl", About("Cats", "CC0")
    )
    order.write(tmp_path)
    assert read_training_config(tmp_path) == order
    assert (order.size, order.kimg) == (64, 16.0)


def test_a_folder_without_an_order_or_with_a_broken_one_is_told(tmp_path) -> None:
    with pytest.raises(NotFound, match="no training to go on with"):
        read_training_config(tmp_path)
    (tmp_path / "training.json").write_text('{"dataset": 3}')
    with pytest.raises(InvalidArgument, match="is not understood"):
        read_training_config(tmp_path)


def test_a_config_without_stages_is_told(tmp_path) -> None:
    TrainingConfig("d.zip", (), TINY).write(tmp_path)
    with pytest.raises(InvalidArgument, match=r"training\.json' is not understood: it has no sta"):
        read_training_config(tmp_path)


@pytest.mark.parametrize("stages", [((4, 1.0),), ((16, 1.0), (64, 2.0)), ((-16, 1.0),)])
def test_sizes_that_do_not_double_are_told(stages, tmp_path) -> None:
    TrainingConfig("d.zip", stages, TINY).write(tmp_path)
    with pytest.raises(
        InvalidArgument, match=r"training\.json' is not understood: stages are of 8"
    ):
        read_training_config(tmp_path)


@pytest.mark.parametrize("name", ["batch", "threads", "processes"])
@pytest.mark.parametrize("value", [0, -4])
def test_a_batch_of_nothing_is_told(name, value, tmp_path) -> None:
    TrainingConfig("d.zip", ((16, 1.0),), TINY).write(tmp_path)
    path = tmp_path / "training.json"
    known = path.read_text()
    path.write_text(re.sub(rf'"{name}": \d+', f'"{name}": {value}', known))
    assert path.read_text() != known
    with pytest.raises(InvalidArgument, match=r"A batch of .* cannot be split over"):
        read_training_config(tmp_path)


def test_a_name_that_cannot_be_written_down_is_told() -> None:
    for dataset, start in (("d\udcff.zip", ""), ("d.zip", "s\udcff.pkl")):
        with pytest.raises(InvalidArgument, match="has letters that are no UTF-8; rename it"):
            TrainingConfig(dataset, ((16, 1.0),), TINY, start)


def test_sizes_double_and_most_of_the_time_is_for_the_last() -> None:
    assert grown_stages(128, 90) == ((32, 10), (64, 40), (128, 90))
    assert grown_stages(32, 90) == ((32, 90),)
    assert grown_stages(16, 90) == ((16, 90),)
    assert grown_stages(128, 90, first=128) == ((128, 90),)
    start = Start(ADA)
    assert stages_from(start, 32, 40) == ((32, 40),)
    assert stages_from(start, 16, 40) == ((16, 40),)
    assert stages_from(start, 128, 40) == ((32, 0.0), (64, 10), (128, 40))
    assert longer(((32, 10), (64, 40)), 80) == ((32, 10), (64, 80))
    assert longer(((32, 10),), None) == ((32, 10),)


def test_a_batch_is_split_over_the_cores_it_can_be(monkeypatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert default_threads(torch.device("cpu"), 16) == 4
    assert default_threads(torch.device("cpu"), 24) == 6
    assert default_threads(torch.device("cuda"), 16) == 1
    assert new_settings("good", 16, 2.0, 0, torch.device("cpu")).channel_base == 4096


def test_freezing_takes_something_that_has_learnt() -> None:
    frozen = replace(TINY, freeze=2)
    check_freeze(TINY, ((16, 1.0),))
    check_freeze(replace(frozen, ema_ramp=0.0), ((16, 1.0),))
    for settings, stages in (
        (frozen, ((16, 1.0),)),
        (replace(frozen, ema_ramp=0.0), ((8, 1.0), (16, 1.0))),
        (replace(frozen, ema_ramp=0.0, hold_kimg=1.0), ((16, 1.0),)),
    ):
        with pytest.raises(InvalidArgument, match="'freeze' takes a start"):
            check_freeze(settings, stages)


def test_the_average_of_a_short_training_is_quicker() -> None:
    assert averaged(TINY, 20).ema_kimg == 1
    assert averaged(TINY, 500).ema_kimg == TINY.ema_kimg == 5


def test_changes_are_chosen_by_name_or_by_the_pictures() -> None:
    assert augmented(TINY, "full", PICTURES).augment == KINDS["full"]
    assert augmented(TINY, "auto", PICTURES).augment == KINDS["sky"]


def test_a_step_is_timed_at_every_size_and_the_rest_of_a_schedule_told() -> None:
    pace = speed.seconds_per_kimg(16, replace(TINY, augment=KINDS["sky"]), PICTURES)
    assert 0 < pace < 600
    stages = ((8, 1.0), (16, 3.0))
    trainer = StyleGANTrainer(TrainingConfig("d.zip", stages, TINY), Data(PICTURES))
    paces = cost.paces(trainer, stages, 0.5)
    assert 0 < cost.expected_seconds(stages, 0.5, paces) < 2000
    assert cost.expected_seconds(stages, 3.0, cost.paces(trainer, stages, 3.0)) == 0
    assert cost.snapshot_kimg(10.0) == 20
    assert cost.snapshot_kimg(10_000) == 0.5


def test_times_are_told_in_words() -> None:
    words = [cost.written(seconds) for seconds in (12, 89, 600, 7200, 12_000)]
    assert words == ["12 s", "89 s", "10 min", "2 h", "3 h 20 min"]


def test_a_full_disk_is_refused(tmp_path, monkeypatch) -> None:
    size = speed.state_bytes(Players(16, TINY))
    cost.check_disk(tmp_path, size)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("", (), {"free": 1000}))
    with pytest.raises(TaxiwayError, match=r"has 0.0 GB free; this training wants 0\.\d GB"):
        cost.check_disk(tmp_path, size)


def test_the_state_is_about_as_large_as_told(tmp_path) -> None:
    players = Players(16, TINY)
    players.step(PICTURES)
    write_state(tmp_path / "state.pt", players.state())
    told = speed.state_bytes(players)
    assert (tmp_path / "state.pt").stat().st_size == pytest.approx(told, rel=0.1)


def test_memory_is_known_here() -> None:
    assert cost.memory() > 1e8


def test_pictures_are_reduced_to_what_is_wanted_but_never_enlarged() -> None:
    larger = PICTURES.repeat(2, axis=1).repeat(2, axis=2)
    assert fitted(PICTURES, None) is PICTURES
    assert np.array_equal(fitted(larger, 16), PICTURES)
    with pytest.raises(TaxiwayError, match="has 16 pixels, so no model of 32"):
        fitted(PICTURES, 32)
    for wrong in (0, -32, 24, 8, 2048):
        with pytest.raises(InvalidArgument, match=f"'resolution' takes 16, .* 1024, got {wrong}"):
            fitted(PICTURES, wrong)


def test_a_training_is_not_overwritten(tmp_path) -> None:
    check_free(tmp_path / "a" / "b", resume=False)
    assert not (tmp_path / "a").exists()
    (tmp_path / "state.pt").touch()
    with pytest.raises(TaxiwayError, match="holds a training; add --resume"):
        check_free(tmp_path, resume=False)
    check_free(tmp_path, resume=True)
    with pytest.raises(InvalidArgument, match=r"state\.pt' is a file; --out takes a folder\."):
        check_free(tmp_path / "state.pt", resume=False)


def test_a_model_without_its_state_is_not_overwritten(tmp_path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(TaxiwayError, match="holds a training; add --resume"):
        check_free(tmp_path, resume=False)
    with pytest.raises(InvalidArgument, match=r"is missing, .* --from .*model\.safetensors$"):
        check_free(tmp_path, resume=True)
