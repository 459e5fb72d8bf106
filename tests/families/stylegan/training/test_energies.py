"""How strong detail is, by ranks of patches."""

import pytest
import torch
import torch.nn.functional as F

from taxiway.families.stylegan.training.energies import (
    MIXES,
    RANKS,
    REACHES,
    Energies,
    ranked,
    smoothed,
)


def windows(strength: float, seed: int = 0) -> torch.Tensor:
    """One half flat, one half noise."""
    noise = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(seed))
    noise[:, :, :32] = 0
    return strength * noise


def test_means_by_running_sums_are_those_of_a_pool() -> None:
    images = windows(1.0)
    wanted = F.avg_pool2d(F.pad(images, (4, 4, 4, 4), mode="replicate"), 9, stride=1)
    assert torch.allclose(smoothed(images, 4), wanted, atol=1e-5)


def test_strong_places_have_high_ranks_and_flat_ones_stay_low() -> None:
    faint, strong = ranked(windows(0.05)), ranked(windows(0.1))
    assert faint.shape == (len(REACHES) * len(MIXES), RANKS)
    assert (faint.diff(dim=1) >= 0).all()
    apart = strong - faint
    assert apart[:3, -8:].mean() == pytest.approx(2 * torch.tensor(2.0).log().item(), rel=0.02)
    assert apart[:3, :4].abs().max() < 1e-3


def test_patches_that_ranks_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="16 patches are no multiple of 32 ranks"):
        ranked(windows(1.0)[:1])


def test_what_is_too_faint_is_pushed_up_and_what_is_as_strong_is_let_be() -> None:
    energies, scale = Energies(), torch.ones((), requires_grad=True)
    lost = energies(scale * windows(0.05), windows(0.1, seed=1))
    lost.backward()
    assert scale.grad is not None
    assert scale.grad < 0 < lost
    same = Energies()(windows(0.1), windows(0.1))
    assert same == 0


def test_what_is_known_is_the_mean_of_all_real_ones() -> None:
    energies = Energies()
    for seed in range(3):
        energies(windows(0.05), windows(0.1, seed))
    wanted = torch.stack([ranked(windows(0.1, seed)) for seed in range(3)]).mean(dim=0)
    assert torch.allclose(energies.real, wanted, atol=1e-5)
