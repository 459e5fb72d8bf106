"""A second discriminator, which sees what the first one does not: faint marks in the detail.

Rings beside an edge, a frame around the picture or a grain of a few levels hardly move StyleGAN2's
discriminator, which looks for what a picture shows. This one judges every neighbourhood by itself
(Isola et al. 2017), and what differs from the mean around each pixel reaches it many times as
strong.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WINDOW = 64
"""Pixels of the part of a picture that is judged in a step: large enough to see a bow's bend."""
_BEYOND = 24  # how far windows are drawn beyond the edges, so that edges are seen often
BANDS = ((2, 20.0), (4, 10.0))
"""(reach in pixels, how much stronger) of what is seen of detail, the finest first."""


class DetailDiscriminator(nn.Module):
    """Images [N, C, H, W] -> verdicts [N, 1, H / 8, W / 8], positive where a place looks real."""

    def __init__(self, channels: int = 3, width: int = 32) -> None:
        super().__init__()
        shapes = [(channels * (1 + len(BANDS)), width, 4, 2), (width, 2 * width, 4, 2)]
        shapes += [(2 * width, 2 * width, 4, 2), (2 * width, 2 * width, 3, 1)]
        self.convs = nn.ModuleList(_conv(*shape) for shape in shapes)
        self.verdict = _conv(2 * width, 1, 3, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.judge(strengthened(images))

    def judge(self, x: Tensor) -> Tensor:
        """The verdicts on `strengthened` images."""
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.2)
        verdicts: Tensor = self.verdict(x)
        return verdicts.float()

    def penalty(self, images: Tensor) -> Tensor:
        """R1 (Mescheder et al. 2018): how steep the mean verdict is around real images."""
        seen = strengthened(images.detach()).requires_grad_(True)
        verdict = self.judge(seen).mean(dim=(1, 2, 3)).sum()
        (slope,) = torch.autograd.grad(verdict, seen, create_graph=True)
        return slope.square().sum(dim=(1, 2, 3)).mean() / 2


def strengthened(images: Tensor) -> Tensor:
    """Images [N, C, H, W] and bands of their detail, strong but within -1..1: [N, 3C, H, W]."""
    seen, rest = [images], images
    for reach, gain in BANDS:
        smooth = blurred(rest, reach)
        band = gain * (rest - smooth)
        seen.append(band / (1 + band.abs()))
        rest = smooth
    return torch.cat(seen, dim=1)


def blurred(images: Tensor, reach: int) -> Tensor:
    """The mean around each pixel, up to `reach` pixels away; edges go on as they are."""
    padded = F.pad(images, (reach, reach, reach, reach), mode="replicate")
    return F.avg_pool2d(padded, 2 * reach + 1, stride=1)


def window(size: int, dice: tuple[float, float]) -> tuple[slice, slice]:
    """The part of a picture of `size` pixels that two numbers 0..1 choose, often at an edge."""
    room = max(size - WINDOW, 0)
    span = room + 2 * _BEYOND
    starts = (min(max(math.floor(share * span) - _BEYOND, 0), room) for share in dice)
    row, column = (slice(start, start + WINDOW) for start in starts)
    return row, column


def _conv(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=1)
    nn.init.kaiming_normal_(conv.weight, 0.2)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return conv
