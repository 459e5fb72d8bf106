from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from taxiway.core.errors import InvalidArgument
from taxiway.networks.build import build
from taxiway.networks.checkpoint import Checkpoint, read_checkpoint
from taxiway.networks.checkpoint.discriminator import read_discriminator
from taxiway.training.export import write_model
from taxiway.training.loop import save_state
from taxiway.training.samples import samples
from taxiway.training.stylegan2 import Players, Settings, grown
from taxiway.training.transfer import HOLD_KIMG, Start, shape_of

FIXTURES = Path(__file__).parents[1] / "fixtures"
ADA = FIXTURES / "stylegan2-ada_32.pkl"
TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False)
STYLEGAN2 = (
    "stylegan2-ada_32.pkl",
    "stylegan2-ada_32_labels5_mapping8.pkl",
    "stylegan3repo-stylegan2_32.pkl",
    "tensorflow-stylegan2_32.pkl",
    "rosinality_32.pt",
)


@pytest.mark.parametrize("name", STYLEGAN2)
def test_a_training_from_any_stylegan2_begins_with_its_pictures(name) -> None:
    start = Start(FIXTURES / name)
    players = start.players(32, start.settings(32, TINY))
    expected = samples(build(read_checkpoint(FIXTURES / name)), range(4), psi=0.7)
    made = samples(players.average, range(4), psi=0.7).astype(int)
    assert np.abs(made - expected).max() <= 1
    assert players.settings.ema_ramp == 0
    assert players.settings.hold_kimg == HOLD_KIMG


def test_a_smaller_size_takes_the_lower_blocks_and_a_larger_one_grows() -> None:
    start = Start(ADA)
    settings = start.settings(32, TINY)
    small, large = start.players(16, settings), start.players(64, settings)
    assert (small.size, large.size, grown(large).size) == (16, 32, 64)
    halved = samples(small.average, range(4), psi=0.7).astype(float)
    whole = samples(large.average, range(4), psi=0.7).astype(float)
    means = whole.reshape(4, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    assert np.corrcoef(halved.ravel(), means.ravel())[0, 1] > 0.5


def test_a_step_from_a_foreign_checkpoint_can_be_taken() -> None:
    start = Start(ADA)
    players = start.players(16, start.settings(16, TINY))
    data = np.random.RandomState(0).randint(0, 255, (20, 16, 16, 3), dtype=np.uint8)
    assert np.isfinite(players.step(data)["d"])


@pytest.mark.parametrize(
    ("name", "told"), [("stylegan2-ada_32_resnet.pkl", "stylegan2 resnet"),
                       ("stylegan3-t_32.pkl", "stylegan3")]
)  # fmt: skip
def test_other_architectures_are_refused_by_name(name, told) -> None:
    with pytest.raises(InvalidArgument, match=rf"skip architecture; '{name}' is {told}\.$"):
        Start(FIXTURES / name)


def test_uneven_channels_are_refused() -> None:
    checkpoint = read_checkpoint(ADA)
    tensors = {**checkpoint.tensors, "synthesis.b8.conv1.bias": np.zeros(5, np.float32)}
    with pytest.raises(InvalidArgument, match="follow no rule"):
        shape_of(Checkpoint("stylegan2", checkpoint.config, tensors, {}))


@pytest.mark.parametrize(("base", "most"), [(64, 16), (512, 16), (64, 64), (100, 9)])
def test_the_rule_of_the_channels_is_found(base, most, tmp_path) -> None:
    settings = replace(TINY, channel_base=base, channel_max=most, z_dim=32, w_dim=32)
    players = Players(16, settings)
    write_model(tmp_path / "m.safetensors", players.average, 0)
    start = Start(tmp_path / "m.safetensors")
    again = start.players(16, start.settings(16, TINY))
    found = again.average.state_dict()
    for name, tensor in players.average.state_dict().items():
        torch.testing.assert_close(found[name], tensor, rtol=2e-3, atol=2e-3)


def test_the_folder_of_a_training_brings_its_discriminator(tmp_path) -> None:
    players = Players(16, TINY)
    data = np.random.RandomState(0).randint(0, 255, (20, 16, 16, 3), dtype=np.uint8)
    players.step(data)
    write_model(tmp_path / "model.safetensors", players.average, 8)
    save_state(players, tmp_path)
    start = Start(tmp_path)
    settings = start.settings(16, TINY)
    assert settings.hold_kimg == 0
    again = start.players(16, settings)
    for name in ("g", "d", "average"):
        for key, tensor in getattr(players, name).state_dict().items():
            assert torch.equal(getattr(again, name).state_dict()[key], tensor), key
    assert start.settings(8, TINY).hold_kimg == HOLD_KIMG  # it has not seen 8 pixels


def test_a_discriminator_of_this_shape_is_taken_over_whole() -> None:
    tensors = read_discriminator(ADA)
    players = Players(32, replace(TINY, channel_base=256, channel_max=16))
    names = {name for name in tensors if not name.endswith("resample_filter")}
    assert names <= set(players.d.state_dict())
    shapes = {name: tuple(players.d.state_dict()[name].shape) for name in names}
    assert shapes == {name: tensors[name].shape for name in names}
