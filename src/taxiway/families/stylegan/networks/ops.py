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


def fir(
    x: Tensor,
    kernel: Tensor,
    padding: int = 0,
    stride: tuple[int, int] = (1, 1),
    bias: Tensor | None = None,
) -> Tensor:
    """Filter every channel of x [N, C, H, W] with one symmetric kernel [kh, kw], zeros outside."""
    channels = x.shape[1]
    weight = kernel.to(x.dtype).expand(channels, 1, -1, -1)  # [C, 1, kh, kw], one per group
    return F.conv2d(x, weight, bias, stride=stride, padding=padding, groups=channels)


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
    weight = kernel.expand(channels, 1, -1, -1)  # [C, 1, 4, 4]
    return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=channels)


def filter_up(x: Tensor, taps: Tensor, up: int, padding: Padding, gain: float = 1.0) -> Tensor:
    """Sample x [N, C, H, W] up times as densely along both axes, with a separable filter.

    Equal to: up - 1 zeros after each sample, `padding` around, then symmetric `taps` with a gain
    of `up` along each axis; `gain` comes on top.
    """
    channels, count = x.shape[1], len(taps)
    # A transposed convolution never multiplies the zeros; it makes this much too much at each end.
    crops = [(count - 1 - before, count - up - after) for before, after in padding]
    cut = [first if first == last and first >= 0 else 0 for first, last in crops]
    # [C, 1, 1, taps]; the gain comes in twice, once for each axis
    kernel = (taps * (up * math.sqrt(gain))).to(x.dtype).expand(channels, 1, 1, -1)
    x = F.conv_transpose2d(x, kernel.mT, None, (up, 1), (cut[0], 0), groups=channels)  # rows
    x = F.conv_transpose2d(x, kernel, None, (1, up), (0, cut[1]), groups=channels)  # columns
    rest = [same - crop for same, pair in zip(cut[::-1], crops[::-1], strict=True) for crop in pair]
    return F.pad(x, rest) if any(rest) else x


def filter_down(x: Tensor, taps: Tensor, down: int) -> Tensor:
    """Filter x [N, C, H, W] with `taps` along both axes and keep every down-th sample of each.

    Taps [k, k] are a kernel that cannot be split into two axes.
    """
    if taps.ndim == 2:
        return fir(x, taps, stride=(down, down))
    return fir(fir(x, taps[:, None], stride=(down, 1)), taps[None], stride=(1, down))
