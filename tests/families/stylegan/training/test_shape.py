from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from taxiway.families.stylegan.networks.build import described, fresh
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.networks.stylegan2 import new_stylegan2
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.shape import channels_of, is_plain, rule, shape_of
from taxiway.families.stylegan.training.transfer import Start

TINY = Settings(batch=4, bf16=False)


def checkpoint_of(generator: Generator) -> Checkpoint:
    tensors = {name: tensor.numpy() for name, tensor in generator.state_dict().items()}
    return Checkpoint(generator.family, generator.config, tensors, {})


def plain() -> dict[str, Any]:
    """A StyleGAN2 as trainings make it, described."""
    return deepcopy(described(checkpoint_of(new_stylegan2(16, 128, 16, 2, 12, 12, 3))))


def uneven(network: dict[str, Any]) -> None:
    for name, outputs in (("b4", 10), ("b8", 14), ("b16", 6)):
        network["shapes"][f"synthesis.{name}.conv1.weight"] = [outputs, outputs, 3, 3]
    network["shapes"]["synthesis.b4.const"] = [10, 4, 4]


def other_filter(network: dict[str, Any]) -> None:
    network["config"]["resample_filter"] = [1, 2, 2, 1]


def other_activation(network: dict[str, Any]) -> None:
    network["config"]["layers"]["b8.conv0"] |= {"activation": "swish", "act_gain": 1.3}


def some_noise(network: dict[str, Any]) -> None:
    network["config"]["layers"]["b8.conv0"]["use_noise"] = False


def one_clamp(network: dict[str, Any]) -> None:
    network["config"]["layers"]["b16.torgb"]["conv_clamp"] = 4.0


def other_rate(network: dict[str, Any]) -> None:
    network["config"]["mapping"]["lr_multiplier"] = 0.02


def narrow_mapping(network: dict[str, Any]) -> None:
    network["shapes"] |= {"mapping.fc0.weight": [7, 24], "mapping.fc1.weight": [12, 7]}


def wide_embedding(network: dict[str, Any]) -> None:
    network["shapes"]["mapping.fc0.weight"] = [12, 40]


def orig(network: dict[str, Any]) -> None:
    network["config"]["architecture"] = "orig"
    for name in ("b4.torgb", "b8.torgb"):
        del network["config"]["layers"][name]


OTHERS = (uneven, other_filter, other_activation, some_noise, one_clamp, other_rate,
          narrow_mapping, wide_embedding, orig)  # fmt: skip


def test_a_network_as_trainings_make_it_is_plain_whatever_its_average_was() -> None:
    network = plain()
    network["config"]["mapping"] |= {"w_avg_beta": 0.995, "embed_lr_multiplier": 1.0}
    network["config"]["classes"] = ["sun", "rain", "snow"]
    assert is_plain(checkpoint_of(fresh(**network)))


@pytest.mark.parametrize("change", OTHERS)
def test_another_network_begins_a_training_with_its_own_pictures(change, tmp_path) -> None:
    network = plain()
    change(network)
    torch.manual_seed(0)
    generator = fresh(**network)
    checkpoint = checkpoint_of(generator)
    assert not is_plain(checkpoint)
    write_checkpoint(tmp_path / "other.safetensors", checkpoint)
    start = Start(tmp_path / "other.safetensors")
    players = start.players(16, start.settings(16, TINY))
    expected = samples(generator, range(4), psi=0.7)
    assert np.array_equal(samples(players.average, range(4), psi=0.7), expected)
    data = np.random.RandomState(0).randint(0, 255, (20, 16, 16, 3), dtype=np.uint8)
    assert np.isfinite(list(players.step(data).values())).all()


def test_channels_without_a_rule_get_the_next_wider_one() -> None:
    assert rule({4: 512, 8: 512, 16: 256}) == {"channel_base": 4096, "channel_max": 512}
    assert rule({4: 10, 8: 14, 16: 6}) == {"channel_base": 112, "channel_max": 14}


def test_a_stylegan3_is_judged_by_as_many_channels_as_it_has() -> None:
    config = deepcopy(read_checkpoint(FIXTURES / "stylegan3-r_32.pkl")).config
    config["layers"][0]["in_channels"] = 1024
    config["layers"][-1]["in_channels"] = 256
    shape = shape_of(Checkpoint("stylegan3", config, {}, {}))
    assert (shape["channel_base"], shape["channel_max"]) == (4096, 512)


def test_a_discriminator_of_another_build_has_no_channels_to_take() -> None:
    assert channels_of({}, 32) == {}
    names = {f"b{size}.conv0.weight": torch.zeros(64 // size) for size in (8, 16)}
    assert channels_of(names | {"b4.conv.weight": torch.zeros(9)}, 32) == {}
    made = channels_of(names | {"b4.conv.weight": torch.zeros(9)}, 16)
    assert made == {"channel_base": 64, "channel_max": 9}
