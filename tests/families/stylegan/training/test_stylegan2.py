from dataclasses import replace

import numpy as np
import pytest
import torch

from taxiway.core.errors import InvalidArgument
from taxiway.families.stylegan.training.augment import Augment
from taxiway.families.stylegan.training.discriminator import Discriminator, deviation
from taxiway.families.stylegan.training.samples import samples
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import LOSSES, Players, _batch, grown

TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False, fade_kimg=0.016)


def pictures(size: int) -> np.ndarray:
    return np.random.RandomState(0).randint(0, 255, (20, size, size, 3), dtype=np.uint8)


def weights(players: Players) -> dict[str, torch.Tensor]:
    names = ("g", "d", "average")
    return {f"{n}.{k}": v for n in names for k, v in players.state()[n].items()}


def test_a_step_teaches_everyone_and_counts() -> None:
    players = Players(8, TINY)
    before = {name: tensor.clone() for name, tensor in weights(players).items()}
    losses = players.step(pictures(8))
    assert tuple(losses) == LOSSES
    assert all(np.isfinite(list(losses.values())))
    assert players.seen == 8
    still = [n for n, t in weights(players).items() if torch.equal(t, before[n])]
    assert [name for name in still if "torgb" not in name] == []


def test_the_same_start_gives_the_same_weights_bit_for_bit() -> None:
    first, second = Players(8, TINY), Players(8, TINY)
    for players in (first, second):
        for _ in range(3):
            players.step(pictures(8))
    for name, tensor in weights(first).items():
        assert torch.equal(tensor, weights(second)[name]), name


def test_parts_on_two_threads_add_up_to_one_batch() -> None:
    """Not bit for bit: sums have another order, and the deviation plane sees half the batch."""
    one, two = Players(8, TINY), Players(8, replace(TINY, threads=2))
    seen = [players.step(pictures(8)) for players in (one, two)]
    assert seen[0]["d"] == pytest.approx(seen[1]["d"], abs=0.05)


def test_the_penalty_flattens_the_discriminator() -> None:
    players = Players(8, TINY)
    real = torch.from_numpy(pictures(8)[:8]).permute(0, 3, 1, 2) / 127.5 - 1
    players.d.zero_grad()
    penalty = players._penalty(real, torch.empty(8, 0), None)
    assert penalty.item() > 0
    penalty.backward()
    assert players.d.get_parameter("b8.conv0.weight").grad is not None


def test_players_grow_into_twice_the_size() -> None:
    small = Players(8, TINY)
    small.step(pictures(8))
    large = grown(small)
    assert large.size == 16
    assert large.seen == large.grown_at == 8
    z = torch.randn(2, 512)
    before = small.g.synthesis(small.g.mapping(z)[:, None].expand(-1, 4, -1), noise="none")
    after = large.g.synthesis(large.g.mapping(z)[:, None].expand(-1, 6, -1), noise="none")
    inside = slice(1, -1)  # the edges differ: there the filter looks outside
    shrunk = torch.nn.functional.avg_pool2d(after, 2)[:, :, inside, inside]
    assert (shrunk - before[:, :, inside, inside]).abs().mean() < 0.3 * before.std()


def test_a_new_block_fades_into_the_discriminator() -> None:
    network = Discriminator(16, 64, 16)
    images = torch.randn(4, 3, 16, 16)
    flat = torch.nn.functional.avg_pool2d(images, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.allclose(network(images, fade=0.0), network(flat, fade=0.0), atol=1e-5)
    assert not torch.allclose(network(images), network(flat), atol=1e-3)
    small = Players(8, TINY)
    small.step(pictures(8))
    large = grown(small)
    assert large._fade() == 0
    large.seen += 8
    assert large._fade() == pytest.approx(0.5)
    large.seen += 80
    assert large._fade() == 1


def test_the_deviation_plane_tells_how_much_a_group_differs() -> None:
    same = torch.ones(4, 3, 2, 2)
    assert deviation(same).shape == (4, 1, 2, 2)
    assert deviation(same).max() < 1e-3
    assert deviation(same * torch.tensor([1.0, 3.0, 1.0, 3.0])[:, None, None, None]).mean() == 1


def test_gradients_that_are_not_numbers_do_no_harm() -> None:
    players = Players(8, TINY)
    players.d.b4.out.weight.register_hook(lambda gradient: gradient * float("nan"))
    players.step(pictures(8))
    assert all(torch.isfinite(tensor).all() for tensor in weights(players).values())
    assert players.broken == 1


def test_bfloat16_keeps_weights_in_float32() -> None:
    players = Players(8, replace(TINY, bf16=True))
    assert np.isfinite(players.step(pictures(8))["g"])
    assert {tensor.dtype for tensor in weights(players).values()} == {torch.float32}


def test_a_batch_is_not_split_into_parts_too_small_to_compare() -> None:
    with pytest.raises(
        InvalidArgument, match=r"of 12 cannot be split over 1 x 2 proc.*: each part"
    ):
        Settings(batch=12, threads=2)
    assert Settings(batch=12, threads=3).threads == 3


AUGMENTED = replace(TINY, augment=Augment(moves=True, turns=True, hues=True), ada_kimg=0.05)


def test_a_sure_discriminator_raises_p_and_an_unsure_one_lowers_it() -> None:
    players = Players(8, AUGMENTED)
    for sign, expected in ((1.0, 0.64), (1.0, 1.0), (-1.0, 0.36), (-1.0, 0.0), (-1.0, 0.0)):
        for _ in range(4):
            players._steer(sign)
        assert players.p == pytest.approx(expected)


def test_augmented_training_goes_on_bit_for_bit_from_a_state() -> None:
    whole, first = Players(8, AUGMENTED), Players(8, AUGMENTED)
    for players in (whole, first):
        players.p = 0.7
        for _ in range(2):
            players.step(pictures(8))
    second = Players(8, AUGMENTED)
    second.restore(first.state())
    for players in (whole, second):
        for _ in range(3):
            players.step(pictures(8))
    assert whole.p == second.p != 0.7
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(second)[name]), name


def test_a_state_from_before_there_was_augmentation_is_understood() -> None:
    players = Players(8, TINY)
    state = {k: v for k, v in players.state().items() if k not in ("p", "signs")}
    players.restore(state)
    assert players.p == 0


def test_noise_follows_from_the_seed_too() -> None:
    first, second = (Players(8, replace(TINY, use_noise=True)) for _ in range(2))
    for players in (first, second):
        players.step(pictures(8))
        torch.rand(1)  # others may draw in between
        players.step(pictures(8))
    for name, tensor in weights(first).items():
        assert torch.equal(tensor, weights(second)[name]), name


def test_frozen_blocks_learn_nothing_and_the_others_do() -> None:
    players = Players(16, replace(TINY, freeze=1))
    before = {name: tensor.clone() for name, tensor in players.d.state_dict().items()}
    players.step(pictures(16))
    for name, tensor in players.d.state_dict().items():
        still = name.startswith(("b16.", "b8.fromrgb."))  # the latter is used only while growing
        assert torch.equal(tensor, before[name]) == still, name


def test_the_generator_waits_for_a_new_discriminator() -> None:
    players = Players(8, replace(TINY, hold_kimg=0.008))
    before = players.g.get_parameter("synthesis.b8.conv1.weight").clone()
    assert np.isfinite(players.step(pictures(8))["g"])
    assert torch.equal(players.g.get_parameter("synthesis.b8.conv1.weight"), before)
    players.step(pictures(8))
    assert not torch.equal(players.g.get_parameter("synthesis.b8.conv1.weight"), before)


def test_pictures_are_mirrored_only_where_they_may_be() -> None:
    slope = np.broadcast_to(np.arange(8, dtype=np.uint8)[:, None], (1, 8, 8, 3)) * 30
    for mirror in (True, False):
        batch = _batch(np.repeat(slope, 16, axis=0), np.random.default_rng(0), mirror)
        assert (batch[:, 0, 0, 0] > 0).any().item() == mirror


EVEN = replace(TINY, path_length=2.0)


def test_path_length_teaches_the_generator_and_follows_its_mean() -> None:
    players = Players(8, EVEN)
    dice = players._dice(np.random.default_rng(0))
    players.g.zero_grad()
    players._straighten(dice, np.random.default_rng(1))
    for name in ("mapping.fc0.weight", "synthesis.b8.conv1.weight"):
        assert players.g.get_parameter(name).grad.abs().max() > 0, name
    first = players.path_mean
    assert first > 0
    players.seen = 8  # three steps in four go without
    players._straighten(dice, np.random.default_rng(1))
    assert players.path_mean == first
    players.seen = 32
    players._straighten(dice, np.random.default_rng(1))
    assert players.path_mean == pytest.approx(1.99 * first)


@pytest.mark.parametrize("wanted", [0.5, 2.0])
def test_paths_become_as_long_as_is_wanted(wanted) -> None:
    players = Players(8, EVEN)
    dice = players._dice(np.random.default_rng(0))[:4]
    noise = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)) / 8
    before = players._even_out(dice, noise)
    players.path_mean = wanted * before
    for _ in range(20):
        players.g.zero_grad()
        length = players._even_out(dice, noise)
        players.g_adam.step()
    assert abs(length - players.path_mean) < 0.5 * abs(before - players.path_mean)


def test_training_with_path_length_goes_on_bit_for_bit_from_a_state() -> None:
    whole, first = Players(8, EVEN), Players(8, EVEN)
    for players in (whole, first):
        for _ in range(3):
            players.step(pictures(8))
    second = Players(8, EVEN)
    second.restore(first.state())
    for players in (whole, second):
        for _ in range(3):
            players.step(pictures(8))
    assert whole.path_mean == second.path_mean > first.path_mean > 0
    assert grown(whole).path_mean == whole.path_mean
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(second)[name]), name


def test_without_path_length_nothing_is_drawn_and_old_states_are_understood() -> None:
    plain, even = Players(8, TINY), Players(8, EVEN)
    for players in (plain, even):
        players.step(pictures(8))
    differ = [n for n, t in weights(plain).items() if not torch.equal(t, weights(even)[n])]
    assert all(name.startswith(("g.", "average.")) for name in differ)
    assert differ
    state = {k: v for k, v in plain.state().items() if k != "path_mean"}
    even.restore(state)
    assert even.path_mean == plain.path_mean == 0


LABELLED = replace(TINY, c_dim=2, labels=True, z_dim=32, w_dim=32)


def flat(count: int, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Reds, and a third as many blues: pictures of one colour, and their classes."""
    rng = np.random.default_rng(0)
    colours, labels = rng.integers(0, 60, (count, 1, 1, 3)), np.arange(count) % 4 // 3
    colours[labels == 0, ..., 0] += 180
    colours[labels == 1, ..., 2] += 180
    return np.broadcast_to(colours, (count, size, size, 3)).astype(np.uint8), labels


def labelled(settings: Settings = LABELLED, size: int = 8) -> Players:
    players = Players(size, settings)
    players.labels = flat(64)[1]
    return players


@pytest.mark.slow
def test_each_class_comes_to_look_like_its_pictures() -> None:
    settings = replace(LABELLED, learning_rate=0.01, ema_kimg=0.2, ema_ramp=0.5, mixing=0.0)
    players, (data, _) = labelled(settings), flat(64)
    for _ in range(220):
        players.step(data)
    for number, (strong, weak) in enumerate([(0, 2), (2, 0)]):
        made = samples(players.average, range(16), 1.0, 16 * [number]).astype(int)
        colours = made.mean(axis=(1, 2))
        assert (colours[:, strong] - colours[:, weak]).min() > 40


def test_real_pictures_are_judged_with_their_classes_and_fakes_with_theirs() -> None:
    players, heard = labelled(replace(LABELLED, augment=Augment(mirror=False))), []
    players.d.register_forward_pre_hook(lambda module, given: heard.append(given))
    players.step(flat(64)[0])
    fakes, reals, penalty, judged = heard
    for images, _, c in (reals, penalty):
        reds = images[:, 0, 0, 0] > images[:, 2, 0, 0]
        assert torch.equal(c.argmax(dim=1) == 0, reds)
    assert torch.equal(fakes[2], judged[2])
    assert (fakes[2].sum(dim=1) == 1).all()


def test_fakes_have_classes_as_often_as_the_pictures() -> None:
    players = labelled(replace(LABELLED, batch=400))
    dice = players._dice(np.random.default_rng(0))
    assert dice.shape == (400, 2 * 32 + 1 + 2)
    assert dice[:, -1].mean() == pytest.approx(0.25, abs=0.05)


def test_training_with_labels_goes_on_bit_for_bit_from_a_state() -> None:
    settings = replace(LABELLED, path_length=2.0, augment=AUGMENTED.augment)
    whole, first, second = (labelled(settings) for _ in range(3))
    data = flat(64)[0]
    for players in (whole, first):
        players.p = 0.5
        players.step(data)
        players.step(data)
    second.restore(first.state())
    for players in (whole, second):
        players.step(data)
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(second)[name]), name


def test_players_that_grow_keep_what_they_know_of_classes() -> None:
    small = labelled()
    small.step(flat(64)[0])
    large = grown(small)
    assert large.labels is small.labels
    for name, tensor in small.d.state_dict().items():
        if name.startswith(("mapping.", "b4.")):
            assert torch.equal(tensor, large.d.state_dict()[name]), name
    assert np.isfinite(large.step(flat(64, 16)[0])["d"])
