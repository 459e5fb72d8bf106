"""The few tensor operations the generators are made of, behind one seam."""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "linear": (lambda x: x, 1.0),
    "lrelu": (lambda x: F.leaky_relu(x, 0.2), math.sqrt(2)),
    "relu": (F.relu, math.sqrt(2)),
    "tanh": (torch.tanh, 1.0),
    "sigmoid": (torch.sigmoid, 1.0),
    "elu": (F.elu, 1.0),
    "selu": (F.selu, 1.0),
    "softplus": (F.softplus, 1.0),
    "swish": (F.silu, math.sqrt(2)),
}
"""Name -> (function, the gain that keeps its variance), as the StyleGAN2 files name them."""


Padding = tuple[tuple[int, int], tuple[int, int]]
"""Samples put around a picture: ((top, bottom), (left, right)); below 0 they are cropped."""


def normalise(x: Tensor) -> Tensor:
    """Scale each row of x [N, C] to unit mean square (pixel norm, Karras et al. 2018)."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


def squared_sums(weight: Tensor) -> Tensor:
    """Q [in, out] of a convolution weight [out, in, k, k]: the sum of squares over each kernel."""
    return weight.square().sum(dim=(2, 3)).T


def demodulation(styles: Tensor, q: Tensor) -> Tensor:
    """What brings each output channel back to unit variance: [N, in] @ Q [in, out] -> [N, out].

    Equal to `rsqrt(sum((weight * style)^2) + 1e-8)` (Karras et al. 2020, eq. 3) without making
    one weight per sample.
    """
    return torch.rsqrt(styles.square() @ q + 1e-8)


def per_channel(x: Tensor) -> Tensor:
    """[N, C] -> [N, C, 1, 1]."""
    return x[:, :, None, None]


def kernel_2d(taps: Sequence[float], gain: float = 1.0) -> Tensor:
    """The outer product [k, k] of FIR taps, in float32 on the CPU, summing to `gain`."""
    row = torch.tensor(taps, dtype=torch.float32, device="cpu")
    kernel = torch.outer(row, row)
    return kernel * (gain / kernel.sum())


def fir(x: Tensor, kernel: Tensor, padding: int) -> Tensor:
    """Filter every channel of x [N, C, H, W] with one symmetric kernel [k, k], zeros outside."""
    channels = x.shape[1]
    return F.conv2d(x, kernel.expand(channels, 1, -1, -1), padding=padding, groups=channels)


def up_conv(x: Tensor, weight: Tensor, kernel: Tensor) -> Tensor:
    """Convolve x [N, in, H, W] with weight [out, in, 3, 3] into [N, out, 2H, 2W].

    Zeros are put between the samples, then the FIR `kernel` [4, 4] (summing to 4) smooths what
    they tore open. The stride-2 transposed convolution never multiplies those zeros.
    """
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # [N, out, 2H+1, 2W+1]
    return fir(x, kernel, padding=1)


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Double the size of x [N, C, H, W] with a FIR kernel [4, 4] that sums to 4, zeros outside."""
    channels = x.shape[1]
    weight = kernel.expand(channels, 1, -1, -1)
    return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=channels)


def resampling_matrix(
    size: int, taps: Tensor, up: int, down: int, padding: tuple[int, int]
) -> Tensor:
    """Resampling along one axis as a banded matrix [new size, size].

    It puts up - 1 zeros after each sample, pads (or crops) both ends, filters with symmetric
    `taps` of gain `up`, and keeps every down-th sample.
    """
    filtered = size * up + sum(padding) - (len(taps) - 1)
    new = torch.arange(-(-filtered // down), device=taps.device)[:, None]
    old = torch.arange(size, device=taps.device)[None]
    tap = old * up + padding[0] - new * down
    inside = (tap >= 0) & (tap < len(taps))
    return torch.where(inside, taps[tap.clamp(0, len(taps) - 1)] * up, 0)


def resample(
    x: Tensor, taps: Tensor, up: int, down: int, padding: Padding = ((0, 0), (0, 0))
) -> Tensor:
    """Resample both axes of x [N, C, H, W] with the same separable filter.

    Multiplying by a banded matrix beats convolving the zeros, on a CPU by a factor of two or more.
    """
    rows, columns = (
        resampling_matrix(size, taps, up, down, pad).to(x.dtype)
        for size, pad in zip(x.shape[2:], padding, strict=True)
    )
    return rows @ (x @ columns.T)


def filter_2d(x: Tensor, kernel: Tensor, down: int) -> Tensor:
    """Filter every channel of x [N, C, H, W] with a kernel that cannot be split in two axes."""
    channels = x.shape[1]
    weight = kernel.to(x.dtype).expand(channels, 1, -1, -1)
    return F.conv2d(x, weight, stride=down, groups=channels)
