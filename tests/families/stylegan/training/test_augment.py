import numpy as np
import pytest
import torch
from PIL import Image

from painted_sets import landscapes
from taxiway.families.stylegan.training.augment import (
    KINDS,
    Augment,
    changed,
    coloured,
    drawn,
    fitting,
    steered,
)

FULL = KINDS["full"]


def images(count: int = 4, size: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def rows(kind: Augment, p: float, count: int = 4, seed: int = 0) -> torch.Tensor:
    return drawn(kind, p, count, 16, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_at_p_0_pictures_stay_as_they_are(kind) -> None:
    assert torch.allclose(changed(images(), rows(kind, 0.0)), images(), atol=1e-5)


def test_at_p_1_every_picture_is_changed_and_stays_in_place_in_memory() -> None:
    given = images()
    made = changed(given, rows(FULL, 1.0))
    assert made.shape == given.shape
    assert ((made - given).abs().mean(dim=(1, 2, 3)) > 0.05).all()
    assert torch.equal(given, images())


def test_about_the_wanted_share_is_changed() -> None:
    plain = rows(FULL, 0.0, count=1)
    for p in (0.1, 0.3):
        same = (rows(FULL, p, count=4000) == plain).all(dim=1).double().mean().item()
        # 4 moves, 2 turns, 3 colours, hue, flip: of turns a quarter and of flips a half do nothing
        expected = (1 - p) ** 9 * (1 - 0.75 * p) * (1 - 0.5 * p)
        assert same == pytest.approx(expected, abs=0.03)


def test_the_sky_is_never_turned_nor_its_colours_exchanged() -> None:
    place = rows(KINDS["sky"], 1.0, count=500)[:, :6].view(-1, 2, 3)
    assert (place[:, 0, 1] == 0).all()
    assert (place[:, 1, 0] == 0).all()
    assert (place[:, [0, 1], [0, 1]] > 0).all()
    red = coloured(KINDS["sky"], 1.0, 500, np.random.default_rng(0))[:, :, :3] @ [1, 0, 0]
    assert (red[:, 0] > red[:, 1]).all()
    np.testing.assert_allclose(red[:, 1], red[:, 2], atol=1e-9)


def test_hues_turn_around_grey() -> None:
    colours = coloured(Augment(hues=True), 1.0, 200, np.random.default_rng(0))[:, :, :3]
    red, grey = colours @ [1, 0, 0], colours @ [1, 1, 1]
    assert (red.argmax(axis=1) == 1).any()
    assert (red.argmax(axis=1) == 2).any()
    np.testing.assert_allclose(grey, grey[:, :1] @ np.ones((1, 3)), atol=1e-9)


def test_gradients_flow_through_twice() -> None:
    given = images().double().requires_grad_(True)
    made = rows(FULL, 1.0).double()
    judge = torch.nn.Conv2d(3, 2, 3, dtype=torch.float64)
    (slope,) = torch.autograd.grad(
        judge(changed(given, made)).square().sum(), given, create_graph=True
    )
    slope.square().sum().backward()
    assert judge.weight.grad is not None
    assert judge.weight.grad.abs().min() > 0
    assert torch.autograd.gradcheck(lambda x: changed(x, made[:1]), given[:1, :, :4, :4].detach()
                                    .requires_grad_(True))  # fmt: skip


def test_a_shift_by_whole_pixels_moves_them_exactly() -> None:
    row = rows(KINDS["sky"], 0.0, count=1)
    row[0, 2] = 2 * 3 / 16  # three pixels of sixteen
    made = changed(images(1), row)
    assert torch.allclose(made[..., :13], images(1)[..., 3:], atol=1e-5)


def test_p_is_steered_towards_a_sign_of_six_tenths() -> None:
    assert steered(0.5, [0.9] * 4, kimg=1, batch=16) == pytest.approx(0.564)
    assert steered(0.5, [0.1] * 4, kimg=1, batch=16) == pytest.approx(0.436)
    assert steered(0.01, [0.1] * 4, kimg=1, batch=16) == 0
    assert steered(0.99, [0.9] * 4, kimg=1, batch=16) == 1


def test_landscapes_are_neither_turned_nor_recoloured_but_mirrored() -> None:
    found = fitting(landscapes(range(5000, 5160), 32))
    assert found == Augment(moves=True, turns=False, hues=False, mirror=True)


def test_patterns_without_up_may_be_turned_and_recoloured() -> None:
    rng = np.random.RandomState(0)
    cells = rng.randint(0, 255, (160, 4, 4, 3), dtype=np.uint8)
    pictures = np.stack([np.asarray(Image.fromarray(one).resize((32, 32))) for one in cells])
    assert fitting(pictures) == Augment(moves=True, turns=True, hues=True, mirror=True)


def test_what_leans_to_one_side_is_not_mirrored() -> None:
    y, x = np.mgrid[:32, :32]
    rng = np.random.RandomState(0)
    leaning = [128 + 90 * np.sin((x + y) / 3 + rng.uniform(0, 6)) for _ in range(160)]
    pictures = np.repeat(np.stack(leaning)[..., None], 3, axis=3).astype(np.uint8)
    assert not fitting(pictures).mirror


def test_few_pictures_are_treated_with_care() -> None:
    assert fitting(np.zeros((10, 32, 32, 3), np.uint8)) == KINDS["sky"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_grey_pictures_are_changed_as_three_equal_colours_would_be(kind) -> None:
    grey = images()[:, :1]
    told = rows(kind, 1.0)
    expected = changed(grey.expand(-1, 3, -1, -1), told).mean(dim=1, keepdim=True)
    assert torch.allclose(changed(grey, told), expected, atol=1e-5)


def test_alpha_is_moved_and_keeps_its_values() -> None:
    told = rows(FULL, 1.0)
    opaque = torch.cat([images(), torch.ones(4, 1, 16, 16)], dim=1)
    made = changed(opaque, told)
    assert torch.allclose(made[:, :3], changed(images(), told))
    assert torch.allclose(made[:, 3:], torch.ones(4, 1, 16, 16), atol=1e-5)


def test_grey_pictures_of_dark_things_are_not_turned_light() -> None:
    rng = np.random.RandomState(0)
    grounds = rng.randint(0, 255, (160, 4, 4), dtype=np.uint8)
    pictures = np.stack([np.asarray(Image.fromarray(one).resize((32, 32))) for one in grounds])
    assert fitting(pictures[..., None]).hues
    pictures[:, 8:24, 8:24] //= 8
    assert not fitting(pictures[..., None]).hues
