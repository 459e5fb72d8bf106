"""A convolution styled by w, for inference: what does not depend on w is worked out once."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from taxiway.families.stylegan.networks.mapping import Dense, Prescaled
from taxiway.families.stylegan.networks.ops import demodulation, per_channel, squared_sums

Convolve = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(x, weight, bias) -> the convolution; the bias is None or one number per output channel."""


class ModulatedConv:
    """Styles, convolution, demodulation and bias: x [N, in, h, w], w [N, w_dim] -> [N, out, H, W].

    Two equal forms, and each call takes the cheaper: scale the input and the output, or, for a
    single sample that has more numbers than the weight has, scale the weight. `gain` multiplies
    all but the bias; `transposed` says that `convolve` wants its weight as [in, out, k, k].
    Feature maps and the weight are in `dtype`, styles and gains in float32.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        affine: Dense,
        dtype: torch.dtype,
        convolve: Convolve,
        gain: Tensor | float = 1.0,
        transposed: bool = False,
    ) -> None:
        self.dtype, self.convolve, self.gain, self.transposed = dtype, convolve, gain, transposed
        weight = within_half(weight) if dtype == torch.float16 else weight
        self.affine, self.q = Prescaled(affine), squared_sums(weight)
        weight = weight.transpose(0, 1) if transposed else weight
        self.weight = weight.clone(memory_format=torch.channels_last)
        self.weight_low = self.weight.to(dtype)
        self.bias = bias.to(dtype)

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        styles = self.affine(w)  # [N, in]
        if self.dtype == torch.float16:
            styles = styles / styles.abs().amax(dim=1, keepdim=True)  # cancels in the gains
        gains = demodulation(styles, self.q) * self.gain  # [N, out]
        if len(w) == 1 and self.weight.numel() < x.numel():
            # Fewer numbers to scale in the weight than in the feature maps.
            return self.convolve(x.to(self.dtype), self.styled_weight(styles, gains), self.bias)
        x = x.to(self.dtype) * per_channel(styles).to(self.dtype)  # [N, in, h, w]
        x = self.convolve(x, self.weight_low, None)  # [N, out, H, W]
        return torch.addcmul(per_channel(self.bias[None]), x, per_channel(gains).to(self.dtype))

    def styled_weight(self, styles: Tensor, gains: Tensor) -> Tensor:
        """The weight of a single sample, its input and output channels scaled."""
        # [in, out] or [out, in], as the weight [.., .., k, k] has them
        scales = styles.T * gains if self.transposed else gains.T * styles
        return (self.weight * scales[..., None, None]).to(self.dtype)


def within_half(weight: Tensor) -> Tensor:
    """A weight scaled so that sums over it stay within half precision; demodulation undoes it."""
    largest = weight.abs().amax(dim=(1, 2, 3), keepdim=True)
    return weight / (largest * math.sqrt(weight[0].numel()))


def within_sums(weight: Tensor) -> tuple[Tensor, Tensor]:
    """A weight [out, in, k, k] whose convolution is nowhere larger than its input is somewhere, and
    what brings its outputs back [out, 1, 1]."""
    sums = weight.abs().sum(dim=(1, 2, 3), keepdim=True).clamp(min=1e-30)
    return weight / sums, sums[:, 0]


def clamped(x: Tensor, limit: float | None) -> Tensor:
    """x cut to -limit..limit, in its own memory unless a gradient is to come back through it."""
    if limit is None:
        return x
    return x.clamp(-limit, limit) if x.requires_grad else x.clamp_(-limit, limit)


class StyledRGB:
    """A styled 1x1 convolution to an image, one matrix product per sample: no demodulation.

    x [N, in, H, W] in `dtype` and w [N, w_dim] -> float32 [N, channels, H, W].
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        affine: Dense,
        dtype: torch.dtype,
        clamp: float | None,
        gain: Tensor | float,
    ) -> None:
        self.dtype, self.clamp = dtype, clamp
        self.affine = Prescaled(affine)
        self.weight = (weight * gain)[None, :, :, 0, 0]  # [1, channels, in]
        self.bias = bias.clone()

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        weight = (self.weight * self.affine(w)[:, None]).to(self.dtype)  # [N, channels, in]
        pixels = x.to(self.dtype).permute(0, 2, 3, 1).flatten(1, 2)  # [N, H * W, in]
        # [N, H * W, channels]: one matrix product is sooner than a 1x1 convolution per sample
        image = clamped(torch.bmm(pixels, weight.mT).float().add_(self.bias), self.clamp)
        return image.view(len(x), *x.shape[2:], -1).permute(0, 3, 1, 2)
