"""The tensor operations against their definitions, written out."""

import numpy as np
import pytest
import torch
from torch import Tensor

from taxiway.families.stylegan.networks import ops

TAPS = [1.0, 3, 3, 1]


def zero_inserted(x: Tensor, up: int) -> Tensor:
    """x [N, C, H, W] with up - 1 zeros after each sample."""
    n, channels, height, width = x.shape
    out = x.new_zeros(n, channels, height * up, width * up)
    out[:, :, ::up, ::up] = x
    return out


def padded(x: Tensor, padding: ops.Padding) -> Tensor:
    (top, bottom), (left, right) = padding
    return torch.nn.functional.pad(x, (left, right, top, bottom))


def filtered(x: Tensor, kernel: Tensor) -> Tensor:
    """Every channel of x correlated with one kernel, where it fits whole."""
    windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), kernel.shape, axis=(2, 3))
    return torch.from_numpy(np.einsum("nchwij,ij->nchw", windows, kernel.numpy()))


def test_rows_have_unit_mean_square_after_normalising() -> None:
    x = ops.normalise(torch.randn(5, 64) * torch.tensor([[0.01], [1], [3], [100], [1e4]]))
    torch.testing.assert_close(x.square().mean(dim=1), torch.ones(5), atol=1e-3, rtol=0)


def test_demodulation_is_that_of_the_modulated_weight() -> None:
    weight, styles = torch.randn(7, 5, 3, 3), torch.randn(2, 5)
    modulated = weight[None] * styles[:, None, :, None, None]  # [N, out, in, k, k]
    wanted = torch.rsqrt(modulated.square().sum(dim=(2, 3, 4)) + 1e-8)
    torch.testing.assert_close(ops.demodulation(styles, ops.squared_sums(weight)), wanted)


def test_a_kernel_sums_to_its_gain() -> None:
    kernel = ops.kernel_2d(TAPS, gain=4)
    assert kernel.shape == (4, 4)
    assert kernel.sum().item() == pytest.approx(4)
    assert kernel[0, 1] == kernel[1, 0] == kernel[0, 0] * 3


def test_up_conv_convolves_zero_inserted_samples_and_smooths_them() -> None:
    x, weight, kernel = torch.randn(2, 5, 6, 4), torch.randn(3, 5, 3, 3), ops.kernel_2d(TAPS, 4)
    spread = padded(zero_inserted(x, 2), ((2, 2), (2, 2)))
    # A transposed convolution is a convolution with the mirrored kernel.
    wide = torch.nn.functional.conv2d(spread, weight.flip(2, 3))[:, :, :13, :9]
    wanted = filtered(padded(wide, ((1, 1), (1, 1))), kernel)
    torch.testing.assert_close(ops.up_conv(x, weight, kernel), wanted, atol=1e-5, rtol=1e-5)


def test_upsample_is_zero_insertion_and_a_filter() -> None:
    x, kernel = torch.randn(2, 3, 5, 4), ops.kernel_2d(TAPS, gain=4)
    wanted = filtered(padded(zero_inserted(x, 2), ((2, 1), (2, 1))), kernel)
    torch.testing.assert_close(ops.upsample(x, kernel), wanted, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("up", "padding"),
    [
        (2, ((11, 10), (11, 10))),
        (2, ((9, 8), (-9, -10))),
        (2, ((3, 9), (14, 0))),
        (4, ((-2, -5), (-2, -5))),
        (1, ((4, 4), (2, 7))),
    ],
)
def test_filter_up_is_zero_insertion_padding_and_a_filter(up: int, padding: ops.Padding) -> None:
    torch.manual_seed(0)
    x, half = torch.randn(2, 3, 22, 24), torch.rand(6 * up if up > 1 else 3)
    taps = torch.cat([half, half.flip(0)]) / half.sum() / 2
    wanted = filtered(
        padded(zero_inserted(x, up), padding), torch.outer(taps, taps) * up * up * 1.5
    )
    got = ops.filter_up(x, taps, up, padding, gain=1.5)
    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("radial", [False, True])
@pytest.mark.parametrize("down", [1, 2])
def test_filter_down_is_a_filter_that_keeps_some(down: int, radial: bool) -> None:
    torch.manual_seed(0)
    x, taps = torch.randn(2, 3, 15, 18), torch.rand(6)
    kernel = torch.rand(6, 6) if radial else torch.outer(taps, taps)
    wanted = filtered(x, kernel)[:, :, ::down, ::down]
    got = ops.filter_down(x, kernel if radial else taps, down)
    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ops.ACTIVATIONS)
def test_activations_keep_small_things_small(name: str) -> None:
    function, gain = ops.ACTIVATIONS[name]
    x = torch.linspace(-3, 3, 7)
    before = x.clone()
    assert torch.isfinite(function(x) * gain).all()
    assert torch.equal(x, before), "the input is left as it was"
