"""The distance of pictures: zero for equal ones, each by itself, blind to nothing."""

import pytest
import torch

from taxiway.families.stylegan.projection.loss import distance, psnr, pyramid


def images(count: int = 3, size: tuple[int, int] = (32, 48)) -> torch.Tensor:
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_a_pyramid_ends_at_eight_pixels() -> None:
    sizes = [tuple(level.shape[2:]) for level in pyramid(images(1, (64, 128)))]
    assert sizes == [(64, 128), (32, 64), (16, 32), (8, 16)]


def test_equal_pictures_have_no_distance_and_others_have_one() -> None:
    a = images()
    assert distance(a, pyramid(a)).abs().max() == 0
    assert distance(a, pyramid(a.flip(0)))[0] > 0.1


def test_each_picture_has_a_distance_of_its_own() -> None:
    a, b = images(), images().flip(3)
    together = distance(a, pyramid(b))
    alone = torch.cat([distance(a[i : i + 1], pyramid(b[i : i + 1])) for i in range(3)])
    torch.testing.assert_close(together, alone)


def test_a_gradient_comes_from_every_pixel() -> None:
    a = images(1).requires_grad_()
    distance(a, pyramid(torch.zeros_like(a))).sum().backward()  # type: ignore[no-untyped-call]
    assert a.grad is not None
    assert (a.grad != 0).all()


def test_psnr_is_in_decibels_of_the_range() -> None:
    a = torch.zeros(1, 3, 8, 8)
    assert psnr(a, a + 0.2).item() == pytest.approx(20, abs=1e-4)
    assert psnr(a, a).item() == pytest.approx(106.02, abs=0.01)
