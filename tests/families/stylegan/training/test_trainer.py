import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from taxiway.checkpoint import read_checkpoint
from taxiway.core.child import CONTEXT, start
from taxiway.core.errors import InvalidArgument, TaxiwayError
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.rendering.renderer import TorchRenderer
from taxiway.families.stylegan.training.augment import KINDS
from taxiway.families.stylegan.training.config import TrainingConfig
from taxiway.families.stylegan.training.export import write_model
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer, channels_of
from taxiway.families.stylegan.training.transfer import Start
from taxiway.training.config import Stages
from taxiway.training.datasets.pictures.labels import Classes
from taxiway.training.loop import Schedule, begin, train
from taxiway.training.trainer import Asked

TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False, fade_kimg=0.016)
STAGES = ((8, 0.024), (16, 0.064))
EMPTY = np.zeros((4, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.RandomState(0).randint(0, 255, (20, 16, 16, 3), dtype=np.uint8)


def begun(
    folder: Path, pictures: np.ndarray, settings: Settings = TINY, stages: Stages = STAGES
) -> StyleGANTrainer:
    """A trainer that goes on in a folder, or starts there."""
    trainer = StyleGANTrainer(TrainingConfig("", stages, settings), Data(pictures))
    begin(trainer, folder, stages)
    return trainer


def tensors(players: Players) -> dict[str, torch.Tensor]:
    return {f"{n}.{k}": v for n in ("g", "d", "average") for k, v in players.state()[n].items()}


class Watching:
    """Stops after so many steps; keeps what it hears."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop, self.stop_after = Event(), stop_after
        self.losses: list[dict[str, float]] = []
        self.snapshots: list[int] = []

    def stepped(self, trainer: StyleGANTrainer, losses: dict[str, float]) -> None:
        self.losses.append(losses)
        if len(self.losses) == self.stop_after:
            self.stop.set()

    def snapshot(self, trainer: StyleGANTrainer) -> None:
        self.snapshots.append(trainer.seen)


SCHEDULE = Schedule(STAGES, snapshot_kimg=0.04)


def run(folder, pictures, stop_after: int | None = None, schedule=SCHEDULE) -> Players:
    folder.mkdir(exist_ok=True)
    watching = Watching(stop_after)
    trainer = begun(folder, pictures)
    train(trainer, folder, schedule, watching.stop, watching)
    return trainer.players


@pytest.fixture(scope="module")
def whole(pictures, tmp_path_factory) -> dict[str, torch.Tensor]:
    """What comes of a training that nothing interrupts."""
    players = run(tmp_path_factory.mktemp("whole"), pictures)
    assert players.seen == 64
    return tensors(players)


@pytest.mark.parametrize("stop_after", [1, 3, 5])
@pytest.mark.smoke
def test_a_stopped_training_goes_on_bit_for_bit(tmp_path, pictures, whole, stop_after) -> None:
    stopped = run(tmp_path, pictures, stop_after)
    assert stopped.seen == 8 * stop_after
    resumed = run(tmp_path, pictures)
    assert resumed.seen == 64
    for name, tensor in whole.items():
        assert torch.equal(tensor, tensors(resumed)[name]), name


def save_at_every_step(folder: Path, pictures, told) -> None:
    """In a process of its own."""
    torch.set_num_threads(1)
    watching, often = Watching(), replace(SCHEDULE, state_seconds=0.0)
    watching.stepped = lambda trainer, losses: told.send(trainer.seen)
    train(begun(folder, pictures), folder, often, watching.stop, watching)


def test_a_killed_training_goes_on_bit_for_bit_from_what_was_saved(
    tmp_path, pictures, whole
) -> None:
    (tmp_path / "killed").mkdir()
    here, there = CONTEXT.Pipe(duplex=False)
    process = start(save_at_every_step, [tmp_path / "killed", pictures, there], name="killed")
    seen = [here.recv() for _ in range(5)]
    process.kill()
    process.join()
    assert seen == [8, 16, 24, 32, 40]
    assert torch.load(tmp_path / "killed" / "state.pt", weights_only=True)["seen"] >= 32
    resumed = run(tmp_path / "killed", pictures)
    for name, tensor in whole.items():
        assert torch.equal(tensor, tensors(resumed)[name]), name


def test_the_watcher_hears_of_steps_and_snapshots(tmp_path, pictures) -> None:
    watching = Watching()
    trainer = begun(tmp_path, pictures)
    train(trainer, tmp_path, SCHEDULE, watching.stop, watching)
    assert (trainer.size, len(watching.losses), watching.snapshots) == (16, 8, [40])
    assert torch.load(tmp_path / "state.pt", weights_only=True)["seen"] == 64


def test_stopping_before_growing_saves_the_small_network(tmp_path, pictures) -> None:
    assert run(tmp_path, pictures, stop_after=3).size == 8
    assert torch.load(tmp_path / "state.pt", weights_only=True)["size"] == 8


def test_other_settings_of_the_loop_do_not_change_the_weights(tmp_path, pictures, whole) -> None:
    often = Schedule(STAGES, state_seconds=0.0, snapshot_kimg=0.008)
    second = run(tmp_path, pictures, schedule=often)
    for name, tensor in whole.items():
        assert torch.equal(tensor, tensors(second)[name]), name


def test_losses_that_run_away_stop_it_and_spare_what_was_saved(tmp_path, pictures) -> None:
    run(tmp_path, pictures, stop_after=2)
    before = (tmp_path / "state.pt").read_bytes()
    trainer = begun(tmp_path, pictures)
    trainer.players.d.b4.out.bias.data.fill_(float("nan"))
    with pytest.raises(
        TaxiwayError, match=r"no numbers any more at 0.0 kimg.*--resume and a --gamma four"
    ):
        train(trainer, tmp_path, SCHEDULE, Event(), Watching())
    assert (tmp_path / "state.pt").read_bytes() == before


class Opens:
    """Pickled, it asks whoever reads it to open a file."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("opened", "w")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[: len(whole) // 2],
    "text": lambda whole: b"some text",
    "empty": lambda whole: b"",
    "hostile": lambda whole: pickle.dumps(Opens(), protocol=2),
    "another dictionary": lambda whole: pickle.dumps({"size": 8}, protocol=2),
    "a list": lambda whole: pickle.dumps([1, 2], protocol=2),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_state_is_told_with_the_way_on(damage, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_state(Path("state.pt"), Players(8, TINY).state())
    Path("state.pt").write_bytes(damage(Path("state.pt").read_bytes()))
    told = r"'state\.pt' is missing, damaged or of another .* --from model\.safetensors$"
    with pytest.raises(InvalidArgument, match=told):
        begun(Path(), EMPTY)
    assert not Path("opened").exists()


def test_a_state_of_other_settings_or_sizes_is_told_too(tmp_path) -> None:
    write_state(tmp_path / "state.pt", Players(8, TINY).state())
    for settings, stages in ((replace(TINY, channel_base=128), STAGES), (TINY, ((16, 1.0),))):
        with pytest.raises(InvalidArgument, match=r"state\.pt' is missing, damaged or of another"):
            begun(tmp_path, EMPTY, settings, stages)


def save_without_room(folder: Path, told) -> None:
    """In a process of its own, which alone may write no larger files."""
    import resource  # not on Windows

    os.chdir(folder)
    trainer = begun(Path(), EMPTY)
    trainer.save(Path("state.pt"))
    before = Path("state.pt").read_bytes()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before)))
    try:
        trainer.save(Path("state.pt"))
    except OSError as error:
        assert Path("state.pt").read_bytes() == before
        told.send((error.strerror, error.filename))


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_state_that_finds_no_room_is_told_and_spares_the_one_before(tmp_path) -> None:
    here, there = CONTEXT.Pipe(duplex=False)
    process = start(save_without_room, [tmp_path, there], name="without room")
    assert here.recv() == ("File too large", "state.pt")
    process.join()
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_transparent_pictures_are_learnt_and_played(channels, tmp_path) -> None:
    """From nothing, over a growth, with all that judges; then from what came of it."""
    made = np.random.RandomState(0).randint(0, 255, (20, 16, 16, channels), dtype=np.uint8)
    settings = replace(
        TINY, img_channels=channels, detail=1.0, path_length=2.0, augment=KINDS["full"]
    )
    watching = Watching()
    trainer = begun(tmp_path, made, settings)
    trainer.players.p = 0.9
    train(trainer, tmp_path, SCHEDULE, watching.stop, watching)
    assert len(watching.losses) == 8
    assert (trainer.sample().shape, trainer.real().shape) == ((36, 16, 16, 3), (20, 16, 16, 3))
    assert np.isfinite(list(trainer.measure().values())).all()
    trainer.export(tmp_path / "model.safetensors", whole=True)
    generator = build(read_checkpoint(tmp_path / "model.safetensors"))
    assert samples(generator, [0], 1.0).shape == (1, 16, 16, channels)
    start = Start(tmp_path / "model.safetensors")
    further = start.settings(16, replace(TINY, img_channels=channels))
    assert (further.img_channels, further.hold_kimg) == (channels, 0.0)
    players = start.players(16, further)
    players.step(made)
    assert players.d.b16.fromrgb.weight.shape[1] == channels


def test_channels_are_those_of_the_start_and_kept(tmp_path) -> None:
    grey = Players(8, replace(TINY, img_channels=1))
    write_model(tmp_path / "model.safetensors", grey.average, 0)
    asked = Asked(Path("x.zip"))
    assert channels_of(asked, None) is None
    assert channels_of(replace(asked, given={"channels": "4"}), None) == 4
    assert channels_of(replace(asked, start=tmp_path), None) == 1
    assert channels_of(replace(asked, start=tmp_path, given={"channels": "1"}), None) == 1
    with pytest.raises(InvalidArgument, match=r"'channels' takes auto or 1 here, .* got 3\.$"):
        channels_of(replace(asked, start=tmp_path, given={"channels": "3"}), None)
    config = TrainingConfig("", STAGES, replace(TINY, img_channels=4))
    assert channels_of(asked, config) == 4


def test_pictures_that_show_several_classes_teach_their_mixtures(tmp_path, pictures) -> None:
    weights = np.random.RandomState(0).dirichlet([1, 1, 1], 20).astype(np.float32)
    classes = Classes(weights.argmax(axis=1), ("a", "b", "c"), weights)
    settings = replace(TINY, labels=True, c_dim=3)
    trainer = StyleGANTrainer(TrainingConfig("", STAGES, settings), Data(pictures, classes))
    begin(trainer, tmp_path, STAGES)
    train(trainer, tmp_path, SCHEDULE, Event(), Watching())
    told = trainer.players._classes(np.array([3, 3, 19]))
    np.testing.assert_array_equal(told.numpy(), weights[[3, 3, 19]])
    assert (trainer.sample().shape, trainer.real().shape) == ((36, 16, 16, 3), (36, 16, 16, 3))
    assert np.isfinite(list(trainer.measure().values())).all()
    trainer.export(tmp_path / "model.safetensors", whole=True)
    generator = build(read_checkpoint(tmp_path / "model.safetensors"))
    assert generator.config["classes"] == ["a", "b", "c"]
    z = TorchRenderer(generator).z_of_seeds([0])
    mixed = TorchRenderer(generator).w(z, classes=4 * weights[0])
    c = torch.from_numpy(weights[:1])
    expected = generator.mapping(torch.from_numpy(z).float(), c)
    np.testing.assert_allclose(mixed, expected.numpy(), atol=1e-5)
