from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from paths import FIXTURES
from taxiway.checkpoint import read_checkpoint
from taxiway.checkpoint.discriminator import read_discriminator
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.networks.ops import normalise
from taxiway.families.stylegan.training.discriminator import Discriminator
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players
from taxiway.families.stylegan.training.transfer import HOLD_KIMG, Start, fill, tensors_of

ADA, RESNET, STYLEGAN3 = (
    FIXTURES / f"{name}.pkl" for name in ("stylegan2-ada_32", "stylegan2-ada_32_resnet",
                                          "stylegan3-t_32")
)  # fmt: skip
FIVE, FIVE3 = (
    FIXTURES / f"{name}.pkl" for name in ("stylegan2-ada_32_labels5_mapping8",
                                          "stylegan3-t_32_labels5")
)  # fmt: skip
THREE = Settings(channel_base=64, channel_max=16, batch=4, bf16=False, c_dim=3, labels=True)
DATA = np.random.RandomState(0).randint(0, 255, (20, 32, 32, 3), dtype=np.uint8)
IMAGES = torch.from_numpy(DATA[:4]).permute(0, 3, 1, 2) / 127.5 - 1


def begun(path: Path, settings: Settings = THREE) -> Players:
    start = Start(path)
    return start.players(32, start.settings(32, settings))


def verdicts(network: Discriminator, classes: int) -> torch.Tensor:
    """Of each class: [classes, 4]."""
    with torch.no_grad():
        each = torch.eye(classes)
        return torch.stack([network(IMAGES, c=c.expand(4, -1)) for c in each])


def plain(path: Path) -> Discriminator:
    """The discriminator of a checkpoint, with the classes that it has."""
    tensors = tensors_of(read_discriminator(path))
    classes = tensors["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in tensors else 0
    network = Discriminator(32, 256, 16, classes)
    fill(network, tensors)
    return network


@pytest.mark.parametrize("path", [ADA, RESNET, STYLEGAN3], ids=lambda path: path.name)
def test_each_class_begins_as_a_region_of_what_a_model_without_classes_makes(path) -> None:
    players, played = begun(path), build(read_checkpoint(path))
    assert players.g.c_dim == players.settings.c_dim == 3
    z = normalise(torch.randn(3, played.z_dim))
    for network in (players.g, players.average):
        embedded = normalise(network.mapping.embed(torch.eye(3)))
        found = network.mapping.fc0(torch.cat([z, embedded], dim=1))
        torch.testing.assert_close(found, played.mapping.fc0((z + embedded) / 2**0.5))
    assert np.isfinite(players.step(DATA)["g"])


def test_a_discriminator_without_classes_judges_as_before_in_each() -> None:
    players = begun(ADA)
    assert players.settings.hold_kimg == 0
    with torch.no_grad():
        expected = plain(ADA)(IMAGES)
    for verdict in verdicts(players.d, 3):
        torch.testing.assert_close(verdict, expected, rtol=1e-3, atol=1e-4)


def test_as_many_classes_are_taken_over_whole() -> None:
    players, played = begun(FIVE, replace(THREE, c_dim=5)), build(read_checkpoint(FIVE))
    assert players.settings.hold_kimg == 0
    torch.testing.assert_close(verdicts(players.d, 5), verdicts(plain(FIVE), 5))
    for name, tensor in played.state_dict().items():
        torch.testing.assert_close(players.average.state_dict()[name], tensor)


@pytest.mark.parametrize("path", [FIVE, FIVE3], ids=lambda path: path.name)
def test_of_other_classes_all_but_the_embedding_is_taken(path) -> None:
    players, played = begun(path), build(read_checkpoint(path)).state_dict()
    there = players.g.state_dict()
    differ = [
        n for n in there if there[n].shape != played[n].shape or (there[n] != played[n]).any()
    ]
    assert set(differ) <= {"mapping.embed.weight", "mapping.embed.bias"}
    assert there["mapping.embed.weight"].shape[1] == 3
    assert np.isfinite(players.step(DATA)["d"])


def test_of_other_classes_the_mean_verdict_is_known() -> None:
    players = begun(FIVE)
    assert players.settings.hold_kimg == 0
    expected = verdicts(plain(FIVE), 5).mean(dim=0)
    for verdict in verdicts(players.d, 3):
        torch.testing.assert_close(verdict, expected, rtol=1e-3, atol=1e-4)


def test_without_a_discriminator_the_generator_waits_for_one() -> None:
    assert begun(FIXTURES / "rosinality_32.pt").settings.hold_kimg == HOLD_KIMG


def test_names_of_other_classes_are_not_kept() -> None:
    start = Start(FIVE3)
    start.network["config"]["classes"] = list("abcde")
    assert "classes" not in start.settings(32, THREE).network["config"]
    assert "classes" in start.settings(32, replace(THREE, c_dim=5)).network["config"]
