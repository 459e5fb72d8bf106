"""The network that turns a map into a landscape, in PyTorch: how it is trained, and exported.

A generator in the manner of SPADE (Park et al. 2019): features grow from coarse to fine, and at
every scale the map says how each place is scaled and shifted. As in SEAN (Zhu et al. 2020), what
a material is like depends on the style. Features are normalised place by place, not over the
picture: a stroke in one corner leaves the others as they are.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from taxiway.families.landscape.given import FIELDS
from taxiway.painting.materials import MATERIALS

MOODS, LOOK = 34, 20
INPUTS = {
    "map": (1, len(MATERIALS), 64, 64),
    "mood": (1, MOODS),
    "grain": (1, FIELDS, 64, 64),
}
"""What it is given, by name, with the shape of an example."""
WIDTHS = (96, 96, 80, 64, 40, 24)
"""Channels from the coarsest scale, 1/32 of the picture's width, to its own."""


class Landscape(nn.Module):
    """Map, mood and grain in, a picture out; any size that 32 divides."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.mood = nn.Sequential(
            nn.Linear(MOODS, 96), nn.LeakyReLU(0.2), nn.Linear(96, 96), nn.LeakyReLU(0.2)
        )
        self.looks = nn.Linear(96, len(MATERIALS) * LOOK)
        told = LOOK + FIELDS
        self.first = nn.Conv2d(told, widths[0], 3, padding=1)
        before = (widths[0], *widths[:-1])
        self.scales = nn.ModuleList(
            Scale(told, have, want, 1 if want < 64 else 2)
            for have, want in zip(before, widths, strict=True)
        )
        self.last = nn.Conv2d(widths[-1] + told, 3, 3, padding=1)

    def forward(self, where: Tensor, mood: Tensor, grain: Tensor) -> Tensor:
        """[N, 14, H, W] of shares, [N, 34], [N, 12, H, W] -> [N, 3, H, W] of 0..1."""
        looks = self.looks(self.mood(mood)).view(-1, len(MATERIALS), LOOK)  # [N, 14, look]
        flat = where.flatten(2)  # [N, 14, H * W]
        shown = torch.matmul(looks.transpose(1, 2), flat)
        shown = shown.view(-1, LOOK, where.shape[2], where.shape[3])
        told = [torch.cat([shown, grain], 1)]
        for _ in self.scales[1:]:
            told.append(F.avg_pool2d(told[-1], 2))
        x = self.first(told[-1])
        for k, scale in enumerate(self.scales):
            if k:
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = scale(x, told[-1 - k])
        return torch.sigmoid(self.last(torch.cat([F.leaky_relu(x, 0.2), told[0]], 1)))


class Scale(nn.Module):
    """One or two convolutions at one scale, each after the map has had its say."""

    def __init__(self, told: int, have: int, want: int, count: int) -> None:
        super().__init__()
        widths = (have, *[want] * count)
        hidden = max(24, want // 2)
        self.told = nn.Conv2d(told, hidden, 3, padding=1)
        self.says = nn.ModuleList(nn.Conv2d(hidden, 2 * width, 1) for width in widths[:-1])
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.skip = nn.Conv2d(have, want, 1, bias=False)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        heard = F.leaky_relu(self.told(told), 0.2)
        y = x
        for say, conv in zip(self.says, self.convs, strict=True):
            scale, shift = say(heard).chunk(2, 1)
            y = y * torch.rsqrt(y.square().mean(1, keepdim=True) + 1e-4)
            y = conv(F.leaky_relu(y * (1 + scale) + shift, 0.2))
        result: Tensor = self.skip(x) + y
        return result
