"""The discriminator of detail: what it sees, where it looks, and that a training has it."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from taxiway.families.stylegan.training.detail import (
    WINDOW,
    DetailDiscriminator,
    strengthened,
    window,
)
from taxiway.families.stylegan.training.settings import Settings
from taxiway.families.stylegan.training.stylegan2 import Players, grown

TINY = Settings(channel_base=64, channel_max=16, batch=8, bf16=False, detail=1.0)


def pictures(size: int) -> np.ndarray:
    return np.random.RandomState(0).randint(0, 255, (20, size, size, 3), dtype=np.uint8)


def test_faint_detail_is_seen_strongly_and_flat_colour_is_not() -> None:
    rings = 0.02 * torch.sin(torch.arange(64) * 1.5).expand(1, 3, 64, 64)
    seen, flat = strengthened(rings), strengthened(torch.full((1, 3, 64, 64), 0.5))
    assert seen.shape == (1, 9, 64, 64)
    assert seen[:, 3:6].abs().max() > 0.2
    assert flat[:, 3:].abs().max() < 1e-4
    assert strengthened(torch.randn(1, 3, 64, 64) * 9)[:, 3:].abs().max() < 1


@pytest.mark.parametrize("size", [8, 32, 64, 128, 256])
def test_windows_stay_inside_and_reach_every_edge(size: int) -> None:
    seen = np.zeros((size, size), bool)
    for row in np.linspace(0, 0.999, 12):
        for column in np.linspace(0, 0.999, 12):
            part = np.zeros((size, size))[window(size, (row, column))]
            assert part.shape == (min(size, WINDOW), min(size, WINDOW))
            seen[window(size, (row, column))] = True
    assert seen.all()


def test_it_learns_marks_of_a_few_levels() -> None:
    torch.manual_seed(0)
    judge = DetailDiscriminator(width=8)
    adam = torch.optim.Adam(judge.parameters(), 2e-3, (0.0, 0.99))
    rings = 0.03 * torch.sin(torch.arange(32) * 1.5).expand(3, 32, 32)
    for _ in range(40):
        skies = torch.linspace(-1, 1, 32)[:, None].expand(32, 32) * torch.randn(8, 3, 1, 1)
        verdicts = judge(skies), judge(skies + rings)
        loss = F.softplus(-verdicts[0]).mean() + F.softplus(verdicts[1]).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert loss.item() < 0.5
    assert judge.penalty(skies).item() > 0


def test_a_training_teaches_it_and_goes_on_bit_for_bit() -> None:
    players = Players(8, TINY)
    assert players.detail is not None
    before = {name: tensor.clone() for name, tensor in players.detail.state_dict().items()}
    players.step(pictures(8))
    state = deepcopy(players.state())
    assert all(not torch.equal(state["detail"][name], before[name]) for name in before)
    again = Players(8, TINY)
    again.restore(state)
    for one in (players, again):
        one.step(pictures(8))
    for name, tensor in players.average.state_dict().items():
        assert torch.equal(tensor, again.average.state_dict()[name]), name


def test_its_penalty_counts_in_every_sixteenth_step() -> None:
    players, other = (Players(8, TINY) for _ in range(2))
    players.seen = other.seen = 8 * TINY.batch
    assert players.detail is not None
    assert other.detail is not None
    other.detail.penalty = lambda images: torch.zeros([])  # type: ignore[method-assign]
    for one in (players, other):
        one.step(pictures(8))
    weights = (one.detail.verdict.weight for one in (players, other))
    assert not torch.equal(*weights)


def test_it_comes_along_when_the_players_grow() -> None:
    players = Players(8, TINY)
    players.step(pictures(8))
    larger = grown(players)
    assert players.detail is not None
    assert larger.detail is not None
    assert torch.equal(larger.detail.verdict.weight, players.detail.verdict.weight)


def test_without_it_nothing_is_kept_of_it() -> None:
    players = Players(8, replace(TINY, detail=0.0))
    assert players.detail is None
    assert "detail" not in players.state()


def test_it_can_come_in_later() -> None:
    before = Players(8, replace(TINY, detail=0.0))
    before.step(pictures(8))
    after = Players(8, TINY)
    after.restore(deepcopy(before.state()))
    assert after.seen == before.seen
    after.step(pictures(8))
