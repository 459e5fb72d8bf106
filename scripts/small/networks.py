"""The small networks: one that looks at a whole picture, and one that enlarges."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def layer(have: int, want: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(have, want, 3, stride, 1, bias=False), nn.BatchNorm2d(want), nn.ReLU()
    )


class Looker(nn.Module):
    """A U-net (Ronneberger et al. 2015): a picture [N, C, H, W] in, [N, K, H, W] out.

    Any size that 32 divides; it works at half the picture's.
    """

    def __init__(
        self, have: int, want: int, widths: tuple[int, ...] = (16, 32, 48, 64, 96)
    ) -> None:
        super().__init__()
        before = (have, *widths[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(layer(a, b, 2), layer(b, b)) for a, b in zip(before, widths, strict=True)
        )
        self.up = nn.ModuleList(
            layer(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.last = nn.Conv2d(widths[0], want, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        seen = []
        for down in self.down:
            x = down(x)
            seen.append(x)
        for up, before in zip(self.up, seen[-2::-1], strict=True):
            x = up(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), before], 1))
        return F.interpolate(self.last(x), scale_factor=2.0, mode="bilinear")


class Depth(nn.Module):
    """RGB 0..1 in, nearness 0..1 out [N, 1, H, W]."""

    def __init__(self) -> None:
        super().__init__()
        self.looker = Looker(3, 1)

    def forward(self, picture: Tensor) -> Tensor:
        return torch.sigmoid(self.looker(2 * picture - 1))


class Colorizer(nn.Module):
    """Lightness 0..100 in [N, 1, H, W], the a and b of CIE Lab out [N, 2, H, W]."""

    def __init__(self) -> None:
        super().__init__()
        self.looker = Looker(1, 2)

    def forward(self, lightness: Tensor) -> Tensor:
        return 80 * torch.tanh(self.looker(lightness / 50 - 1))


class Upscaler(nn.Module):
    """RGB 0..1 in, four times as wide out: what is added to a bicubic enlargement.

    The last step is a sub-pixel convolution (Shi et al. 2016).
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.middle = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(4))
        self.last = nn.Conv2d(width, 48, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        x = F.leaky_relu(self.first(picture - 0.5), 0.1)
        for conv in self.middle:
            x = x + F.leaky_relu(conv(x), 0.1)
        finer = F.pixel_shuffle(self.last(x), 4)
        wide = F.interpolate(picture, scale_factor=4.0, mode="bicubic", align_corners=False)
        return (wide + finer).clamp(0, 1)
