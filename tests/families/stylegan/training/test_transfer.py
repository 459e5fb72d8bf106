from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fuzz import every
from paths import FIXTURES
from taxiway.catalog import catalog
from taxiway.checkpoint import read_checkpoint
from taxiway.checkpoint.discriminator import beside, read_discriminator, write_discriminator
from taxiway.core.errors import InvalidArgument, UnreadableCheckpoint
from taxiway.families.stylegan.networks.build import build
from taxiway.families.stylegan.networks.fast import fast
from taxiway.families.stylegan.networks.generator import truncate
from taxiway.families.stylegan.networks.states import write_state
from taxiway.families.stylegan.training.config import TrainingConfig, read_training_config
from taxiway.families.stylegan.training.discriminator import Discriminator
from taxiway.families.stylegan.training.export import arrays_of, write_model
from taxiway.families.stylegan.training.painted_pictures import painted
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players, grown
from taxiway.families.stylegan.training.trainer import Data, StyleGANTrainer
from taxiway.families.stylegan.training.transfer import (
    HOLD_KIMG,
    Start,
    fill,
    tensors_of,
    trainable,
)

ADA = FIXTURES / "stylegan2-ada_32.pkl"
TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False)
SMALLEST = replace(TINY, batch=4)
FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix in (".pkl", ".pt"))
PLAYED = ("stylegan1", "stylegan-xl", "projected-gan_fastgan", "container")
CHECKPOINTS = [path for path in FILES if not path.name.startswith(PLAYED)]
ALONE = ("tensorflow", "projected-gan")
"""Files whose generator has no discriminator beside it, or a foreign one."""
ANY = pytest.mark.parametrize("path", every(3, CHECKPOINTS), ids=lambda path: path.name)
STYLEGAN3 = FIXTURES / "stylegan3-t_32.pkl"
RESNET = FIXTURES / "stylegan2-ada_32_resnet.pkl"
LABELS = FIXTURES / "stylegan2-ada_32_labels5_mapping8.pkl"
DATA = np.random.RandomState(0).randint(0, 255, (20, 32, 32, 3), dtype=np.uint8)


def begun(path: Path, settings: Settings = SMALLEST) -> Players:
    start = Start(path)
    return start.players(32, start.settings(32, settings))


@ANY
def test_a_training_from_any_checkpoint_begins_with_its_pictures(path) -> None:
    players, played = begun(path), build(read_checkpoint(path))
    z, c = torch.randn(4, played.z_dim), torch.eye(4, played.c_dim)
    for network in (players.g, players.average, fast(players.average)):
        with torch.no_grad():
            pictures, expected = (
                g.synthesis(truncate(g.mapping(z, c), g.w_avg, 0.7, num_ws=g.num_ws))
                for g in (network, played)
            )
        torch.testing.assert_close(pictures, expected, rtol=1e-4, atol=1e-4)
    assert players.settings.ema_ramp == 0


@ANY
def test_every_weight_of_any_checkpoint_learns(path) -> None:
    players = begun(path)
    losses = players.step(DATA)
    assert np.isfinite(list(losses.values())).all()
    assert players.broken == 0
    weights = {f"{x}.{k}": p for x in "gd" for k, p in getattr(players, x).named_parameters()}
    still = [
        name for name, weight in weights.items() if weight.grad is None or not weight.grad.any()
    ]
    assert [name for name in still if "fromrgb" not in name] == []  # used only while growing


@ANY
def test_a_training_from_any_checkpoint_goes_on_bit_for_bit_and_is_played(path, tmp_path) -> None:
    whole = begun(path)
    whole.step(DATA)
    write_state(tmp_path / "state.pt", whole.state())
    TrainingConfig("", ((32, 1.0),), whole.settings).write(tmp_path)
    trainer = StyleGANTrainer(read_training_config(tmp_path), Data(DATA))
    trainer.resume(tmp_path / "state.pt")
    again = trainer.players
    for players in (whole, again):
        players.step(DATA)
    for name in ("g", "d", "average"):
        for key, tensor in getattr(whole, name).state_dict().items():
            assert torch.equal(getattr(again, name).state_dict()[key], tensor), key

    write_model(tmp_path / "model.safetensors", whole.average, whole.seen)
    exported, known = read_checkpoint(tmp_path / "model.safetensors"), read_checkpoint(path)
    assert exported.family == known.family
    played = samples(build(exported), range(4), psi=0.7).astype(int)
    assert np.abs(played - samples(whole.average, range(4), psi=0.7)).max() <= 3
    write_state(tmp_path / "state.pt", whole.state())
    third = begun(tmp_path)
    assert third.settings.hold_kimg == 0
    assert torch.equal(third.average.w_avg, whole.average.w_avg)


@pytest.mark.parametrize("path", every(2, [path for path in CHECKPOINTS if path.suffix == ".pkl"
                                           and not path.name.startswith(ALONE)]),
                         ids=lambda path: path.name)  # fmt: skip
def test_a_discriminator_comes_along_whatever_its_channels(path) -> None:
    players, kept = begun(path), read_discriminator(path)
    assert players.settings.hold_kimg == 0
    for name, tensor in players.d.state_dict().items():
        used = "fromrgb" not in name or name.startswith("b32.")
        if used and not name.startswith("b4.out"):
            assert np.array_equal(tensor, kept[name]), name


@pytest.mark.parametrize(
    "name",
    ["tensorflow-stylegan2_32.pkl", "rosinality_32.pt", "projected-gan_stylegan2_32_withD.pkl"],
)
def test_without_a_discriminator_the_generator_waits_for_one(name) -> None:
    assert begun(FIXTURES / name).settings.hold_kimg == HOLD_KIMG


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("stylegan1_64", "StyleGAN 1"),
        ("projected-gan_fastgan_128_cond", "FastGAN"),
        ("stylegan-xl_32-stem_labels10", "StyleGAN-XL"),
    ],
)
def test_what_is_only_played_is_refused_in_a_sentence(name: str, kind: str) -> None:
    with pytest.raises(InvalidArgument, match=f"'{name}.pkl' is a {kind}, to be played only"):
        Start(FIXTURES / f"{name}.pkl")


def test_a_discriminator_that_was_told_classes_says_its_mean_verdict_of_them() -> None:
    tensors = tensors_of(read_discriminator(LABELS))
    told, untold = Discriminator(32, 256, 16, c_dim=5), begun(LABELS).d
    fill(told, tensors)
    images = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        each = [told(images, c=c.expand(4, -1)) for c in torch.eye(5)]
        torch.testing.assert_close(untold(images), torch.stack(each).mean(dim=0))


def test_every_class_learns_where_the_pictures_have_none() -> None:
    players = begun(LABELS, replace(SMALLEST, batch=32))
    c = players._dice(np.random.default_rng(0))[:, -5:]
    assert (c.sum(dim=1) == 1).all()
    assert (c.sum(dim=0) > 0).all()


def test_another_network_keeps_its_size_and_says_which() -> None:
    for path in (STYLEGAN3, RESNET):
        with pytest.raises(InvalidArgument, match=r"its own 32 pixels, not at 64: give --resol"):
            Start(path).settings(64, SMALLEST)


def test_a_stylegan3_keeps_what_its_paper_keeps() -> None:
    players = begun(STYLEGAN3)
    assert players.settings.mixing == 0
    before = {name: buffer.clone() for name, buffer in players.g.named_buffers()}
    players.step(DATA)
    moved = {n for n, buffer in players.g.named_buffers() if not torch.equal(buffer, before[n])}
    assert moved == {n for n in before if n.endswith(("magnitude_ema", "w_avg"))}
    with pytest.raises(InvalidArgument, match=r"'path_length' is for StyleGAN2; 'stylegan3-t"):
        Start(STYLEGAN3).settings(32, replace(SMALLEST, path_length=2.0))


@pytest.mark.parametrize("path", [STYLEGAN3, FIXTURES / "stylegan3-r_32.pkl", RESNET])
def test_bfloat16_makes_nearly_the_same_pictures(path) -> None:
    exact, rough = begun(path), begun(path, replace(SMALLEST, bf16=True))
    dice = exact._dice(np.random.default_rng(0))
    with torch.no_grad():
        pictures = []
        for players in (exact, rough):
            torch.manual_seed(0)
            pictures.append(players._generate(dice))
    apart = (pictures[0] - pictures[1]).square().mean().sqrt()
    assert 0 < apart < 0.02 * pictures[0].std()


@pytest.mark.parametrize(
    ("config", "told"),
    [({"img_resolution": [32, 64]}, r"'x' makes 64 x 32\.$"),
     ({"img_resolution": [24, 24]}, r"'x' makes 24 x 24"),
     ({"img_resolution": [4, 4]}, r"'x' makes 4 x 4")],
)  # fmt: skip
def test_pictures_that_cannot_be_judged_are_refused(config, told) -> None:
    checkpoint = read_checkpoint(ADA)
    with pytest.raises(InvalidArgument, match=told):
        trainable(replace(checkpoint, config=checkpoint.config | config), "x")


def test_a_smaller_size_takes_the_lower_blocks_and_a_larger_one_grows() -> None:
    start = Start(ADA)
    small, large = (start.players(size, start.settings(size, TINY)) for size in (16, 64))
    assert (small.size, large.size, grown(large).size) == (16, 32, 64)
    halved = samples(small.average, range(4), psi=0.7).astype(float)
    whole = samples(large.average, range(4), psi=0.7).astype(float)
    means = whole.reshape(4, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    assert np.corrcoef(halved.ravel(), means.ravel())[0, 1] > 0.5


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
    write_state(tmp_path / "state.pt", players.state())
    start = Start(tmp_path)
    settings = start.settings(16, TINY)
    assert settings.hold_kimg == 0
    again = start.players(16, settings)
    for name in ("g", "d", "average"):
        for key, tensor in getattr(players, name).state_dict().items():
            assert torch.equal(getattr(again, name).state_dict()[key], tensor), key
    assert start.settings(8, TINY).hold_kimg == HOLD_KIMG  # it has not seen 8 pixels


def test_the_folder_of_a_training_without_a_state_or_with_a_damaged_one_is_told(tmp_path) -> None:
    write_model(tmp_path / "model.safetensors", Players(16, TINY).average, 8)
    told = r"state\.pt' is missing, damaged or of another .* --from .*model\.safetensors$"
    with pytest.raises(InvalidArgument, match=told):
        Start(tmp_path)
    torch.save({"size": 16}, tmp_path / "state.pt")
    with pytest.raises(InvalidArgument, match=told):
        Start(tmp_path)


def test_one_of_our_files_starts_with_the_discriminator_beside_it(tmp_path) -> None:
    players, path = Players(16, SMALLEST), tmp_path / "mine.safetensors"
    write_model(path, players.average, 0)
    assert Start(path).settings(16, SMALLEST).hold_kimg == HOLD_KIMG
    write_discriminator(path, arrays_of(players.d))
    start = Start(path)
    settings = start.settings(16, SMALLEST)
    assert settings.hold_kimg == 0
    for name, tensor in start.players(16, settings).d.state_dict().items():
        wanted = players.d.state_dict()[name]
        torch.testing.assert_close(tensor, wanted, rtol=0, atol=float(wanted.abs().max()) / 127)


def test_a_broken_discriminator_beside_a_model_is_said(tmp_path) -> None:
    players, path = Players(16, SMALLEST), tmp_path / "mine.safetensors"
    write_model(path, players.average, 0)
    beside(path).write_bytes(b"\x10\0\0\0\0\0\0\0{ this is no JSON ")
    with pytest.raises(UnreadableCheckpoint, match=r"'mine\.discriminator\.safetensors'"):
        Start(path)
    beside(path).write_bytes(b"text")
    with pytest.raises(UnreadableCheckpoint, match=r"'mine\.discriminator\.safetensors'"):
        Start(path)


def test_a_start_from_the_model_that_ships_knows_real_from_made() -> None:
    shipped = Path(catalog.spec(catalog.card("rainbow")).options["checkpoint"])
    start = Start(shipped)
    players = start.players(128, start.settings(128, replace(SMALLEST, path_length=0)))
    assert players.settings.hold_kimg == 0
    real = painted(range(40), 128)
    noise = np.random.RandomState(0).randint(0, 255, real.shape, dtype=np.uint8)
    with torch.no_grad():
        verdicts = [
            players.d(torch.from_numpy(x.copy()).permute(0, 3, 1, 2).float() / 127.5 - 1).mean()
            for x in (real, noise)
        ]
    assert verdicts[0] > verdicts[1]
