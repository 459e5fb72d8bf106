"""Truncation and the way to pixels."""

import pytest
import torch

from taxiway.families.stylegan.networks.generator import to_uint8, truncate

AVERAGE = torch.tensor([1.0, -2, 0.5])
W = torch.tensor([[3.0, 0, 1], [0, 0, 0]])


def test_psi_one_repeats_w_unchanged() -> None:
    assert torch.equal(truncate(W, AVERAGE, 1.0, None, 5), W[:, None].repeat(1, 5, 1))


def test_psi_zero_is_the_average() -> None:
    assert torch.equal(truncate(W, AVERAGE, 0.0, None, 5), AVERAGE.expand(2, 5, 3))


def test_psi_goes_straight_from_the_average_to_w() -> None:
    half = truncate(W, AVERAGE, 0.5, None, 4)
    torch.testing.assert_close(half, ((W + AVERAGE) / 2)[:, None].repeat(1, 4, 1))


def test_psi_may_go_beyond_one() -> None:
    far = truncate(W, AVERAGE, 1.5, None, 1)
    torch.testing.assert_close(far[:, 0], AVERAGE + 1.5 * (W - AVERAGE))


@pytest.mark.parametrize("cutoff", [0, 2, 4, 9])
def test_cutoff_leaves_later_rows_alone(cutoff: int) -> None:
    ws = truncate(W, AVERAGE, 0.0, cutoff, 4)
    assert torch.equal(ws[:, :cutoff], AVERAGE.expand(2, min(cutoff, 4), 3))
    assert torch.equal(ws[:, cutoff:], W[:, None].expand(2, max(4 - cutoff, 0), 3))


def test_one_row_per_layer_can_be_truncated_too() -> None:
    ws = torch.randn(2, 4, 3)
    torch.testing.assert_close(
        truncate(ws, AVERAGE, 0.7, 3)[:, :3], AVERAGE + 0.7 * (ws[:, :3] - AVERAGE)
    )
    assert torch.equal(truncate(ws, AVERAGE, 0.7, 3)[:, 3:], ws[:, 3:])


def test_pixels_are_cut_and_clamped_not_rounded() -> None:
    values = torch.tensor([-9.0, -1, -1 / 256, 0, 0.999 / 127.5, 1, 9]).view(1, 1, 1, 7)
    assert to_uint8(values).flatten().tolist() == [0, 0, 127, 128, 128, 255, 255]


def test_pixels_come_as_rows_of_colours() -> None:
    pixels = to_uint8(torch.zeros(2, 3, 4, 5))
    assert pixels.shape == (2, 4, 5, 3)
    assert pixels.dtype == torch.uint8
    assert pixels.is_contiguous()
